"""NumPy's own elementwise functions on several threads.

NumPy computes with one thread, without the interpreter's lock. Ranges of the result are computed side by side, to the
same bits; the pages of a new result are also touched by several threads, which is half the cost of a large one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array
from .team import spread, thread_count

__all__ = ["CHEAP", "COSTLY", "table"]

table = KernelTable(device="cpu", priority=5)

#: Elements from which on two threads are worth their meeting: for sums and products …
CHEAP = 1 << 18
#: … and for exponentials and the like.
COSTLY = 1 << 16


def _ranges(start: int, stop: int, function: Callable[..., Any], out: Array, operands: list[tuple[Any, bool]]) -> None:
    part = slice(start, stop)
    function(*[item[part] if cut else item for item, cut in operands], out=out[part])


def _overlaps(out: Array, operand: Array) -> bool:
    """Whether a range of `out` may be an element that another range reads."""
    same = out.ctypes.data == operand.ctypes.data and out.strides == operand.strides and out.shape == operand.shape
    return not same and np.may_share_memory(out, operand)


def apply(function: Callable[..., Any], operands: tuple[Any, ...], out: Array | None, dtype: np.dtype[Any]) -> Any:
    """``function(*operands, out=out)`` range by range; NotImplemented where there is nothing to cut, or one thread."""
    if thread_count() < 2:
        return NotImplemented
    arrays = [item for item in operands if item.__class__ is np.ndarray]
    shape = arrays[0].shape
    if any(array.shape != shape for array in arrays):
        shape = np.broadcast_shapes(*[array.shape for array in arrays])
    if out is None:
        out = np.empty(shape, dtype)
    elif out.shape != shape or out.dtype != dtype or any(_overlaps(out, array) for array in arrays):
        return NotImplemented
    flat = out.flags.c_contiguous and all(
        array.flags.c_contiguous and (array.shape == shape or array.size == 1) for array in arrays
    )
    if flat:
        vectors = [
            (item, False)
            if item.__class__ is not np.ndarray
            else (item.reshape(-1), True)
            if item.shape == shape
            else (item.reshape(()), False)
            for item in operands
        ]
        spread(_ranges, out.size, function, out.reshape(-1), vectors)
        return out
    if not shape or shape[0] < 8:
        return NotImplemented
    rows = [
        (item, item.__class__ is np.ndarray and item.ndim == len(shape) and item.shape[0] == shape[0])
        for item in operands
    ]
    spread(_ranges, shape[0], function, out, rows)
    return out


def _unary(ufunc: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(x: Array, out: Array | None = None) -> Any:
        return apply(ufunc, (x,), out, x.dtype)

    return kernel


def _binary(ufunc: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(x: Any, y: Any, out: Array | None = None) -> Any:
        return apply(ufunc, (x, y), out, (x if x.__class__ is np.ndarray else y).dtype)

    return kernel


_CHEAP_ONES = {"neg": np.negative, "abs": np.absolute, "square": np.square, "sqrt": np.sqrt}
_CHEAP_ONES |= {"floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.rint}
_COSTLY_ONES = {
    **{"exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10},
    **{"log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh, "sinh": np.sinh},
    **{"cosh": np.cosh, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh},
    **{"acosh": np.arccosh, "atanh": np.arctanh},
}
_CHEAP_PAIRS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide}
_CHEAP_PAIRS |= {"maximum": np.maximum, "minimum": np.minimum, "fmax": np.fmax, "fmin": np.fmin}
_COSTLY_PAIRS = {"atan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp, "remainder": np.remainder}
_COSTLY_PAIRS |= {"floor_divide": np.floor_divide, "fmod": np.fmod}

for _make, _functions, _smallest in (
    (_unary, _CHEAP_ONES, CHEAP),
    (_unary, _COSTLY_ONES, COSTLY),
    (_binary, _CHEAP_PAIRS, CHEAP),
    (_binary, _COSTLY_PAIRS, COSTLY),
):
    for _name, _ufunc in _functions.items():
        table.add(_name, _make(_ufunc), dtypes=FLOATS, writes_out=True, yields=True, smallest=_smallest)


def _rectify(x: Array, out: Array) -> None:
    np.maximum(x, x.dtype.type(0), out=out)


@table.kernel("relu", dtypes=FLOATS, writes_out=True, yields=True, smallest=CHEAP)
def relu(x: Array, out: Array | None = None) -> Any:
    return apply(_rectify, (x,), out, x.dtype)
