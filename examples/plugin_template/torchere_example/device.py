"""The device ``example``: arrays of ``array_api_strict``, by the generic kernels for Array-API libraries."""

import array_api_strict
from torchere_arrayapi import ArrayApiDevice
from torchere_dispatch import Registry, hookimpl


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Called once, when the device is first named."""
    ArrayApiDevice("example", array_api_strict).register(registry)
