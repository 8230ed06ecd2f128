"""Arithmetic on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

#: An operand: an array, or a Python number.
Operand = Any

table = KernelTable(device="cpu")
# NumPy's add and multiply of bools are or and and, as PyTorch's.
table.ufuncs(BOOL + INTEGRAL + WIDE, add=np.add, mul=np.multiply)
table.ufuncs(INTEGRAL + WIDE, sub=np.subtract, neg=np.negative, abs=np.absolute, square=np.square)
table.ufuncs(WIDE, div=np.true_divide, sqrt=np.sqrt)
table.ufuncs(WIDE_FLOATING, floor_divide=np.floor_divide, remainder=np.remainder, fmod=np.fmod)
table.ufuncs(COMPLEX, sgn=np.sign)


def _refuse_zero(dividend: Operand, divisor: Operand) -> None:
    """NumPy gives 0 for an integer divided by zero; PyTorch raises, if there is anything to divide."""
    if np.size(dividend) and not (divisor.all() if isinstance(divisor, np.ndarray) else divisor):
        raise RuntimeError("ZeroDivisionError: an integer was divided by zero. Convert to float for inf and nan.")


@table.kernel("floor_divide", dtypes=INTEGRAL, writes_out=True)
def floor_divide(x: Operand, y: Operand, out: np.ndarray | None = None) -> np.ndarray:
    _refuse_zero(x, y)
    return np.floor_divide(x, y, out)


@table.kernel("remainder", dtypes=INTEGRAL, writes_out=True)
def remainder(x: Operand, y: Operand, out: np.ndarray | None = None) -> np.ndarray:
    _refuse_zero(x, y)
    return np.remainder(x, y, out)


@table.kernel("fmod", dtypes=INTEGRAL, writes_out=True)
def fmod(x: Operand, y: Operand, out: np.ndarray | None = None) -> np.ndarray:
    _refuse_zero(x, y)
    return np.fmod(x, y, out)


#: Number exponents with a cheaper formula than the general power.
_POWERS = {
    2.0: np.square,
    1.0: np.positive,
    0.5: np.sqrt,
    3.0: lambda x: np.multiply(np.square(x), x),
    -1.0: lambda x: np.true_divide(1, x),
    -2.0: lambda x: np.true_divide(1, np.square(x)),
    -0.5: lambda x: np.true_divide(1, np.sqrt(x)),
}


@table.kernel("pow", dtypes=WIDE)
def power(x: Operand, exponent: Operand) -> np.ndarray:
    if exponent.__class__ is int or exponent.__class__ is float:
        short = _POWERS.get(exponent)
        if short is not None:
            return short(x)
    return np.power(x, exponent)


@table.kernel("pow", dtypes=INTEGRAL)
def power_integer(x: Operand, exponent: Operand) -> np.ndarray:
    if not isinstance(exponent, np.ndarray):
        return np.power(x, exponent)
    negative = exponent < 0
    if not negative.any():
        return np.power(x, exponent)
    # Only 1 and -1 have whole reciprocals; everything else, 0 as well, gives 0.
    base = np.asarray(x, dtype=exponent.dtype)
    unit = np.where(exponent & 1, base, 1)
    return np.where(negative, np.where(np.abs(base) == 1, unit, 0), np.power(base, np.where(negative, 0, exponent)))


@table.kernel("sign", dtypes=INTEGRAL + WIDE_FLOATING)
def sign(x: np.ndarray) -> np.ndarray:
    # np.sign keeps nan, PyTorch's sign of nan is 0.
    return np.subtract(np.greater(x, 0), np.less(x, 0), dtype=x.dtype)


table.add("sgn", sign, dtypes=INTEGRAL + WIDE_FLOATING)


@table.kernel("reciprocal", dtypes=WIDE, writes_out=True)
def reciprocal(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.true_divide(1, x, out)


@table.kernel("rsqrt", dtypes=WIDE, writes_out=True)
def rsqrt(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    if out is None:
        out = np.empty_like(x)
    return np.true_divide(1, np.sqrt(x, out), out)


def _scale(product: np.ndarray, value: Any) -> np.ndarray:
    """``product * value``, in place where there is a place (0-d results of ufuncs are scalars)."""
    if value == 1:
        return product
    if product.dtype.kind in "iu" and isinstance(value, float):
        value = int(value)
    return np.multiply(product, value, product if isinstance(product, np.ndarray) else None)


@table.kernel("addcmul", dtypes=INTEGRAL + WIDE, writes_out=True)
def addcmul(x: Operand, first: Operand, second: Operand, value: Any, out: np.ndarray | None = None) -> np.ndarray:
    return np.add(x, _scale(np.multiply(first, second), value), out)


@table.kernel("addcdiv", dtypes=WIDE, writes_out=True)
def addcdiv(x: Operand, first: Operand, second: Operand, value: Any, out: np.ndarray | None = None) -> np.ndarray:
    return np.add(x, _scale(np.true_divide(first, second), value), out)


@table.kernel("lerp", dtypes=WIDE)
def lerp(x: Operand, end: Operand, weight: Operand) -> np.ndarray:
    span = np.subtract(end, x)
    # Stepping back from the end for the upper half makes weight 1 exact.
    if not isinstance(weight, np.ndarray):
        if abs(weight) < 0.5:
            return np.add(x, _scale(span, weight))
        return np.subtract(end, _scale(span, 1 - weight))
    return np.where(np.abs(weight) < 0.5, x + weight * span, end - span * (1 - weight))
