"""Running sums, products and extremes of ``(outer, n, inner)`` along the middle axis.

Sums and products run in float64, because the rounding errors of a long chain add up.
"""

from __future__ import annotations

import numpy as np

from .jit import loop

__all__ = ["maxima", "minima", "products", "sums"]

_BLOCK = 64


@loop
def sums(start, stop, x, result):
    """Running sums."""
    inner = x.shape[2]
    total = np.empty(_BLOCK, np.float64)
    for slab in range(start, stop):
        for begin in range(0, inner, _BLOCK):
            end = min(begin + _BLOCK, inner)
            total[:] = 0
            for place in range(x.shape[1]):
                source, target = x[slab, place, begin:end], result[slab, place, begin:end]
                for i in range(end - begin):
                    total[i] += source[i]
                    target[i] = total[i]


@loop
def products(start, stop, x, result):
    """Running products."""
    inner = x.shape[2]
    total = np.empty(_BLOCK, np.float64)
    for slab in range(start, stop):
        for begin in range(0, inner, _BLOCK):
            end = min(begin + _BLOCK, inner)
            total[:] = 1
            for place in range(x.shape[1]):
                source, target = x[slab, place, begin:end], result[slab, place, begin:end]
                for i in range(end - begin):
                    total[i] *= source[i]
                    target[i] = total[i]


@loop
def maxima(start, stop, x, values, places):
    """Running maxima and the last place of each; NaN is larger than every number."""
    for slab in range(start, stop):
        for column in range(x.shape[2]):
            best, at = x[slab, 0, column], 0
            for place in range(x.shape[1]):
                value = x[slab, place, column]
                if value >= best or value != value:
                    best, at = value, place
                values[slab, place, column] = best
                places[slab, place, column] = at


@loop
def minima(start, stop, x, values, places):
    """Running minima and the last place of each; NaN is smaller than every number."""
    for slab in range(start, stop):
        for column in range(x.shape[2]):
            best, at = x[slab, 0, column], 0
            for place in range(x.shape[1]):
                value = x[slab, place, column]
                if value <= best or value != value:
                    best, at = value, place
                values[slab, place, column] = best
                places[slab, place, column] = at
