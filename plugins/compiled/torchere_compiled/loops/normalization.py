"""Batch normalisation of ``(N, C, L)``, channel by channel: a channel's elements stay in the cache between passes.

Sums are taken of at most 4096 elements in the array's dtype and of those sums in float64.
"""

from __future__ import annotations

import numpy as np

from .jit import loop, summing

__all__ = ["backward", "evaluate", "train"]

_PART = 4096


@summing
def _sum(x):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total


@summing
def _squares(x, mean):
    total = x.dtype.type(0)
    for i in range(x.size):
        deviation = x[i] - mean
        total += deviation * deviation
    return total


@summing
def _product(x, mean, slope):
    total, along = x.dtype.type(0), x.dtype.type(0)
    for i in range(x.size):
        total += slope[i]
        along += slope[i] * (x[i] - mean)
    return total, along


@loop
def train(start, stop, x, result, mean, variance, weight, bias, eps):
    """Normalise channels ``start … stop`` and note their mean and (biased) variance."""
    batch, length = x.shape[0], x.shape[2]
    one = x.dtype.type(1)
    for channel in range(start, stop):
        total = 0.0
        for sample in range(batch):
            for begin in range(0, length, _PART):
                total += _sum(x[sample, channel, begin : begin + _PART])
        level = x.dtype.type(total / (batch * length))
        squares = 0.0
        for sample in range(batch):
            for begin in range(0, length, _PART):
                squares += _squares(x[sample, channel, begin : begin + _PART], level)
        mean[channel] = level
        variance[channel] = squares / (batch * length)
        scale = one / np.sqrt(variance[channel] + eps)
        scale = x.dtype.type(scale * weight[channel])
        shift = bias[channel]
        for sample in range(batch):
            source, target = x[sample, channel], result[sample, channel]
            for i in range(length):
                target[i] = (source[i] - level) * scale + shift


@loop
def backward(start, stop, grad, x, mean, variance, weight, eps, result, d_weight, d_bias):
    """``factor * (g - mean(g) - n * mean(g * n))`` with n the normalised input."""
    batch, length = x.shape[0], x.shape[2]
    number = batch * length
    one = x.dtype.type(1)
    for channel in range(start, stop):
        level = mean[channel]
        total, along = 0.0, 0.0
        for sample in range(batch):
            for begin in range(0, length, _PART):
                end = begin + _PART
                first, second = _product(x[sample, channel, begin:end], level, grad[sample, channel, begin:end])
                total += first
                along += second
        scale = one / np.sqrt(variance[channel] + eps)
        d_bias[channel] = total
        d_weight[channel] = along * scale
        factor = x.dtype.type(scale * weight[channel])
        along_each = x.dtype.type(along * scale * scale / number)
        each = x.dtype.type(total / number)
        for sample in range(batch):
            source, slope, target = x[sample, channel], grad[sample, channel], result[sample, channel]
            for i in range(length):
                target[i] = factor * (slope[i] - each - (source[i] - level) * along_each)


@loop
def evaluate(start, stop, x, result, scale, shift):
    """``x * scale + shift`` for rows ``start … stop`` of ``(N * C, L)``."""
    channels, length = scale.size, x.shape[1]
    source, target = x.reshape(x.size), result.reshape(result.size)
    for row in range(start, stop):
        factor, offset = scale[row % channels], shift[row % channels]
        for i in range(row * length, row * length + length):
            target[np.uint64(i)] = source[np.uint64(i)] * factor + offset
