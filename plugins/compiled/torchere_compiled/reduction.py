"""Sums, means and extremes of large arrays by compiled loops on several threads."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array
from .late import Loops, is_usable
from .team import spread, thread_count

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("reduction")

#: Elements from which on a call is worth a loop …
LARGE = 1 << 14
#: … and from which on two threads are worth their meeting.
SPREAD = 1 << 17
#: Columns done at once.
BLOCK = 256

Axes = tuple[int, ...] | None


def _run(function: Any, items: int, size: int, *args: Any) -> None:
    if size >= SPREAD:
        spread(function, items, *args)
    else:
        function(0, items, *args)


def _slabs(x: Array, axes: tuple[int, ...], keepdim: bool) -> tuple[Array, tuple[int, ...]] | None:
    """A row-major array as ``(outer, n, inner)`` around neighbouring axes, and the result's shape."""
    if not x.flags.c_contiguous or not x.flags.aligned or axes[-1] - axes[0] + 1 != len(axes):
        return None
    shape = x.shape
    before, after = shape[: axes[0]], shape[axes[-1] + 1 :]
    length = prod(shape[axes[0] : axes[-1] + 1])
    kept = (*before, *(1,) * len(axes), *after) if keepdim else before + after
    return x.reshape(prod(before), length, prod(after)), kept


def _axes(x: Array, dim: Axes) -> tuple[int, ...]:
    return tuple(sorted(dim)) if dim else tuple(range(x.ndim))


def _sums(x: Array, dim: Axes, keepdim: bool) -> Any:
    if not x.ndim or not is_usable():
        return NotImplemented
    axes = _axes(x, dim)
    if axes[-1] == x.ndim - 1 and axes[-1] - axes[0] + 1 != len(axes):
        # As for the gradient of a convolution's bias: the trailing axes first, then the few sums left.
        tail = axes[-1]
        while tail - 1 in axes:
            tail -= 1
        first = _sums(x, tuple(range(tail, x.ndim)), True)
        return first if first is NotImplemented else np.asarray(np.add.reduce(first, axis=axes, keepdims=keepdim))
    found = _slabs(x, axes, keepdim)
    if found is None:
        return NotImplemented
    slabs, kept = found
    outer, length, inner = slabs.shape
    if inner == 1:
        if outer == 1 and x.size >= SPREAD:
            # One row: as many pieces as threads, and a rest.
            pieces = thread_count()
            whole = length // pieces * pieces
            parts = np.empty(pieces, np.float64)
            _run(loops.row_sums, pieces, x.size, x.reshape(-1)[:whole].reshape(pieces, -1), parts)
            total = np.add.reduce(parts) + np.add.reduce(x.reshape(-1)[whole:], dtype=np.float64)
            return np.asarray(total, x.dtype).reshape(kept)
        result = np.empty(kept, x.dtype)
        _run(loops.row_sums, outer, x.size, slabs.reshape(outer, length), result.reshape(outer))
        return result
    if inner < 16 or x.size < SPREAD:  # columns too short for vector instructions, or too few for threads
        return NotImplemented
    result = np.empty(kept, x.dtype)
    _run(loops.column_sums, outer * -(-inner // BLOCK), x.size, slabs, result.reshape(outer, inner))
    return result


@table.kernel("sum", dtypes=FLOATS, yields=True, smallest=LARGE)
def sum(x: Array, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    return _sums(x, dim, keepdim) if dtype is None or dtype == x.dtype else NotImplemented


@table.kernel("mean", dtypes=FLOATS, yields=True, smallest=LARGE)
def mean(x: Array, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    found = _sums(x, dim, keepdim) if dtype is None or dtype == x.dtype else NotImplemented
    if found is not NotImplemented:
        np.divide(found, x.dtype.type(x.size // max(found.size, 1)), out=found)
    return found


# ---------------------------------------------------------------------------------------------------------- extremes


def _row_extremes(start: int, stop: int, ufunc: np.ufunc, slabs: Array, result: Array) -> None:
    ufunc.reduce(slabs[start:stop], axis=1, out=result[start:stop])


def _extremes(ufunc: np.ufunc, x: Array, dim: Axes, keepdim: bool) -> Any:
    """NumPy's own reduction, which is vectorised, in ranges of rows."""
    found = _slabs(x, _axes(x, dim), keepdim) if x.ndim and x.size and thread_count() > 1 else None
    if found is None:
        return NotImplemented
    slabs, kept = found
    outer, length, inner = slabs.shape
    if outer == 1 and inner == 1:
        pieces = min(thread_count(), length)
        whole = length // pieces * pieces
        parts = np.empty((pieces, 1), x.dtype)
        flat = x.reshape(-1)
        spread(_row_extremes, pieces, ufunc, flat[:whole].reshape(pieces, -1, 1), parts)
        return np.asarray(ufunc.reduce(np.concatenate((parts.reshape(-1), flat[whole:])))).reshape(kept)
    if outer < thread_count():
        return NotImplemented
    result = np.empty(kept, x.dtype)
    spread(_row_extremes, outer, ufunc, slabs, result.reshape(outer, inner))
    return result


@table.kernel("amax", dtypes=FLOATS, yields=True, smallest=SPREAD)
def amax(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _extremes(np.maximum, x, dim, keepdim)


@table.kernel("amin", dtypes=FLOATS, yields=True, smallest=SPREAD)
def amin(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _extremes(np.minimum, x, dim, keepdim)


@table.kernel("_max_all", dtypes=FLOATS, yields=True, smallest=SPREAD)
def max_all(x: Array) -> Any:
    return _extremes(np.maximum, x, None, False)


@table.kernel("_min_all", dtypes=FLOATS, yields=True, smallest=SPREAD)
def min_all(x: Array) -> Any:
    return _extremes(np.minimum, x, None, False)
