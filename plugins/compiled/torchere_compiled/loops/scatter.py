"""Adding rows into a table, and scattering along the middle axis of ``(outer, n, inner)``.

Work is cut so that no two threads write to one element: by columns of a table, by slabs, or not at all. So elements
are added in the order of the index, whatever the number of threads.
"""

from __future__ import annotations

import numpy as np

from .jit import loop

__all__ = ["add_along", "add_rows", "gather_along", "occurrences"]


@loop
def add_rows(start, stop, table, index, values, skipped):
    """``table[index[k]] += values[k]`` in columns ``start … stop``, but for the index `skipped`."""
    for k in range(index.size):
        row = index[k]
        if row != skipped:
            target, source = table[row, start:stop], values[k, start:stop]
            for i in range(target.size):
                target[i] += source[i]


@loop
def occurrences(index, count):
    """How often each of 0 … count - 1 occurs."""
    found = np.zeros(count, np.int64)
    for k in range(index.size):
        found[index[k]] += 1
    return found


@loop
def gather_along(start, stop, x, index, result):
    """``result[o, k, i] = x[o, index[o, k, i], i]``."""
    if index.shape[2] == 1:
        count, length = index.shape[1], x.shape[1]
        source, chosen, target = x.reshape(x.size), index.reshape(index.size), result.reshape(result.size)
        for slab in range(start, stop):
            first, base = slab * count, slab * length
            for i in range(first, first + count):
                target[np.uint64(i)] = source[np.uint64(base + chosen[np.uint64(i)])]
        return
    for slab in range(start, stop):
        for place in range(index.shape[1]):
            for i in range(index.shape[2]):
                result[slab, place, i] = x[slab, np.uint64(index[slab, place, i]), i]


@loop
def add_along(start, stop, x, index, source):
    """``x[o, index[o, k, i], i] += source[o, k, i]``."""
    if index.shape[2] == 1:
        count, length = index.shape[1], x.shape[1]
        target, chosen, given = x.reshape(x.size), index.reshape(index.size), source.reshape(source.size)
        for slab in range(start, stop):
            first, base = slab * count, slab * length
            for i in range(first, first + count):
                target[np.uint64(base + chosen[np.uint64(i)])] += given[np.uint64(i)]
        return
    for slab in range(start, stop):
        for place in range(index.shape[1]):
            for i in range(index.shape[2]):
                x[slab, np.uint64(index[slab, place, i]), i] += source[slab, place, i]
