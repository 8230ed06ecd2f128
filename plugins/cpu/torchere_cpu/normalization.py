"""Batch, layer, group and RMS norm on NumPy arrays, forward and backward.

Large inputs are worked on in blocks (rows, channels or samples) that stay in the cache, because every element is
touched several times: mean, deviation, square, scale. Results are arrays that own their memory (`whole`), filled
through reshaped views: the autograd engine keeps such a gradient without copying it.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere_dispatch import KernelTable

from .accumulation import row_blocks, total

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array]

table = KernelTable(device="cpu")

#: From this many elements per channel on, batch norm goes channel by channel.
_PER_CHANNEL = 16384


def _nothing(x: Array) -> Array:
    return np.zeros(0, dtype=x.dtype)


def _normalise_rows(rows: Array, result: Array, eps: float) -> Pair:
    """Write rows with mean 0 and variance 1 (over the last axis) into `result`; their mean and variance."""
    width = rows.dtype.type(rows.shape[-1])
    # BLAS sums rows several times as fast as NumPy does.
    mean = (rows @ np.ones(rows.shape[-1], dtype=rows.dtype))[..., None]
    mean /= width
    np.subtract(rows, mean, out=result)
    variance = np.vecdot(result, result)[..., None]
    variance /= width
    result *= 1 / np.sqrt(variance + rows.dtype.type(eps))
    return mean, variance


# --- layer norm ------------------------------------------------------------------------------------------------------


@table.kernel("_layer_norm", dtypes=WIDE_FLOATING)
def layer_norm(x: Array, weight: Array | None, bias: Array | None, axes: int, eps: float) -> tuple[Array, Array, Array]:
    split = x.ndim - axes
    kept = x.shape[:split] + (1,) * axes
    rows, width = prod(x.shape[:split]), prod(x.shape[split:])
    flat = np.ascontiguousarray(x).reshape(rows, width)
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(rows, width)
    mean, scale = np.empty((rows, 1), dtype=x.dtype), np.empty((rows, 1), dtype=x.dtype)
    weight = None if weight is None else weight.reshape(width)
    bias = None if bias is None else bias.reshape(width)
    for part in row_blocks(rows, width):
        mean[part], variance = _normalise_rows(flat[part], result[part], eps)
        scale[part] = 1 / np.sqrt(variance + x.dtype.type(eps))
        block = result[part]
        if weight is not None:
            block *= weight
        if bias is not None:
            block += bias
    return whole, mean.reshape(kept), scale.reshape(kept)


@table.kernel("_layer_norm_backward", dtypes=WIDE_FLOATING)
def layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None, axes: int, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    split = x.ndim - axes
    rows, width = prod(x.shape[:split]), prod(x.shape[split:])
    flat, slopes = np.ascontiguousarray(x).reshape(rows, width), np.ascontiguousarray(grad).reshape(rows, width)
    mean, rstd = mean.reshape(rows, 1), rstd.reshape(rows, 1)
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(rows, width)
    d_weight, d_bias = np.zeros(width, dtype=np.float64), np.zeros(width, dtype=np.float64)
    weights = np.ones(width, dtype=x.dtype) if weight is None else weight.reshape(width)
    for part in row_blocks(rows, width):
        slope, scale, out = slopes[part], rstd[part], result[part]
        normal = flat[part] - mean[part]
        normal *= scale
        product = slope * normal
        if affine:
            ones = np.ones(len(slope), dtype=x.dtype)
            d_weight += ones @ product
            d_bias += ones @ slope
        # With g = slope * weight: (g - mean(g) - normal * mean(g * normal)) * scale. BLAS takes the means.
        level, along = slope @ weights, product @ weights
        level /= x.dtype.type(width)
        along /= x.dtype.type(width)
        normal *= along[:, None]
        if weight is None:
            np.subtract(slope, normal, out=out)
        else:
            np.multiply(slope, weights, out=out)
            out -= normal
        out -= level[:, None]
        out *= scale
    if not affine:
        return whole, _nothing(x), _nothing(x)
    return whole, d_weight.astype(x.dtype), d_bias.astype(x.dtype)


@table.kernel("_rms_norm", dtypes=WIDE_FLOATING)
def rms_norm(x: Array, weight: Array | None, axes: int, eps: float) -> Array:
    split = x.ndim - axes
    rows, width = prod(x.shape[:split]), prod(x.shape[split:])
    flat = np.ascontiguousarray(x).reshape(rows, width)
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(rows, width)
    for part in row_blocks(rows, width):
        squares = np.vecdot(flat[part], flat[part])[:, None]
        squares /= x.dtype.type(width)
        np.multiply(flat[part], 1 / np.sqrt(squares + x.dtype.type(eps)), out=result[part])
        if weight is not None:
            result[part] *= weight.reshape(width)
    return whole


# --- batch norm ------------------------------------------------------------------------------------------------------


def _channels(x: Array) -> Array:
    """``(N, C, *)`` as contiguous ``(N, C, L)``."""
    return np.ascontiguousarray(x).reshape(x.shape[0], x.shape[1], prod(x.shape[2:]))


@table.kernel("_batch_norm_train", dtypes=WIDE_FLOATING)
def batch_norm_train(x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    values = _channels(x)
    batch, channels, length = values.shape
    number = x.dtype.type(batch * length)
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(values.shape)
    if batch * length >= _PER_CHANNEL and length > 1:
        mean, variance = np.empty(channels, dtype=x.dtype), np.empty(channels, dtype=x.dtype)
        for channel in range(channels):
            block, out = values[:, channel], result[:, channel]
            mean[channel] = np.add.reduce(np.add.reduce(block, axis=1)) / number
            np.subtract(block, mean[channel], out=out)
            variance[channel] = np.add.reduce(np.vecdot(out, out)) / number
            scale = 1 / np.sqrt(variance[channel] + x.dtype.type(eps))
            out *= scale if weight is None else scale * weight[channel]
            if bias is not None:
                out += bias[channel]
        return whole, mean, variance
    mean = total(values, (0, 2)) / number
    np.subtract(values, mean[:, None], out=result)
    variance = total(result * result, (0, 2)) / number
    scale = 1 / np.sqrt(variance + x.dtype.type(eps))
    if weight is not None:
        scale *= weight
    result *= scale[:, None]
    if bias is not None:
        result += bias[:, None]
    return whole, mean, variance


@table.kernel("_batch_norm_backward", dtypes=WIDE_FLOATING)
def batch_norm_backward(
    grad: Array, x: Array, mean: Array, var: Array, weight: Array | None, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    values, slopes = _channels(x), _channels(grad)
    batch, channels, length = values.shape
    number = x.dtype.type(batch * length)
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    factor = scale if weight is None else scale * weight
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(values.shape)
    # With n the normalised input: dx = factor * (g - mean(g) - n * mean(g * n)).
    if batch * length >= _PER_CHANNEL and length > 1:
        d_weight, d_bias = np.empty(channels, dtype=x.dtype), np.empty(channels, dtype=x.dtype)
        for channel in range(channels):
            slope, out = slopes[:, channel], result[:, channel]
            np.subtract(values[:, channel], mean[channel], out=out)
            d_bias[channel] = np.add.reduce(np.add.reduce(slope, axis=1))
            d_weight[channel] = np.add.reduce(np.vecdot(slope, out)) * scale[channel]
            out *= -scale[channel] * d_weight[channel] / number
            out -= d_bias[channel] / number
            out += slope
            out *= factor[channel]
    else:
        np.subtract(values, mean[:, None], out=result)
        d_bias = total(slopes, (0, 2))
        d_weight = total(slopes * result, (0, 2)) * scale
        result *= (-scale * d_weight / number)[:, None]
        result -= (d_bias / number)[:, None]
        result += slopes
        result *= factor[:, None]
    return (whole, d_weight, d_bias) if affine else (whole, _nothing(x), _nothing(x))


@table.kernel("_batch_norm_eval", dtypes=WIDE_FLOATING)
def batch_norm_eval(x: Array, mean: Array, var: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    if weight is not None:
        scale *= weight
    shift = -mean * scale
    if bias is not None:
        shift += bias
    shape = (-1,) + (1,) * (x.ndim - 2)
    result = x * scale.reshape(shape)
    result += shift.reshape(shape)
    return result


# --- group norm ------------------------------------------------------------------------------------------------------


@table.kernel("_group_norm", dtypes=WIDE_FLOATING)
def group_norm(
    x: Array, weight: Array | None, bias: Array | None, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    values = _channels(x)
    batch, channels, length = values.shape
    rows = values.reshape(batch, groups, channels // groups * length)
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(values.shape)
    mean, variance = np.empty((batch, groups), dtype=x.dtype), np.empty((batch, groups), dtype=x.dtype)
    for part in row_blocks(batch, channels * length):
        block = result[part]
        level, spread = _normalise_rows(rows[part], block.reshape(-1, *rows.shape[1:]), eps)
        mean[part], variance[part] = level[..., 0], spread[..., 0]
        if weight is not None:
            block *= weight[:, None]
        if bias is not None:
            block += bias[:, None]
    return whole, mean, variance


@table.kernel("_group_norm_backward", dtypes=WIDE_FLOATING)
def group_norm_backward(
    grad: Array, x: Array, mean: Array, var: Array, weight: Array | None, groups: int, eps: float, affine: bool
) -> tuple[Array, Array, Array]:
    values, slopes = _channels(x), _channels(grad)
    batch, channels, length = values.shape
    grouped = (groups, channels // groups * length)
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    whole = np.empty(x.shape, dtype=x.dtype)
    result = whole.reshape(values.shape)
    d_weight, d_bias = np.zeros(channels, dtype=np.float64), np.zeros(channels, dtype=np.float64)
    number = x.dtype.type(channels // groups * length)
    weights = np.ones(channels, dtype=x.dtype) if weight is None else weight
    for part in row_blocks(batch, channels * length):
        slope, out = slopes[part], result[part]
        spread = scale[part, :, None]
        normal = values[part].reshape(-1, *grouped) - mean[part, :, None]
        normal *= spread
        normal = normal.reshape(slope.shape)
        # Sums of each channel serve weight, bias and, weighted, the means over the group.
        along, level = np.vecdot(slope, normal), np.add.reduce(slope, axis=-1)
        if affine:
            d_weight += along.sum(axis=0)
            d_bias += level.sum(axis=0)
        shape = (len(slope), groups, channels // groups)
        along = (along * weights).reshape(shape).sum(axis=-1, keepdims=True) / number
        level = (level * weights).reshape(shape).sum(axis=-1, keepdims=True) / number
        # (g - mean(g) - normal * mean(g * normal)) * scale with g = slope * weight.
        normal = normal.reshape(-1, *grouped)
        normal *= along
        normal += level
        np.multiply(slope, weights[:, None], out=out)
        out -= normal.reshape(out.shape)
        inner = out.reshape(normal.shape)
        inner *= spread
    if not affine:
        return whole, _nothing(x), _nothing(x)
    return whole, d_weight.astype(x.dtype), d_bias.astype(x.dtype)
