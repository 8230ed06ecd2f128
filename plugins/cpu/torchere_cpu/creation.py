"""Fresh tensors: filled, counted and triangular NumPy arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.errors import DTypeError
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

table = KernelTable(device="cpu")
table.add("zeros", np.zeros, ALL)


@table.kernel("ones", ALL)
def ones(size: Shape, dtype: np.dtype[Any]) -> Array:
    out = np.empty(size, dtype)  # numpy.ones does the same with five times the overhead
    out.fill(1)
    return out


@table.kernel("empty", ALL)
def empty(size: Shape, memory_format: object, dtype: np.dtype[Any]) -> Array:
    if memory_format is not None and str(memory_format).rpartition(".")[2].startswith("channels_last"):
        return np.moveaxis(np.empty((size[0], *size[2:], size[1]), dtype), -1, 1)
    return np.empty(size, dtype)


@table.kernel("full", ALL)
def full(size: Shape, value: complex, dtype: np.dtype[Any]) -> Array:
    out = np.empty(size, dtype)
    try:
        out.fill(value)
    except (OverflowError, TypeError, ValueError):
        # A negative number wraps around in an unsigned dtype, as in PyTorch; nothing else may change.
        if dtype.kind in "iu" and not isinstance(value, complex) and math.isfinite(value):
            bits = 8 * dtype.itemsize
            if -(1 << bits) < value < (1 << bits) and (dtype.kind == "u" and value < 0):
                out.fill(int(value) % (1 << bits))
                return out
        raise DTypeError(
            f"value cannot be converted to type {dtype.name} without overflow: full() got {value!r}. "
            "Choose a wider dtype."
        ) from None
    if dtype.kind not in "biuc" and out.size and math.isfinite(value) and not np.isfinite(out.flat[0]):
        raise DTypeError(f"value cannot be converted to type {dtype.name} without overflow: full() got {value!r}.")
    return out


@table.kernel("counted", ALL)
def counted(start: complex, step: complex, count: int, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "iu" and isinstance(start, int) and isinstance(step, int):
        if count == 0:
            return np.empty(0, dtype)
        try:
            return np.arange(start, start + count * step, step, dtype)
        except OverflowError:  # wraps around, as in PyTorch
            return (np.arange(count, dtype=np.int64) * step + start).astype(dtype)
    # np.arange would add a step already rounded to `dtype` again and again; multiplying in float64 keeps the last
    # elements exact.
    values = np.arange(count, dtype=np.float64)
    if step != 1:
        values *= step
    if start != 0:
        values += start
    return values.astype(dtype, copy=False)


@table.kernel("linspace", ALL)
def linspace(start: complex, end: complex, steps: int, dtype: np.dtype[Any]) -> Array:
    if steps == 0:
        return np.empty(0, dtype)
    wide = np.complex128 if dtype.kind == "c" else np.float64
    if dtype.kind in "iu":
        # PyTorch converts the ends first and truncates every element.
        start, end = int(start), int(end)  # type: ignore[arg-type]
    return np.linspace(start, end, steps, dtype=wide).astype(dtype, copy=False)


@table.kernel("eye", ALL)
def eye(n: int, m: int | None, dtype: np.dtype[Any]) -> Array:
    columns = n if m is None else m
    out = np.zeros((n, columns), dtype)
    out.reshape(-1)[: min(n, columns) * columns : columns + 1] = 1
    return out


@table.kernel("tril", ALL)
def tril(x: Array, diagonal: int) -> Array:
    return _keep(x, np.tri(x.shape[-2], x.shape[-1], diagonal, dtype=bool))


@table.kernel("triu", ALL)
def triu(x: Array, diagonal: int) -> Array:
    return _keep(x, ~np.tri(x.shape[-2], x.shape[-1], diagonal - 1, dtype=bool))


def _keep(x: Array, mask: Array) -> Array:
    """`x` where `mask`, else zero. Not a product: infinities outside the triangle must vanish."""
    out = np.zeros(x.shape, x.dtype)
    np.copyto(out, x, where=mask)
    return out
