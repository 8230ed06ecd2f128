"""Registers oneDNN's kernels, or says why there are none."""

from __future__ import annotations

from torchere_dispatch import Registry, hookimpl

from .library import LibraryError, load
from .primitives import open_library


@hookimpl
def torchere_register(registry: Registry) -> None:
    """Load the library and register the kernels; without the library the plugin is unavailable, with a remedy."""
    try:
        open_library(load())
    except LibraryError as error:
        registry.unavailable("onednn", because=error, fix="pip install 'torchere[onednn]'")
        return
    from . import activation, convolution, matmul, normalization, softmax

    for module in (activation, convolution, matmul, normalization, softmax):
        registry.kernels(module.table)
