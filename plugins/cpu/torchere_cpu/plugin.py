"""Registers the cpu: its backend and every kernel table of this package."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import torchere_cpu
from torchere_cpu.backend import CpuBackend
from torchere_dispatch import Registry, hookimpl

_NOT_KERNELS = frozenset(("backend", "plugin"))


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Register the device and its kernels."""
    registry.device(CpuBackend())
    for item in sorted(iter_modules(torchere_cpu.__path__), key=lambda item: item.name):
        if item.name not in _NOT_KERNELS:
            module = import_module(f"torchere_cpu.{item.name}")
            table = getattr(module, "table", None)
            if table is not None:
                registry.kernels(table)
