"""Elementwise operators on arrays of any namespace.

Most are the standard's function of (nearly) the same name; here is also what the standard leaves open: bool operands,
division of integers by zero, shifts by more than the width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE, WIDE_FLOATING

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any
#: An array, or a Python number.
Operand = Any

EVERY = BOOL + INTEGRAL + WIDE
ORDERED = BOOL + INTEGRAL + WIDE_FLOATING

table = RawTable()


def _unary(name: str) -> Callable[[Library, Array], Array]:
    def run(library: Library, x: Array) -> Array:
        return library.function(name)(x)

    run.__name__ = run.__qualname__ = name
    return run


def _binary(name: str) -> Callable[[Library, Operand, Operand], Array]:
    def run(library: Library, x: Operand, y: Operand) -> Array:
        return library.function(name)(*library.operands(x, y))

    run.__name__ = run.__qualname__ = name
    return run


#: operator → the standard's name, for one operand; those under their own name below.
for _name in ("sqrt", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh"):
    table.add(_name, _unary(_name), WIDE)
for _name in ("acosh", "atanh", "exp", "expm1", "log", "log2"):
    table.add(_name, _unary(_name), WIDE)
table.add("neg", _unary("negative"), INTEGRAL + WIDE)
table.add("abs", _unary("abs"), INTEGRAL + WIDE, "real")
table.add("bitwise_not", _unary("bitwise_invert"), INTEGRAL)
table.add("bitwise_not", _unary("logical_not"), BOOL)
table.add("conj_physical", _unary("conj"), COMPLEX)
table.add("signbit", _unary("signbit"), WIDE_FLOATING, "bool")
for _name in ("isnan", "isinf", "isfinite"):
    table.add(_name, _unary(_name), WIDE, "bool")
for _name in ("floor", "ceil", "trunc", "round"):
    table.add(_name, _unary(_name), WIDE_FLOATING)

for _op, _name in {"add": "add", "sub": "subtract", "mul": "multiply"}.items():
    table.add(_op, _binary(_name), INTEGRAL + WIDE)
table.add("add", _binary("logical_or"), BOOL)
table.add("mul", _binary("logical_and"), BOOL)
table.add("div", _binary("divide"), WIDE)
for _name in ("floor_divide", "remainder", "atan2", "copysign"):
    table.add(_name, _binary(_name), WIDE_FLOATING)
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    table.add(_name, _binary(_name), BOOL + INTEGRAL)
for _op, _name in {"eq": "equal", "ne": "not_equal"}.items():
    table.add(_op, _binary(_name), EVERY, "bool")
for _op, _name in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
    table.add(_op, _binary(_name), INTEGRAL + WIDE_FLOATING, "bool")
for _name in ("maximum", "minimum"):
    table.add(_name, _binary(_name), INTEGRAL + WIDE_FLOATING)
table.add("maximum", _binary("logical_or"), BOOL)
table.add("minimum", _binary("logical_and"), BOOL)


# --- integers and bools ------------------------------------------------------------------------------------------


def _same(library: Library, x: Array) -> Array:
    return library.copy(x)


for _name in ("floor", "ceil", "trunc", "round"):
    table.add(_name, _same, INTEGRAL)
table.add("conj_physical", _same, BOOL + INTEGRAL + WIDE_FLOATING)


def _never(library: Library, x: Array) -> Array:
    return library.full(tuple(x.shape), False, library.bool)


def _always(library: Library, x: Array) -> Array:
    return library.full(tuple(x.shape), True, library.bool)


table.add("isnan", _never, BOOL + INTEGRAL, "bool")
table.add("isinf", _never, BOOL + INTEGRAL, "bool")
table.add("isfinite", _always, BOOL + INTEGRAL, "bool")
table.add("signbit", _never, BOOL, "bool")


@table.kernel("signbit", INTEGRAL, "bool")
def signbit_of_integers(library: Library, x: Array) -> Array:
    return library.xp.less(x, library.scalar(0, x))


def _order_of_bools(name: str) -> Callable[[Library, Operand, Operand], Array]:
    def run(library: Library, x: Operand, y: Operand) -> Array:
        small = library.dtype(np.dtype(np.uint8))
        x, y = library.operands(x, y)
        return getattr(library.xp, name)(library.astype(x, small), library.astype(y, small))

    run.__name__ = run.__qualname__ = name
    return run


for _op, _name in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
    table.add(_op, _order_of_bools(_name), BOOL, "bool")


def _refuse_zero(library: Library, divisor: Operand) -> None:
    """The standard leaves an integer divided by zero open; PyTorch raises."""
    zero = not divisor if isinstance(divisor, (bool, int)) else not bool(library.xp.all(divisor))
    if zero:
        raise RuntimeError("ZeroDivisionError: an integer was divided by zero. Convert to float for inf and nan.")


def _dividing(name: str) -> Callable[[Library, Operand, Operand], Array]:
    divide = _binary(name)

    def run(library: Library, x: Operand, y: Operand) -> Array:
        _refuse_zero(library, y)
        return divide(library, x, y)

    run.__name__ = run.__qualname__ = name
    return run


table.add("floor_divide", _dividing("floor_divide"), INTEGRAL)
table.add("remainder", _dividing("remainder"), INTEGRAL)


@table.kernel("pow", WIDE)
def power(library: Library, x: Operand, exponent: Operand) -> Array:
    x, exponent = library.operands(x, exponent)
    return library.xp.pow(x, exponent)


@table.kernel("pow", INTEGRAL)
def power_of_integers(library: Library, x: Operand, exponent: Operand) -> Array:
    xp = library.xp
    x, exponent = library.operands(x, exponent)
    if library.kind(exponent) == "u" or not bool(xp.any(xp.less(exponent, library.scalar(0, exponent)))):
        return xp.pow(x, exponent)
    # Only 1 and -1 have whole reciprocals; everything else, 0 as well, gives 0.
    zero, one = library.scalar(0, exponent), library.scalar(1, exponent)
    negative = xp.less(exponent, zero)
    odd = xp.equal(xp.bitwise_and(exponent, one), one)
    unit = xp.where(odd, x, one)
    whole = xp.equal(xp.abs(x), one)
    reciprocal = xp.where(whole, unit, zero)
    return xp.where(negative, reciprocal, xp.pow(x, xp.where(negative, zero, exponent)))


def _shifted(name: str, beyond: Callable[[Library, Array], Array]) -> Callable[[Library, Operand, Operand], Array]:
    def run(library: Library, x: Operand, y: Operand) -> Array:
        xp = library.xp
        x, y = library.operands(x, y)
        zero = library.scalar(0, y)
        width = 8 * library.host_dtype_of(x).itemsize
        fits = xp.less(y, library.scalar(width, y))
        if library.kind(y) == "i":
            fits = xp.logical_and(fits, xp.greater_equal(y, zero))
        return xp.where(fits, getattr(xp, name)(x, xp.where(fits, y, zero)), beyond(library, x))

    run.__name__ = run.__qualname__ = name
    return run


def _sign_bits(library: Library, x: Array) -> Array:
    """All bits equal to the sign: -1 for negative numbers, else 0."""
    zero = library.scalar(0, x)
    if library.kind(x) == "u":
        return zero
    return library.xp.where(library.xp.less(x, zero), library.scalar(-1, x), zero)


# Shifts by more than the width, or by negative counts, are left open by the standard: 0, or the sign, as in PyTorch.
table.add("bitwise_left_shift", _shifted("bitwise_left_shift", lambda library, x: library.scalar(0, x)), INTEGRAL)
table.add("bitwise_right_shift", _shifted("bitwise_right_shift", _sign_bits), INTEGRAL)


# --- choice and complex numbers ----------------------------------------------------------------------------------


@table.kernel("where", (*EVERY, "float16", "bfloat16"))
def where(library: Library, condition: Array, x: Operand, y: Operand) -> Array:
    condition = library.astype(condition, library.bool)
    return library.xp.where(condition, *library.operands(x, y))


@table.kernel("complex", WIDE_FLOATING, "complex")
def complex_from_parts(library: Library, real: Operand, imag: Operand) -> Array:
    # Not real + 1j * imag: infinities and the sign of zero must stay as they are.
    real, imag = library.operands(real, imag)
    first, second = np.broadcast_arrays(library.to_numpy(real), library.to_numpy(imag))
    pairs = np.stack([first, second], axis=-1)
    return library.asarray(pairs.view(np.result_type(pairs.dtype, np.complex64))[..., 0])
