"""Sums of rows by index, scattering, gathering and the gradient of embeddings by compiled loops.

A call whose index is out of range goes to NumPy's kernel, which says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array, row_major
from .late import Loops, is_usable
from .team import spread, thread_count

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("scatter")

#: Elements from which on a call is worth a loop …
LARGE = 2048
#: … and columns of a table from which on threads share it.
WIDE = 32
#: Elements of a result from which on two threads copy rows.
TAKEN = 1 << 19


def _whole(index: Array, size: int) -> Array | None:
    """The index as row-major int64; None if it leaves ``0 … size - 1``."""
    index = np.ascontiguousarray(index, np.int64)
    # Seen as unsigned, negative numbers are large: one pass instead of two.
    return index if not index.size or np.maximum.reduce(index.view(np.uint64), axis=None) < size else None


def _target(x: Array, out: Array | None) -> Array:
    """A row-major array with the values of `x` to write into: `out` itself where that is possible."""
    if out is None or not out.flags.c_contiguous:
        return np.array(x, order="C")
    if out is not x:
        np.copyto(out, x)
    return out


def _settle(result: Array, out: Array | None) -> Array:
    if out is None or out is result:
        return result
    np.copyto(out, result)
    return out


def _add_rows(result: Array, index: Array, values: Array, skipped: int = -1) -> None:
    """``result[index[k]] += values[k]`` over all but the first dimension."""
    rows = result.reshape(len(result), -1)
    width = rows.shape[1]
    args = (rows, index, row_major(values).reshape(index.size, width), skipped)
    if width >= WIDE and index.size * width >= 65536:
        spread(loops.add_rows, width, *args)
    else:
        loops.add_rows(0, width, *args)


@table.kernel("_embedding_backward", dtypes=FLOATS, yields=True, smallest=LARGE)
def embedding_backward(
    grad: Array, indices: Array, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Any:
    if not is_usable():
        return NotImplemented
    index = _whole(indices.reshape(-1), num_weights)
    if index is None:
        return NotImplemented
    result = np.zeros((num_weights, grad.shape[-1]), grad.dtype)
    _add_rows(result, index, grad, padding_idx)
    if scale_grad_by_freq:
        result /= np.maximum(loops.occurrences(index, num_weights), 1)[:, None].astype(grad.dtype)
    return result


@table.kernel("index_add", dtypes=FLOATS, writes_out=True, yields=True)
def index_add(x: Array, dim: int, index: Array, source: Array, alpha: complex, out: Array | None = None) -> Any:
    if source.size < LARGE or dim != 0 or x.ndim < 2 or source.dtype != x.dtype or not is_usable():
        return NotImplemented
    whole = _whole(index.reshape(-1), x.shape[0])
    if whole is None:
        return NotImplemented
    if alpha != 1:
        source = source * np.asarray(alpha).astype(source.dtype)
    result = _target(x, out)
    _add_rows(result, whole, source)
    return _settle(result, out)


@table.kernel("index_put", dtypes=FLOATS, writes_out=True, yields=True)
def index_put(
    x: Array, indices: Sequence[Array | None], values: Array, accumulate: bool, out: Array | None = None
) -> Any:
    only = indices[0] if len(indices) == 1 else None
    if not accumulate or only is None or only.dtype.kind != "i" or x.ndim < 2 or not is_usable():
        return NotImplemented
    shape = (*only.shape, *x.shape[1:])
    if prod(shape) < LARGE or values.dtype != x.dtype:
        return NotImplemented
    whole = _whole(only.reshape(-1), x.shape[0])
    try:
        values = np.broadcast_to(values, shape)
    except ValueError:
        return NotImplemented
    if whole is None:
        return NotImplemented
    result = _target(x, out)
    _add_rows(result, whole, values)
    return _settle(result, out)


def _take(start: int, stop: int, x: Array, index: Array, result: Array) -> None:
    # The index was checked, and clipping spares NumPy a copy.
    x.take(index[start:stop], axis=0, out=result[start:stop], mode="clip")


def _rows_of(x: Array, index: Array) -> Any:
    """``x[index]`` for large results, which NumPy copies row by row with one thread."""
    if thread_count() < 2 or not index.size or index.size * (x.size // max(len(x), 1)) < TAKEN or not x.flags.aligned:
        return NotImplemented
    whole = _whole(index.reshape(-1), len(x))
    if whole is None:
        return NotImplemented
    result = np.empty((*index.shape, *x.shape[1:]), x.dtype)
    spread(_take, index.size, x, whole, result.reshape(index.size, *x.shape[1:]))
    return result


@table.kernel("index_select", dtypes=FLOATS, yields=True)
def index_select(x: Array, dim: int, index: Array) -> Any:
    return _rows_of(x, index.reshape(-1)) if dim == 0 and x.ndim else NotImplemented


@table.kernel("_embedding", dtypes=FLOATS, yields=True)
def embedding(weight: Array, indices: Array, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    return _rows_of(weight, indices)


def _along(x: Array, dim: int, index: Array) -> tuple[int, int] | None:
    """Outer and inner size if `index` has the sizes of `x` on every axis but `dim`."""
    if not x.ndim or x.shape[:dim] != index.shape[:dim] or x.shape[dim + 1 :] != index.shape[dim + 1 :]:
        return None
    return prod(x.shape[:dim]), prod(x.shape[dim + 1 :])


@table.kernel("gather", dtypes=(*FLOATS, "int64"), yields=True)
def gather(x: Array, dim: int, index: Array, sparse_grad: bool) -> Any:
    sizes = _along(x, dim, index) if index.size >= LARGE else None
    if sizes is None or not is_usable():
        return NotImplemented
    whole = _whole(index, x.shape[dim])
    if whole is None:
        return NotImplemented
    outer, inner = sizes
    result = np.empty(index.shape, x.dtype)
    shape = (outer, index.shape[dim], inner)
    given = (row_major(x).reshape(outer, x.shape[dim], inner), whole.reshape(shape), result.reshape(shape))
    spread(loops.gather_along, outer, *given)
    return result


def _scattered(x: Array, dim: int, index: Array, source: Array, out: Array | None) -> Any:
    sizes = _along(x, dim, index) if index.size >= LARGE else None
    if sizes is None or source.dtype != x.dtype or not is_usable():
        return NotImplemented
    whole = _whole(index, x.shape[dim])
    if whole is None:
        return NotImplemented
    outer, inner = sizes
    if source.shape != index.shape:
        source = source[tuple(slice(size) for size in index.shape)]
    result = _target(x, out)
    shape = (outer, index.shape[dim], inner)
    given = (result.reshape(outer, x.shape[dim], inner), whole.reshape(shape), row_major(source).reshape(shape))
    spread(loops.add_along, outer, *given)
    return _settle(result, out)


@table.kernel("scatter_add", dtypes=FLOATS, writes_out=True, yields=True)
def scatter_add(x: Array, dim: int, index: Array, src: Array, out: Array | None = None) -> Any:
    return _scattered(x, dim, index, src, out)


@table.kernel("scatter_reduce", dtypes=FLOATS, writes_out=True, yields=True)
def scatter_reduce(
    x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool, out: Array | None = None
) -> Any:
    # Branches on random data make a loop for extremes slower than NumPy's.
    if reduce != "sum" or not include_self:
        return NotImplemented
    return _scattered(x, dim, index, src, out)
