"""Softmax and log-softmax along the last dimension by oneDNN, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import LARGE, Array, has_nan, row_major
from .primitives import (
    DIFF_DST,
    DIFF_SRC,
    DST,
    FORWARD_INFERENCE,
    FORWARD_TRAINING,
    SRC,
    Builder,
    Plan,
    is_usable,
    run,
)

__all__ = ["table"]

table = KernelTable(device="cpu", priority=6)

_ACCURATE, _LOG = 0x30000, 0x30001


def _forward(kind: int, x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    if dim != x.ndim - 1 or x.size < LARGE or (dtype is not None and dtype != x.dtype) or not is_usable():
        return NotImplemented
    x = row_major(x)
    result = np.empty(x.shape, np.float32)
    settings = (kind, x.size // x.shape[-1], x.shape[-1])
    done = run("softmax", _forward_plan, settings, x, result)
    # oneDNN leaves the other elements of a row with a NaN or an infinity as they are; NumPy's kernel does such rows.
    return result if done and not has_nan(result) else NotImplemented


def _backward(kind: int, grad: Array, out: Array, dim: int) -> Any:
    if dim != out.ndim - 1 or out.size < LARGE or not is_usable():
        return NotImplemented
    grad, out = row_major(grad), row_major(out)
    result = np.empty(out.shape, np.float32)
    settings = (kind, out.size // out.shape[-1], out.shape[-1])
    return result if run("softmax backward", _backward_plan, settings, grad, out, result) else NotImplemented


@table.kernel("softmax", dtypes=("float32",), yields=True)
def softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _forward(_ACCURATE, x, dim, dtype)


@table.kernel("log_softmax", dtypes=("float32",), yields=True)
def log_softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _forward(_LOG, x, dim, dtype)


@table.kernel("_softmax_backward_data", dtypes=("float32",), yields=True)
def softmax_backward(grad: Array, out: Array, dim: int) -> Any:
    return _backward(_ACCURATE, grad, out, dim)


@table.kernel("_log_softmax_backward_data", dtypes=("float32",), yields=True)
def log_softmax_backward(grad: Array, out: Array, dim: int) -> Any:
    return _backward(_LOG, grad, out, dim)


def _forward_plan(kind: int, rows: int, width: int) -> Plan | None:
    build = Builder()
    layout = build.plain((rows, width))
    build.add(SRC, layout)
    build.add(DST, layout, written=True)
    create = build.functions.dnnl_softmax_forward_primitive_desc_create
    return build.plan(build.describe(create, FORWARD_INFERENCE, kind, layout, layout, 1, build.attributes))


def _backward_plan(kind: int, rows: int, width: int) -> Plan | None:
    build = Builder()
    layout = build.plain((rows, width))
    build.add(DIFF_DST, layout)
    build.add(DST, layout)
    build.add(DIFF_SRC, layout, written=True)
    forward = build.functions.dnnl_softmax_forward_primitive_desc_create
    hint = build.describe(forward, FORWARD_TRAINING, kind, layout, layout, 1, build.attributes)
    create = build.functions.dnnl_softmax_backward_primitive_desc_create
    return build.plan(build.describe(create, kind, layout, layout, layout, 1, hint, build.attributes))
