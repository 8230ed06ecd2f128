"""Sums of floating arrays over any axes, fast and with small rounding errors.

NumPy adds pairwise along a contiguous axis. Along any other it adds row after row into one accumulator, whose rounding
error grows with the number of rows; here those rows are added in blocks first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

__all__ = ["axes_of", "count", "row_blocks", "total"]

Array = np.ndarray[Any, Any]

#: Up to this many elements plain NumPy is accurate enough, and faster.
_SMALL = 4096
#: Rows added into one accumulator before blocks are combined.
_ROWS = 128
#: Elements that a step of a blocked kernel works on: a few such arrays fit into a core's second-level cache.
_BLOCK = 65536


def axes_of(array: Array, dim: Sequence[int] | None) -> tuple[int, ...] | None:
    """What NumPy calls `dim`: None for all axes (also for an empty tuple), no axes for a 0-d array."""
    if not dim:
        return None
    return tuple(dim) if array.ndim else ()


def count(array: Array, axes: tuple[int, ...] | None) -> int:
    """How many elements one result of a reduction over `axes` is made of."""
    return array.size if axes is None else prod(array.shape[axis] for axis in axes)


def row_blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices of rows of `width` elements that are worked on at a time so that the data stay in the cache."""
    step = max(1, _BLOCK // max(width, 1))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def total(array: Array, axes: tuple[int, ...] | None, keepdim: bool = False) -> Any:
    """Sum of a floating or complex array over `axes`, in its own dtype."""
    if axes is None:
        found = np.add.reduce(array.ravel("K")) if array.size > _SMALL else np.add.reduce(array, axis=None)
        return found.reshape((1,) * array.ndim) if keepdim else found
    if array.size <= _SMALL or not axes or (axes == (0,) and array.shape[0] <= _ROWS):
        return np.add.reduce(array, axes, None, None, keepdim)
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    dense = array.transpose(order)
    if not dense.flags.c_contiguous:
        return np.add.reduce(array, axis=axes, keepdims=keepdim)
    reduced = [axis in axes for axis in order]
    found = _dense_total(dense, reduced)
    # `found` has the axes that stay, in the order of memory; put them back in the array's order.
    kept = [axis for axis in order if axis not in axes]
    found = found.transpose([kept.index(axis) for axis in sorted(kept)])
    if keepdim:
        found = found.reshape([1 if axis in axes else length for axis, length in enumerate(array.shape)])
    return found


def _dense_total(array: Array, reduced: Sequence[bool]) -> Array:
    """Sum of a contiguous array over the axes marked in `reduced`."""
    if not any(reduced):
        return array
    if reduced[-1]:
        # The trailing axes that are reduced form one contiguous run: pairwise summation.
        split = len(reduced)
        while split and reduced[split - 1]:
            split -= 1
        rows = np.add.reduce(array.reshape(*array.shape[:split], prod(array.shape[split:])), axis=-1)
        return _dense_total(rows, reduced[:split])
    last = len(reduced) - 1
    while not reduced[last]:
        last -= 1
    first = last
    while first and reduced[first - 1]:
        first -= 1
    shape = array.shape
    rows = prod(shape[first : last + 1])
    width = prod(shape[last + 1 :])
    blocks = array.reshape(prod(shape[:first]), rows, width)
    found = _row_total(blocks).reshape(*shape[:first], *shape[last + 1 :])
    return _dense_total(found, [*reduced[:first], *reduced[last + 1 :]])


def _row_total(array: Array) -> Array:
    """Sum of a contiguous ``(outer, rows, width)`` array over its rows."""
    outer, rows, width = array.shape
    if rows * width == 0:
        return np.add.reduce(array, axis=1)
    if width < 512 and rows > 8:
        # Several rows side by side make one long row: long inner loops, and fewer additions into each accumulator.
        side = min(max(1024 // width, 1), rows)
        whole = rows // side * side
        wide = _row_total(array[:, :whole].reshape(outer, rows // side, side * width)) if side > 1 else None
        if wide is not None:
            found = np.add.reduce(wide.reshape(outer, side, width), axis=1)
            return found + np.add.reduce(array[:, whole:], axis=1) if whole < rows else found
    if rows <= _ROWS:
        return np.add.reduce(array, axis=1)
    whole = rows // _ROWS * _ROWS
    partial = np.add.reduce(array[:, :whole].reshape(outer, rows // _ROWS, _ROWS, width), axis=2)
    found = _row_total(partial)
    return found + np.add.reduce(array[:, whole:], axis=1) if whole < rows else found
