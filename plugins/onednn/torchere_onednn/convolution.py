"""Convolution, its transpose and its weight gradient by oneDNN, in one to three spatial dimensions.

The transpose is oneDNN's backward-by-data, the gradient of the weight its backward-by-weights; both need the forward
primitive's descriptor as a hint. Filters of several groups have five or six dimensions there: (groups, out, in, *size).
"""

from __future__ import annotations

from ctypes import c_void_p
from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import Array, dense, row_major
from .primitives import (
    BIAS,
    DIFF_DST,
    DIFF_SRC,
    DIFF_WEIGHTS,
    DST,
    FORWARD_INFERENCE,
    FORWARD_TRAINING,
    SRC,
    WEIGHTS,
    Builder,
    Plan,
    is_usable,
    run,
    sizes,
)

__all__ = ["table"]

table = KernelTable(device="cpu", priority=6)

Sizes = tuple[int, ...]

_DIRECT = 1

#: Multiplications from which on reordering operands and several calls through ctypes pay.
_WORK = 1 << 18


def _places(image: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """Numbers of windows."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, s, p, d, k in zip(image, stride, padding, dilation, kernel, strict=True)
    )


def _filters(shape: Sizes, groups: int) -> Sizes:
    return shape if groups == 1 else (groups, shape[0] // groups, *shape[1:])


@table.kernel("convolution", dtypes=("float32",), yields=True)
def convolution(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> Any:
    rank = len(stride)
    if weight.size * x.size < _WORK * x.shape[1] or not (x.size and 1 <= rank <= 3 and is_usable()):
        return NotImplemented
    kernel = weight.shape[2:]
    x, x_strides = dense(x)
    weight = row_major(weight)
    if transposed:
        if any(o >= s for o, s in zip(output_padding, stride, strict=True)):
            return NotImplemented  # no forward convolution has this size of input
        output = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + 1 + o
            for n, s, p, d, k, o in zip(x.shape[2:], stride, padding, dilation, kernel, output_padding, strict=True)
        )
        filters = weight.shape[1] * groups
        y = np.empty((x.shape[0], filters, *output), np.float32)
        settings = (y.shape, x.shape, weight.shape, stride, padding, dilation, groups, x_strides)
        if not run("convolution by data", _by_data, settings, y, weight, x):
            return NotImplemented
        if bias is not None:
            y += bias.reshape(-1, *(1,) * rank)
        return y
    output = _places(x.shape[2:], kernel, stride, padding, dilation)
    y = np.empty((x.shape[0], weight.shape[0], *output), np.float32)
    settings = (x.shape, y.shape, weight.shape, stride, padding, dilation, groups, x_strides, bias is not None)
    biases = () if bias is None else (row_major(bias),)
    return y if run("convolution", _forward, settings, x, weight, y, *biases) else NotImplemented


@table.kernel("convolution_weight_gradient", dtypes=("float32",), yields=True)
def weight_gradient(
    grad: Array, x: Array, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Any:
    if grad.size * x.shape[1] * prod(kernel_size) < _WORK * groups or not (x.size and len(stride) <= 3 and is_usable()):
        return NotImplemented
    places = _places(x.shape[2:], kernel_size, stride, padding, dilation)
    if places != grad.shape[2:]:
        return NotImplemented  # of a transposed convolution with pixels beyond the last window
    x, x_strides = dense(x)
    grad, grad_strides = dense(grad)
    shape = (grad.shape[1], x.shape[1] // groups, *kernel_size)
    result = np.empty(shape, np.float32)
    settings = (x.shape, grad.shape, shape, stride, padding, dilation, groups, x_strides, grad_strides)
    return result if run("convolution by weights", _by_weights, settings, x, grad, result) else NotImplemented


def _geometry(stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Any, ...]:
    """Strides, dilations and borders as oneDNN counts them."""
    return sizes(stride), sizes([d - 1 for d in dilation]), sizes(padding), sizes(padding)


def _hint(build: Builder, x: Sizes, y: Sizes, weight: Sizes, groups: int, geometry: tuple[Any, ...]) -> c_void_p:
    return build.describe(
        build.functions.dnnl_convolution_forward_primitive_desc_create,
        *(FORWARD_TRAINING, _DIRECT),
        *(build.any(x), build.any(_filters(weight, groups)), None, build.any(y)),
        *geometry,
        build.attributes,
    )


def _forward(
    x: Sizes,
    y: Sizes,
    weight: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    x_strides: Sizes | None,
    biased: bool,
) -> Plan | None:
    build = Builder()
    filters = _filters(weight, groups)
    build.add(SRC, build.plain(x, x_strides))
    build.add(WEIGHTS, build.plain(filters))
    build.add(DST, build.plain(y), written=True)
    if biased:
        build.add(BIAS, build.plain((y[1],)))
    described = build.describe(
        build.functions.dnnl_convolution_forward_primitive_desc_create,
        *(FORWARD_INFERENCE, _DIRECT),
        *(build.any(x), build.any(filters), build.any((y[1],)) if biased else None, build.any(y)),
        *_geometry(stride, padding, dilation),
        build.attributes,
    )
    return build.plan(described)


def _by_data(
    x: Sizes,
    y: Sizes,
    weight: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    y_strides: Sizes | None,
) -> Plan | None:
    build = Builder()
    filters = _filters(weight, groups)
    build.add(DIFF_SRC, build.plain(x), written=True)
    build.add(WEIGHTS, build.plain(filters))
    build.add(DIFF_DST, build.plain(y, y_strides))
    geometry = _geometry(stride, padding, dilation)
    described = build.describe(
        build.functions.dnnl_convolution_backward_data_primitive_desc_create,
        _DIRECT,
        *(build.any(x), build.any(filters), build.any(y)),
        *geometry,
        _hint(build, x, y, weight, groups, geometry),
        build.attributes,
    )
    return build.plan(described)


def _by_weights(
    x: Sizes,
    y: Sizes,
    weight: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    x_strides: Sizes | None,
    y_strides: Sizes | None,
) -> Plan | None:
    build = Builder()
    filters = _filters(weight, groups)
    build.add(SRC, build.plain(x, x_strides))
    build.add(DIFF_DST, build.plain(y, y_strides))
    build.add(DIFF_WEIGHTS, build.plain(filters), written=True)
    geometry = _geometry(stride, padding, dilation)
    described = build.describe(
        build.functions.dnnl_convolution_backward_weights_primitive_desc_create,
        _DIRECT,
        *(build.any(x), build.any(filters), None, build.any(y)),
        *geometry,
        _hint(build, x, y, weight, groups, geometry),
        build.attributes,
    )
    return build.plan(described)
