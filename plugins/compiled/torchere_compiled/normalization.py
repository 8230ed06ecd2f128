"""Batch normalisation by compiled loops: training, its gradient, and evaluation."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array, row_major
from .late import Loops, is_usable
from .team import spread

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("normalization")

#: Elements from which on a call is worth a loop.
LARGE = 4096


def _channels(x: Array) -> Array:
    """``(N, C, *)`` as ``(N, C, L)``, row-major."""
    return row_major(x).reshape(x.shape[0], x.shape[1], prod(x.shape[2:]))


def _fits(x: Array) -> bool:
    # Channels must be rows of some length; without positions NumPy works on whole columns at once.
    return x.ndim > 2 and prod(x.shape[2:]) >= 8 and is_usable()


def _each(value: Array | None, channels: int, missing: int, dtype: np.dtype[Any]) -> Array:
    return np.full(channels, missing, dtype) if value is None else row_major(value)


@table.kernel("_batch_norm_train", dtypes=FLOATS, yields=True, smallest=LARGE)
def batch_norm_train(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Any:
    if not _fits(x):
        return NotImplemented
    channels = x.shape[1]
    result = np.empty(x.shape, x.dtype)
    mean, variance = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    affine = (_each(weight, channels, 1, x.dtype), _each(bias, channels, 0, x.dtype))
    spread(loops.train, channels, _channels(x), _channels(result), mean, variance, *affine, x.dtype.type(eps))
    return result, mean, variance


@table.kernel("_batch_norm_backward", dtypes=FLOATS, yields=True, smallest=LARGE)
def batch_norm_backward(
    grad: Array, x: Array, mean: Array, var: Array, weight: Array | None, eps: float, affine: bool
) -> Any:
    if not _fits(x):
        return NotImplemented
    channels = x.shape[1]
    result, d_weight, d_bias = np.empty(x.shape, x.dtype), np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    given = (_channels(grad), _channels(x), row_major(mean), row_major(var), _each(weight, channels, 1, x.dtype))
    spread(loops.backward, channels, *given, x.dtype.type(eps), _channels(result), d_weight, d_bias)
    return (result, d_weight, d_bias) if affine else (result, np.zeros(0, x.dtype), np.zeros(0, x.dtype))


@table.kernel("_batch_norm_eval", dtypes=FLOATS, yields=True, smallest=LARGE)
def batch_norm_eval(x: Array, mean: Array, var: Array, weight: Array | None, bias: Array | None, eps: float) -> Any:
    if not _fits(x):
        return NotImplemented
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    if weight is not None:
        scale *= weight
    shift = -mean * scale
    if bias is not None:
        shift += bias
    result = np.empty(x.shape, x.dtype)
    rows = (x.shape[0] * x.shape[1], prod(x.shape[2:]))
    spread(loops.evaluate, rows[0], row_major(x).reshape(rows), result.reshape(rows), scale, shift)
    return result
