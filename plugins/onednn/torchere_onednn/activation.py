"""GELU and SiLU by oneDNN, forward and backward: functions that NumPy needs several passes for."""

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

_GELU_TANH, _SWISH, _GELU_ERF = 0x2A + 1, 0x2C, 0x31


def _forward(kind: int, x: Array) -> Any:
    if x.size < LARGE or not is_usable():
        return NotImplemented
    result = np.empty(x.shape, np.float32)
    done = run("eltwise", _forward_plan, (kind, x.size), row_major(x), result)
    # Infinities come out of oneDNN's polynomials as NaN; NumPy's kernel knows their values.
    return result if done and not has_nan(result) else NotImplemented


def _backward(kind: int, grad: Array, x: Array) -> Any:
    if x.size < LARGE or grad.shape != x.shape or not is_usable():
        return NotImplemented
    result = np.empty(x.shape, np.float32)
    done = run("eltwise backward", _backward_plan, (kind, x.size), row_major(grad), row_major(x), result)
    return result if done and not has_nan(result) else NotImplemented


@table.kernel("gelu", dtypes=("float32",), yields=True)
def gelu(x: Array, approximate: str) -> Any:
    return _forward(_GELU_TANH if approximate == "tanh" else _GELU_ERF, x)


@table.kernel("gelu_backward", dtypes=("float32",), yields=True)
def gelu_backward(grad: Array, x: Array, approximate: str) -> Any:
    return _backward(_GELU_TANH if approximate == "tanh" else _GELU_ERF, grad, x)


@table.kernel("silu", dtypes=("float32",), yields=True)
def silu(x: Array) -> Any:
    return _forward(_SWISH, x)


@table.kernel("silu_backward", dtypes=("float32",), yields=True)
def silu_backward(grad: Array, x: Array) -> Any:
    return _backward(_SWISH, grad, x)


def _forward_plan(kind: int, size: int) -> Plan | None:
    build = Builder()
    layout = build.plain((size,))
    build.add(SRC, layout)
    build.add(DST, layout, written=True)
    create = build.functions.dnnl_eltwise_forward_primitive_desc_create
    return build.plan(build.describe(create, FORWARD_INFERENCE, kind, layout, layout, 1.0, 0.0, build.attributes))


def _backward_plan(kind: int, size: int) -> Plan | None:
    build = Builder()
    layout = build.plain((size,))
    build.add(DIFF_DST, layout)
    build.add(SRC, layout)
    build.add(DIFF_SRC, layout, written=True)
    forward = build.functions.dnnl_eltwise_forward_primitive_desc_create
    hint = build.describe(forward, FORWARD_TRAINING, kind, layout, layout, 1.0, 0.0, build.attributes)
    create = build.functions.dnnl_eltwise_backward_primitive_desc_create
    return build.plan(build.describe(create, kind, layout, layout, layout, 1.0, 0.0, hint, build.attributes))
