"""Activations, their gradients and elementwise choices by compiled loops on several threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array, row_major
from .late import Loops, is_usable
from .team import spread

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("activation")

#: Elements from which on a call is worth a loop …
LARGE = 1 << 14
#: … and from which on two threads are worth their meeting.
SPREAD = 1 << 16


def _run(name: str, result: Array, *args: Any) -> Array:
    """Fill `result` with the loop's results for `args`, arrays of its shape and numbers."""
    function = getattr(loops, name)
    flat = [row_major(arg).reshape(-1) if arg.__class__ is np.ndarray else arg for arg in args]
    if result.size >= SPREAD:
        spread(function, result.size, *flat, result.reshape(-1))
    else:
        function(0, result.size, *flat, result.reshape(-1))
    return result


def _fresh(name: str, *args: Any) -> Any:
    x = args[0]
    if not is_usable():
        return NotImplemented
    return _run(name, np.empty(x.shape, x.dtype), *args)


@table.kernel("threshold_backward", dtypes=FLOATS, yields=True, smallest=LARGE)
def threshold_backward(grad: Array, x: Array, threshold: float) -> Any:
    if grad.shape != x.shape or not np.isfinite(threshold):
        return NotImplemented
    return _fresh("threshold_backward", grad, x, x.dtype.type(threshold))


@table.kernel("where", dtypes=FLOATS, yields=True, smallest=LARGE)
def where(condition: Array, x: Any, y: Any) -> Any:
    if condition.dtype != np.bool_ or not is_usable():
        return NotImplemented
    dtype = x.dtype if x.__class__ is np.ndarray else y.dtype
    sides = []
    for side in (x, y):
        if side.__class__ is not np.ndarray or side.size == 1:
            sides.append(np.asarray(side, dtype).reshape(1))
        elif side.shape == condition.shape:
            sides.append(row_major(side).reshape(-1))
        else:
            return NotImplemented
    ndim = max(getattr(side, "ndim", 0) for side in (x, y))
    if ndim > condition.ndim:
        return NotImplemented
    result = np.empty(condition.shape, dtype)
    flat = (row_major(condition).reshape(-1), *sides, result.reshape(-1))
    if result.size >= SPREAD:
        spread(loops.choose, result.size, *flat)
    else:
        loops.choose(0, result.size, *flat)
    return result


@table.kernel("sigmoid", dtypes=FLOATS, yields=True, smallest=LARGE)
def sigmoid(x: Array) -> Any:
    return _fresh("sigmoid", x)


@table.kernel("silu", dtypes=FLOATS, yields=True, smallest=LARGE)
def silu(x: Array) -> Any:
    return _fresh("silu", x)


@table.kernel("silu_backward", dtypes=FLOATS, yields=True, smallest=LARGE)
def silu_backward(grad: Array, x: Array) -> Any:
    return _fresh("silu_backward", grad, x) if grad.shape == x.shape else NotImplemented


@table.kernel("gelu", dtypes=("float32",), yields=True, smallest=LARGE)
def gelu(x: Array, approximate: str) -> Any:
    return _fresh("gelu_tanh" if approximate == "tanh" else "gelu", x)


@table.kernel("gelu_backward", dtypes=("float32",), yields=True, smallest=LARGE)
def gelu_backward(grad: Array, x: Array, approximate: str) -> Any:
    if grad.shape != x.shape:
        return NotImplemented
    return _fresh("gelu_tanh_backward" if approximate == "tanh" else "gelu_backward", grad, x)
