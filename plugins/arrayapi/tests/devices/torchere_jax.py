"""JAX on the CPU as a device: immutable arrays."""

import jax
import jax.numpy as xp

from torchere_arrayapi import ArrayApiDevice
from torchere_dispatch import hookimpl


@hookimpl
def torchere_register(registry):
    ArrayApiDevice("jax", xp, jax.devices("cpu")[0]).register(registry)
