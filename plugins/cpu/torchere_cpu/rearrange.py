"""Copies and rearrangements of NumPy arrays."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.errors import ArgumentError, ShapeError
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

table = KernelTable(device="cpu")


@table.kernel("clone", ALL)
def clone(x: Array, memory_format: object) -> Array:
    if memory_format is None and x.flags.c_contiguous:
        return x.copy()
    match str(memory_format).rpartition(".")[2]:
        case "None" | "preserve_format":
            # Elements without gaps keep their order; others are packed in rows, as in PyTorch.
            span = x.itemsize + sum((size - 1) * step for size, step in zip(x.shape, x.strides, strict=True))
            return x.copy(order="K" if span == x.nbytes else "C")
        case "contiguous_format":
            return x.copy(order="C")
        case "channels_last" | "channels_last_3d" as name:
            rank = 4 if name == "channels_last" else 5
            if x.ndim != rank:
                raise ShapeError(f"required rank {rank} tensor to use {name} format, got shape {list(x.shape)}")
            return np.moveaxis(np.moveaxis(x, 1, -1).copy(order="C"), -1, 1)
        case other:
            raise ArgumentError(f"clone(): unknown memory format {other}")


@table.kernel("to_dtype", ALL)
def to_dtype(x: Array, dtype: np.dtype[Any]) -> Array:
    if x.dtype.kind == "c" and dtype.kind != "c":
        if dtype.kind == "b":
            return x != 0
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        return x.real.astype(dtype)
    return x.astype(dtype)


@table.kernel("flip", ALL)
def flip(x: Array, dims: Shape) -> Array:
    index = [slice(None)] * x.ndim
    if x.ndim:
        for dim in dims:
            index[dim] = slice(None, None, -1)
    return np.array(x[tuple(index)], order="C")


@table.kernel("roll", ALL)
def roll(x: Array, shifts: Shape, dims: Shape) -> Array:
    if not dims or x.ndim == 0:
        return np.roll(x, shifts[0])
    return np.roll(x, shifts, dims)


@table.kernel("repeat", ALL)
def repeat(x: Array, repeats: Shape) -> Array:
    extra = len(repeats) - x.ndim
    shape = (1,) * extra + x.shape
    # Each axis becomes (times, size), so that one broadcast assignment fills everything.
    out = np.empty([part for times, size in zip(repeats, shape, strict=True) for part in (times, size)], x.dtype)
    out[...] = x.reshape([part for size in shape for part in (1, size)])
    return out.reshape([times * size for times, size in zip(repeats, shape, strict=True)])


@table.kernel("repeat_interleave", ALL)
def repeat_interleave(x: Array, repeats: Array, dim: int) -> Array:
    if repeats.size and repeats.min() < 0:
        raise ShapeError(f"repeats can not be negative, got {int(repeats.min())}")
    return np.repeat(x, repeats, axis=dim)
