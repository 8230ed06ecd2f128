"""Sorting arrays of any namespace: stable, NaN larger than every number."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE_FLOATING

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

table = RawTable()


def _take_along(library: Library, x: Array, order: Array) -> Array:
    """Elements of ``(rows, n)`` by indices of the same shape."""
    xp = library.xp
    rows, length = x.shape
    starts = library.asarray(np.arange(rows, dtype=np.int64) * length)
    positions = xp.reshape(order + xp.reshape(starts, (rows, 1)), (-1,))
    return xp.reshape(library.pick(xp.reshape(x, (-1,)), positions), (rows, length))


def _order(library: Library, rows: Array, descending: bool) -> Array:
    """Indices that sort each row stably."""
    xp, argsort = library.xp, library.sorting_order
    if descending:
        # Sorting the reversed row upwards and reversing the result keeps equal elements in their order.
        last = library.scalar(rows.shape[1] - 1, library.zeros((), library.int64))
        order = library.astype(argsort(xp.flip(rows, axis=1)), library.int64)
        return last - xp.flip(order, axis=1)
    return library.astype(argsort(rows), library.int64)


@table.kernel("sort", BOOL + INTEGRAL + WIDE_FLOATING, "sorted")
def sort(library: Library, x: Array, dim: int, descending: bool, stable: bool | None) -> tuple[Array, Array]:
    xp = library.xp
    if x.ndim == 0 or 0 in x.shape:
        return library.copy(x), library.zeros(tuple(x.shape), library.int64)
    moved = xp.moveaxis(x, dim, -1)
    shape = tuple(moved.shape)
    rows = xp.reshape(moved, (-1, shape[-1]))
    keys = library.astype(rows, library.dtype(np.dtype(np.uint8))) if library.kind(x) == "b" else rows
    absent = xp.isnan(rows) if library.kind(x) == "f" else None
    if absent is not None and bool(xp.any(absent)):
        # The standard leaves the place of NaN open: sort the numbers, then by being one.
        order = _order(library, xp.where(absent, library.scalar(0, rows), rows), descending)
        flags = library.astype(_take_along(library, absent, order), library.dtype(np.dtype(np.uint8)))
        order = _take_along(library, order, _order(library, flags, descending))
    else:
        order = _order(library, keys, descending)
    values = xp.reshape(_take_along(library, rows, order), shape)
    return xp.moveaxis(values, -1, dim), xp.moveaxis(xp.reshape(order, shape), -1, dim)
