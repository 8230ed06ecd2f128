"""Registers the device ``cuda``, or says why it cannot be used."""

from __future__ import annotations

from torchere_dispatch import Registry, hookimpl

from .availability import REMEDY_HARDWARE, REMEDY_PACKAGE, find

__all__ = ["torchere_register"]


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Register the device and its kernels."""
    try:
        cupy = find()
    except Exception as error:
        fix = REMEDY_PACKAGE if isinstance(error, ImportError) else REMEDY_HARDWARE
        registry.unavailable("cuda", because=error, fix=fix)
        return
    from .backend import CudaDevice

    CudaDevice(cupy).register(registry)
