"""Sums of ``(outer, n, inner)`` along the middle axis.

At most 4096 elements are summed in the array's dtype (in many interleaved sums), and those sums in float64.
"""

from __future__ import annotations

import numpy as np

from .jit import loop, summing

__all__ = ["column_sums", "row_sums"]

_PART = 4096
_BLOCK = 256
_ROWS = 64


@summing
def _sum(x):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total


@loop
def row_sums(start, stop, x, result):
    """Sums of rows ``start … stop`` of ``(outer, n)``."""
    for row in range(start, stop):
        total = 0.0
        for begin in range(0, x.shape[1], _PART):
            total += _sum(x[row, begin : begin + _PART])
        result[row] = total


@loop
def column_sums(start, stop, x, result):
    """Sums along the middle axis; items are blocks of columns."""
    inner = x.shape[2]
    blocks = (inner + _BLOCK - 1) // _BLOCK
    partial, total = np.empty(_BLOCK, x.dtype), np.empty(_BLOCK, np.float64)
    for item in range(start, stop):
        slab, begin = item // blocks, item % blocks * _BLOCK
        end = min(begin + _BLOCK, inner)
        total[:] = 0
        for first in range(0, x.shape[1], _ROWS):
            partial[:] = 0
            for place in range(first, min(first + _ROWS, x.shape[1])):
                source = x[slab, place, begin:end]
                for i in range(end - begin):
                    partial[i] += source[i]
            for i in range(end - begin):
                total[i] += partial[i]
        for i in range(end - begin):
            result[slab, begin + i] = total[i]
