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
    if x.shape[2] == 1:
        length = x.shape[1]
        source, target = x.reshape(x.size), result.reshape(result.size)
        # Four rows at a time: each addition waits for the one before it in its row only.
        row = start
        while row + 4 <= stop:
            a, b, c, d = row * length, (row + 1) * length, (row + 2) * length, (row + 3) * length
            p, q, r, t = 0.0, 0.0, 0.0, 0.0
            for i in range(length):
                p += source[np.uint64(a + i)]
                q += source[np.uint64(b + i)]
                r += source[np.uint64(c + i)]
                t += source[np.uint64(d + i)]
                target[np.uint64(a + i)] = p
                target[np.uint64(b + i)] = q
                target[np.uint64(c + i)] = r
                target[np.uint64(d + i)] = t
            row += 4
        for last in range(row, stop):
            p = 0.0
            for i in range(last * length, last * length + length):
                p += source[np.uint64(i)]
                target[np.uint64(i)] = p
        return
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
    if x.shape[2] == 1:
        length = x.shape[1]
        source, target = x.reshape(x.size), result.reshape(result.size)
        # Four rows at a time: each addition waits for the one before it in its row only.
        row = start
        while row + 4 <= stop:
            a, b, c, d = row * length, (row + 1) * length, (row + 2) * length, (row + 3) * length
            p, q, r, t = 1.0, 1.0, 1.0, 1.0
            for i in range(length):
                p *= source[np.uint64(a + i)]
                q *= source[np.uint64(b + i)]
                r *= source[np.uint64(c + i)]
                t *= source[np.uint64(d + i)]
                target[np.uint64(a + i)] = p
                target[np.uint64(b + i)] = q
                target[np.uint64(c + i)] = r
                target[np.uint64(d + i)] = t
            row += 4
        for last in range(row, stop):
            p = 1.0
            for i in range(last * length, last * length + length):
                p *= source[np.uint64(i)]
                target[np.uint64(i)] = p
        return
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
    if x.shape[2] > 1:
        for slab in range(start, stop):
            values[slab, 0], places[slab, 0] = x[slab, 0], 0
            for place in range(1, x.shape[1]):
                for i in range(x.shape[2]):
                    value, best = x[slab, place, i], values[slab, place - 1, i]
                    wins = (value >= best) | (value != value)
                    values[slab, place, i] = value if wins else best
                    places[slab, place, i] = place if wins else places[slab, place - 1, i]
        return
    for slab in range(start, stop):
        best, at = x[slab, 0, 0], 0
        for place in range(x.shape[1]):
            value = x[slab, place, 0]
            if value >= best or value != value:
                best, at = value, place
            values[slab, place, 0] = best
            places[slab, place, 0] = at


@loop
def minima(start, stop, x, values, places):
    """Running minima and the last place of each; NaN is smaller than every number."""
    if x.shape[2] > 1:
        for slab in range(start, stop):
            values[slab, 0], places[slab, 0] = x[slab, 0], 0
            for place in range(1, x.shape[1]):
                for i in range(x.shape[2]):
                    value, best = x[slab, place, i], values[slab, place - 1, i]
                    wins = (value <= best) | (value != value)
                    values[slab, place, i] = value if wins else best
                    places[slab, place, i] = place if wins else places[slab, place - 1, i]
        return
    for slab in range(start, stop):
        best, at = x[slab, 0, 0], 0
        for place in range(x.shape[1]):
            value = x[slab, place, 0]
            if value <= best or value != value:
                best, at = value, place
            values[slab, place, 0] = best
            places[slab, place, 0] = at
