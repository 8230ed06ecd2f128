"""The devices of array-api-strict, as a third party would publish them."""

import array_api_strict as xp

from torchere_arrayapi import ArrayApiDevice
from torchere_dispatch import hookimpl


@hookimpl
def torchere_register(registry):
    for name in ("CPU_DEVICE", "device1", "device2", "no_float64", "no_x64"):
        ArrayApiDevice(f"strict_{name.lower()}", xp, xp.Device(name)).register(registry)
