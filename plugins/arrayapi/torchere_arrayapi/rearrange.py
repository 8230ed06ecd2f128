"""Copies, conversions and linear algebra on arrays of any namespace."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, NUMERIC, WIDE
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
            return library.xp.not_equal(x, library.scalar(0, x))
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        x = library.xp.real(x)
    if x.dtype == native:
        return library.xp.asarray(x, copy=True)
    return library.astype(x, native)


@table.kernel("flip", HELD)
def flip(library: Library, x: Array, dims: tuple[int, ...]) -> Array:
    if not x.ndim or not dims:
        return library.xp.asarray(x, copy=True)
    return library.xp.flip(x, axis=tuple(dims))


@table.kernel("matmul", INTEGRAL + WIDE)
def matmul(library: Library, a: Array, b: Array) -> Array:
    return library.xp.matmul(a, b)


@table.kernel("linalg_svd", WIDE, "svd")
def svd(library: Library, matrix: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    own = getattr(getattr(library.xp, "linalg", None), "svd", None)
    try:
        if own is not None:
            found = own(matrix, full_matrices=full_matrices)
            return found[0], found[1], found[2]
        parts = np.linalg.svd(library.to_numpy(matrix), full_matrices=full_matrices)
    except np.linalg.LinAlgError as error:
        raise RuntimeError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values "
            "(or has too many repeated singular values). Check it with torchere.isfinite(A).all()."
        ) from error
    return library.asarray(parts[0]), library.asarray(parts[1]), library.asarray(parts[2])
