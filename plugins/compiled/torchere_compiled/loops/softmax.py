"""Softmax and log-softmax of ``(outer, n, inner)`` along the middle axis, and cross-entropy of rows.

With ``inner > 1`` a block of up to 256 neighbours along the last axis is done at once: item number `k` of the work is
block ``k % blocks`` of slab ``k // blocks``.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import overload

from .exponential import exp_double, exp_single
from .jit import loop, summing

__all__ = [
    "BLOCK",
    "columns",
    "columns_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "rows",
    "rows_backward",
]

BLOCK = 256


def exponential(x):
    """exp of a float32 or float64."""
    raise NotImplementedError("only for compiled loops")


@overload(exponential, jit_options={"fastmath": {"contract"}})
def _exponential(x):
    return (lambda x: exp_single(x)) if x == types.float32 else (lambda x: exp_double(x))


@summing
def _exp_into(x, level, out):
    """``exp(x - level)`` into `out`; their sum."""
    total = x.dtype.type(0)
    for i in range(x.size):
        y = exponential(x[i] - level)
        out[i] = y
        total += y
    return total


@summing
def _exp_sum(x, level):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += exponential(x[i] - level)
    return total


@summing
def _dot(x, y):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@summing
def _sum(x):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total


@loop
def _highest(x):
    """The largest element; where one is NaN, any, or NaN: the sum of exponentials shows it."""
    lanes = 32
    if x.size < 2 * lanes:
        best = x[0]
        for i in range(x.size):
            best = x[i] if x[i] > best else best
        return best
    most = x[:lanes].copy()
    whole = x.size // lanes * lanes
    for begin in range(lanes, whole, lanes):
        part = x[begin : begin + lanes]
        for i in range(lanes):
            most[i] = part[i] if part[i] > most[i] else most[i]
    best = most[0]
    for i in range(lanes):
        best = most[i] if most[i] > best else best
    for i in range(whole, x.size):
        best = x[i] if x[i] > best else best
    return best


@loop
def rows(start, stop, x, result, logarithmic):
    """Softmax of rows."""
    one = x.dtype.type(1)
    for row in range(start, stop):
        source, target = x[row], result[row]
        level = _highest(source)
        if logarithmic:
            shift = x.dtype.type(np.log(_exp_sum(source, level)))
            for i in range(source.size):
                target[i] = (source[i] - level) - shift
        else:
            scale = one / _exp_into(source, level, target)
            for i in range(target.size):
                target[i] *= scale


@loop
def rows_backward(start, stop, grad, out, result, logarithmic):
    """``(g - Σ g·y) · y``, or ``g - exp(y) Σ g``."""
    for row in range(start, stop):
        slope, value, target = grad[row], out[row], result[row]
        if logarithmic:
            total = _sum(slope)
            for i in range(slope.size):
                target[i] = slope[i] - exponential(value[i]) * total
        else:
            total = _dot(slope, value)
            for i in range(slope.size):
                target[i] = (slope[i] - total) * value[i]


@loop
def columns(start, stop, x, result, logarithmic):
    """Softmax along the middle axis of ``(outer, n, inner)``."""
    inner = x.shape[2]
    blocks = (inner + BLOCK - 1) // BLOCK
    level, total = np.empty(BLOCK, x.dtype), np.empty(BLOCK, x.dtype)
    one = x.dtype.type(1)
    for item in range(start, stop):
        slab, begin = item // blocks, item % blocks * BLOCK
        end = min(begin + BLOCK, inner)
        width = end - begin
        level[:width] = x[slab, 0, begin:end]
        for place in range(1, x.shape[1]):
            source = x[slab, place, begin:end]
            for i in range(width):
                level[i] = source[i] if source[i] > level[i] else level[i]
        total[:] = 0
        for place in range(x.shape[1]):
            source, target = x[slab, place, begin:end], result[slab, place, begin:end]
            if logarithmic:
                for i in range(width):
                    y = source[i] - level[i]
                    target[i] = y
                    total[i] += exponential(y)
            else:
                for i in range(width):
                    y = exponential(source[i] - level[i])
                    target[i] = y
                    total[i] += y
        for i in range(width):
            total[i] = np.log(total[i]) if logarithmic else one / total[i]
        for place in range(x.shape[1]):
            target = result[slab, place, begin:end]
            if logarithmic:
                for i in range(width):
                    target[i] -= total[i]
            else:
                for i in range(width):
                    target[i] *= total[i]


@loop
def columns_backward(start, stop, grad, out, result, logarithmic):
    """The gradient of `columns`."""
    inner = grad.shape[2]
    blocks = (inner + BLOCK - 1) // BLOCK
    total = np.empty(BLOCK, grad.dtype)
    for item in range(start, stop):
        slab, begin = item // blocks, item % blocks * BLOCK
        end = min(begin + BLOCK, inner)
        total[:] = 0
        for place in range(grad.shape[1]):
            slope, value = grad[slab, place, begin:end], out[slab, place, begin:end]
            for i in range(end - begin):
                total[i] += slope[i] if logarithmic else slope[i] * value[i]
        for place in range(grad.shape[1]):
            slope, value = grad[slab, place, begin:end], out[slab, place, begin:end]
            target = result[slab, place, begin:end]
            if logarithmic:
                for i in range(end - begin):
                    target[i] = slope[i] - exponential(value[i]) * total[i]
            else:
                for i in range(end - begin):
                    target[i] = (slope[i] - total[i]) * value[i]


@loop
def cross_entropy(start, stop, x, target, ignored, losses, shifted):
    """Log-probabilities of rows, and the negative one of each target, which must exist."""
    classes = x.shape[1]
    for row in range(start, stop):
        source, log_probability = x[row], shifted[row]
        level = _highest(source)
        offset = x.dtype.type(np.log(_exp_sum(source, level)))
        for i in range(classes):
            log_probability[i] = (source[i] - level) - offset
        chosen = target[row]
        losses[row] = 0 if chosen == ignored else -log_probability[chosen]


@loop
def cross_entropy_backward(start, stop, log_probabilities, target, ignored, slopes, result):
    """``(exp(log_probability) - [class is target]) * slope``, zero for ignored rows."""
    for row in range(start, stop):
        source, out = log_probabilities[row], result[row]
        chosen = target[row]
        if chosen == ignored:
            out[:] = 0
            continue
        slope = slopes[row % slopes.size]
        for i in range(source.size):
            out[i] = exponential(source[i]) * slope
        out[chosen] -= slope
