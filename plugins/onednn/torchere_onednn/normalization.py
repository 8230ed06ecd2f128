"""Layer normalisation by oneDNN, forward and backward.

Batch normalisation is not here: on arrays with channels before positions oneDNN's is slower than NumPy's.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import LARGE, Array, row_major
from .primitives import (
    BACKWARD,
    DIFF_DST,
    DIFF_SCALE,
    DIFF_SHIFT,
    DIFF_SRC,
    DST,
    FORWARD_TRAINING,
    MEAN,
    SCALE,
    SHIFT,
    SRC,
    VARIANCE,
    Builder,
    Plan,
    is_usable,
    run,
)

__all__ = ["table"]

table = KernelTable(device="cpu", priority=6)

_USE_SCALE, _USE_SHIFT = 2, 4


def _nothing() -> Array:
    return np.zeros(0, np.float32)


def _flags(weight: Array | None, bias: Array | None) -> int:
    return (_USE_SCALE if weight is not None else 0) | (_USE_SHIFT if bias is not None else 0)


@table.kernel("_layer_norm", dtypes=("float32",), yields=True)
def layer_norm(x: Array, weight: Array | None, bias: Array | None, axes: int, eps: float) -> Any:
    if x.size < LARGE or not is_usable():
        return NotImplemented
    split = x.ndim - axes
    rows, width = prod(x.shape[:split]), prod(x.shape[split:])
    kept = x.shape[:split] + (1,) * axes
    result = np.empty(x.shape, np.float32)
    mean, spread = np.empty(kept, np.float32), np.empty(kept, np.float32)
    affine = [row_major(item) for item in (weight, bias) if item is not None]
    settings = (rows, width, eps, _flags(weight, bias))
    if not run("layer norm", _layer_plan, settings, row_major(x), result, mean, spread, *affine):
        return NotImplemented
    spread += np.float32(eps)
    np.sqrt(spread, spread)
    np.reciprocal(spread, spread)
    return result, mean, spread


@table.kernel("_layer_norm_backward", dtypes=("float32",), yields=True)
def layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None, axes: int, eps: float, affine: bool
) -> Any:
    if x.size < LARGE or not is_usable():
        return NotImplemented
    width = prod(x.shape[x.ndim - axes :])
    variance = 1 / (rstd * rstd) - np.float32(eps)
    scale = np.ones(width, np.float32) if weight is None else row_major(weight)
    result, d_weight, d_bias = np.empty(x.shape, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    given = (row_major(x), row_major(grad), row_major(mean), variance, scale, scale)
    settings = (x.size // width, width, eps)
    if not run("layer norm backward", _layer_backward_plan, settings, *given, result, d_weight, d_bias):
        return NotImplemented
    return (result, d_weight, d_bias) if affine else (result, _nothing(), _nothing())


def _layer_plan(rows: int, width: int, eps: float, flags: int) -> Plan | None:
    build = Builder()
    layout, of_row, of_column = build.plain((rows, width)), build.plain((rows,)), build.plain((width,))
    build.add(SRC, layout)
    build.add(DST, layout, written=True)
    build.add(MEAN, of_row, written=True)
    build.add(VARIANCE, of_row, written=True)
    if flags & _USE_SCALE:
        build.add(SCALE, of_column)
    if flags & _USE_SHIFT:
        build.add(SHIFT, of_column)
    create = build.functions.dnnl_layer_normalization_forward_primitive_desc_create
    return build.plan(build.describe(create, FORWARD_TRAINING, layout, layout, of_row, eps, flags, build.attributes))


def _layer_backward_plan(rows: int, width: int, eps: float) -> Plan | None:
    build = Builder()
    layout, of_row, of_column = build.plain((rows, width)), build.plain((rows,)), build.plain((width,))
    build.add(SRC, layout)
    build.add(DIFF_DST, layout)
    build.add(MEAN, of_row)
    build.add(VARIANCE, of_row)
    build.add(SCALE, of_column)
    build.add(SHIFT, of_column)
    build.add(DIFF_SRC, layout, written=True)
    build.add(DIFF_SCALE, of_column, written=True)
    build.add(DIFF_SHIFT, of_column, written=True)
    flags = _USE_SCALE | _USE_SHIFT
    forward = build.functions.dnnl_layer_normalization_forward_primitive_desc_create
    hint = build.describe(forward, FORWARD_TRAINING, layout, layout, of_row, eps, flags, build.attributes)
    create = build.functions.dnnl_layer_normalization_backward_primitive_desc_create
    settings = (BACKWARD, layout, layout, layout, of_row, eps, flags, hint, build.attributes)
    described = build.describe(create, *settings)
    # Versions differ in counting the shift, which is not read, among the inputs.
    return build.plan(described, unread=() if build.inputs(described) == 6 else (SHIFT,))
