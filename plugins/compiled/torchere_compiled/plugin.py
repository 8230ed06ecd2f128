"""Registers the compiled kernels, or says why there are none."""

from __future__ import annotations

from importlib.util import find_spec

from torchere_dispatch import Registry, hookimpl


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Register kernels that import numba at their first large call; without numba the plugin is unavailable."""
    if find_spec("numba") is None:
        missing = ModuleNotFoundError("No module named 'numba'", name="numba")
        registry.unavailable("compiled", because=missing, fix="pip install 'torchere[compiled]'")
        return
    from . import activation, normalization, optimizer, pointwise, pooling, reduction, scan, scatter, selection, softmax

    modules = (activation, normalization, optimizer, pointwise, pooling, reduction, scan, scatter, selection, softmax)
    for module in modules:
        registry.kernels(module.table)
