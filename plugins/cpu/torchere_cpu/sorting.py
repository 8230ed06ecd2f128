"""Sorting NumPy arrays, and selections that rest on order. Sorts are stable; NaN is larger than every number.

Elements of up to 32 bits are sorted as 64-bit words, the order-preserving bits above and the index below: NumPy sorts
words with vector instructions, several times faster than it sorts indices, and distinct indices make the sort stable.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["ranked_rows", "table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")

_REAL = INTEGRAL + WIDE_FLOATING
_ORDERED = BOOL + _REAL
_INDEX = np.uint64(0xFFFFFFFF)
#: Up to this many elements sorting indices is quicker than making words.
_FEW = 512


def _ordered_bits(x: Array) -> Array:
    """Unsigned integers of the same width in the order of `x` (not 64-bit ones)."""
    kind = x.dtype.kind
    if kind == "b":
        return x.view(np.uint8)
    if kind == "u":
        return x
    if kind == "i":
        unsigned = np.dtype(f"u{x.dtype.itemsize}")
        return x.view(unsigned) ^ unsigned.type(1 << (8 * x.dtype.itemsize - 1))
    # Adding zero makes -0.0 equal to 0.0, and one NaN of all NaNs.
    bits = np.where(np.isnan(x), np.float32(np.nan), x + np.float32(0)).view(np.int32)
    # Negative floats order backwards: flip all their bits, of others the sign only.
    return (bits ^ ((bits >> 31) | np.int32(-(2**31)))).view(np.uint32)


def _narrow(rows: Array) -> Array | None:
    """`rows` as 32-bit numbers in the same order, if there are such."""
    if rows.dtype.itemsize < 8:
        return rows
    if rows.dtype.kind == "f":
        return None
    low, high = int(rows.min()), int(rows.max())
    return (rows - low).astype(np.uint32) if high - low < 2**32 else None


def _words(rows: Array, descending: bool) -> Array:
    bits = _ordered_bits(rows)
    words = (~bits if descending else bits).astype(np.uint64)
    words <<= np.uint64(32)
    words |= np.arange(rows.shape[-1], dtype=np.uint64)
    return words


def _indices(words: Array) -> Array:
    words &= _INDEX
    return words.view(np.int64)


def ranked_rows(rows: Array, descending: bool, first: int | None = None, nth: int | None = None) -> Array:
    """Indices that sort each row of ``(r, n)`` stably; only the `first` ones, or only the one at place `nth`."""
    length = rows.shape[-1]
    narrow = _narrow(rows) if rows.size > _FEW and length < 2**32 else None
    if narrow is not None:
        words = _words(narrow, descending)
        if nth is not None:
            return _indices(np.partition(words, nth, axis=-1)[..., nth : nth + 1].copy())
        if first is not None and 0 < first < length:
            words = np.partition(words, first - 1, axis=-1)[..., :first].copy()
        words.sort(axis=-1)
        return _indices(words)[..., :first]
    if descending:
        # Sorting the reversed row upwards and reversing the result keeps equal elements in their order.
        order = length - 1 - np.argsort(rows[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    else:
        order = np.argsort(rows, axis=-1, kind="stable")
    if nth is not None:
        return order[..., nth : nth + 1]
    return order[..., :first]


def _picked(rows: Array, indices: Array) -> Array:
    if rows.shape[0] == 1:
        return rows[0].take(indices[0])[None]
    starts = np.arange(rows.shape[0], dtype=np.int64)[:, None] * rows.shape[-1]
    return rows.reshape(-1).take(indices + starts)


def _rows(x: Array, dim: int) -> tuple[Array, tuple[int, ...]]:
    """`x` as contiguous rows along `dim`, and the shape of the other axes."""
    moved = x if dim == x.ndim - 1 else np.moveaxis(x, dim, -1)
    rows = prod(moved.shape[:-1])
    return np.ascontiguousarray(moved).reshape(rows, moved.shape[-1]), moved.shape[:-1]


def _back(rows: Array, others: tuple[int, ...], dim: int) -> Array:
    whole = rows.reshape(*others, rows.shape[-1])
    return np.ascontiguousarray(whole if dim == whole.ndim - 1 else np.moveaxis(whole, -1, dim))


def _single(x: Array) -> tuple[Array, Array]:
    return x.copy(), np.zeros((), dtype=np.int64)


@table.kernel("sort", dtypes=_ORDERED)
def sort(x: Array, dim: int, descending: bool, stable: bool | None) -> tuple[Array, Array]:
    if x.ndim == 0:
        return _single(x)
    rows, others = _rows(x, dim)
    order = ranked_rows(rows, descending)
    return _back(_picked(rows, order), others, dim), _back(order, others, dim)


@table.kernel("argsort", dtypes=_ORDERED)
def argsort(x: Array, dim: int, descending: bool, stable: bool) -> Array:
    if x.ndim == 0:
        return np.zeros((), dtype=np.int64)
    rows, others = _rows(x, dim)
    return _back(ranked_rows(rows, descending), others, dim)


@table.kernel("msort", dtypes=_ORDERED)
def msort(x: Array) -> Array:
    if x.ndim == 0:
        return x.copy()
    return np.sort(x, axis=0)


def _leading(rows: Array, k: int, largest: bool) -> Array | None:
    """Indices of the `k` first elements of each row in order, if the k-th has no equal behind it (and no NaN is near).

    Partitioning values and comparing with the k-th is quicker than partitioning words.
    """
    length = rows.shape[-1]
    nth = length - k if largest else k - 1
    limit = np.partition(rows, nth, axis=-1)[..., nth : nth + 1]
    found = np.flatnonzero(rows >= limit if largest else rows <= limit)
    if found.size != rows.shape[0] * k:
        return None
    found = found.reshape(rows.shape[0], k)
    if (found[:, [0, -1]] // length != np.arange(len(rows))[:, None]).any():
        return None
    values = rows.reshape(-1).take(found)
    order = ranked_rows(values, largest)
    return np.take_along_axis(found, order, -1) % length


@table.kernel("topk", dtypes=_REAL)
def topk(x: Array, k: int, dim: int, largest: bool, sorted: bool) -> tuple[Array, Array]:
    if x.ndim == 0:
        values, indices = _single(x)
        return (values, indices) if k else (values.reshape(1)[:0], indices.reshape(1)[:0])
    rows, others = _rows(x, dim)
    order = _leading(rows, k, largest) if 0 < k <= rows.shape[-1] // 4 else None
    if order is None:
        order = ranked_rows(rows, largest, first=k)
    return _back(_picked(rows, order), others, dim), _back(order, others, dim)


def _selected(rows: Array, order: Array, others: tuple[int, ...], dim: int, keepdim: bool) -> tuple[Array, Array]:
    values, indices = _back(_picked(rows, order), others, dim), _back(order, others, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


@table.kernel("kthvalue", dtypes=_REAL)
def kthvalue(x: Array, k: int, dim: int, keepdim: bool) -> tuple[Array, Array]:
    if x.ndim == 0:
        return _single(x)
    rows, others = _rows(x, dim)
    return _selected(rows, ranked_rows(rows, False, nth=k - 1), others, dim, keepdim)


@table.kernel("_median", dtypes=_REAL)
def median_dim(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    if x.ndim == 0:
        return _single(x)
    rows, others = _rows(x, dim)
    order = ranked_rows(rows, False, nth=(rows.shape[-1] - 1) // 2)
    if x.dtype.kind == "f":
        absent = np.isnan(rows)
        order = np.where(absent.any(axis=-1, keepdims=True), absent.argmax(axis=-1, keepdims=True), order)
    return _selected(rows, order, others, dim, keepdim)


@table.kernel("_nanmedian", dtypes=_REAL)
def nanmedian_dim(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    if x.dtype.kind != "f" or not np.isnan(x).any():
        return median_dim(x, dim, keepdim)
    if x.ndim == 0:
        return _single(x)
    rows, others = _rows(x, dim)
    present = rows.shape[-1] - np.isnan(rows).sum(axis=-1, keepdims=True)
    order = np.take_along_axis(ranked_rows(rows, False), np.maximum((present - 1) // 2, 0), -1)
    return _selected(rows, order, others, dim, keepdim)


def _middle(flat: Array) -> Any:
    middle = (flat.size - 1) // 2
    return np.partition(flat, middle)[middle]


def _nothing(x: Array) -> Any:
    return x.dtype.type(np.nan) if x.dtype.kind == "f" else x.dtype.type(np.iinfo(x.dtype).min)


@table.kernel("_median_all", dtypes=_REAL)
def median_all(x: Array) -> Any:
    if x.size == 0:
        return _nothing(x)
    if x.dtype.kind == "f" and np.isnan(x).any():
        return x.dtype.type(np.nan)
    return _middle(x.reshape(-1))


@table.kernel("_nanmedian_all", dtypes=_REAL)
def nanmedian_all(x: Array) -> Any:
    if x.dtype.kind == "f":
        x = x[~np.isnan(x)]
    return _middle(x.reshape(-1)) if x.size else _nothing(x)


def _runs(differs: Array) -> tuple[Array, Array, Array]:
    start = np.empty(len(differs) + 1, dtype=np.bool_)
    start[0] = True
    start[1:] = differs
    run = np.cumsum(start, dtype=np.int64)
    run -= 1
    return start, run, np.diff(np.flatnonzero(start), append=len(start))


def _inverse(run: Array, order: Array | None) -> Array:
    if order is None:
        return run
    inverse = np.empty_like(run)
    inverse[order] = run
    return inverse


@table.kernel("_unique_flat", dtypes=_ORDERED)
def unique_flat(x: Array, ordered: bool) -> tuple[Array, Array, Array]:
    flat = x.reshape(-1)
    if not flat.size:
        return flat.copy(), np.zeros(x.shape, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = ranked_rows(flat[None], False)[0] if ordered else None
    values = flat if order is None else flat[order]
    start, run, counts = _runs(values[1:] != values[:-1])
    return values[start], _inverse(run, order).reshape(x.shape), counts


@table.kernel("_unique_slices", dtypes=_ORDERED)
def unique_slices(x: Array, dim: int, ordered: bool) -> tuple[Array, Array, Array]:
    length = x.shape[dim]
    if not length:
        return x.copy(), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    rows = np.moveaxis(x, dim, 0).reshape(length, -1)
    order = None
    if ordered:
        # lexsort sorts by its last key first.
        order = np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(length)
        rows = rows[order]
    start, run, counts = _runs((rows[1:] != rows[:-1]).any(axis=1))
    chosen = np.flatnonzero(start) if order is None else order[start]
    return x.take(chosen, axis=dim), _inverse(run, order), counts
