"""Copies and conversions of arrays of any namespace."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, NUMERIC
from torchere.errors import ArgumentError, ShapeError

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

HELD = BOOL + NUMERIC

table = RawTable()


def check_memory_format(memory_format: object, ndim: int) -> str:
    """The name of a memory format ("" for none). RuntimeError for one that no array of `ndim` axes can have."""
    name = "" if memory_format is None else str(memory_format).rpartition(".")[2]
    if name in ("", "preserve_format", "contiguous_format"):
        return name
    if name not in ("channels_last", "channels_last_3d"):
        raise ArgumentError(f"clone(): unknown memory format {name}")
    rank = 4 if name == "channels_last" else 5
    if ndim != rank:
        raise ShapeError(f"required rank {rank} tensor to use {name} format, got {ndim} dimensions")
    return name


@table.kernel("to_dtype", HELD, "asked")
def to_dtype(library: Library, x: Array, dtype: np.dtype[Any]) -> Array:
    native = library.dtype(dtype)
    if library.kind(x) == "c" and dtype.kind != "c":
        if dtype.kind == "b":
            return library.truth(x)
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        x = library.xp.real(x)
    if x.dtype == native:
        return library.copy(x)
    return library.astype(x, native)


@table.kernel("flip", HELD)
def flip(library: Library, x: Array, dims: tuple[int, ...]) -> Array:
    if not x.ndim or not dims:
        return library.copy(x)
    return library.copy(library.xp.flip(x, axis=tuple(dims)))
