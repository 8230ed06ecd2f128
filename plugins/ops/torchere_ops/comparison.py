"""Comparisons, tests of floating values, and equality of whole tensors."""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import BOOL, REAL
from torchere.errors import DTypeError
from torchere.operators import DType, operator, primitive

__all__ = [
    "allclose",
    "eq",
    "equal",
    "ge",
    "gt",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "lt",
    "ne",
]

ORDERED = BOOL + REAL


@primitive(method=True, promote="same", result="bool", inplace=True, dunder=("__eq__",))
def eq(input: Tensor, other: Tensor) -> Tensor:
    """``input == other``, broadcast. nan equals nothing."""
    ...


@primitive(method=True, promote="same", result="bool", inplace=True, aliases=("not_equal",), dunder=("__ne__",))
def ne(input: Tensor, other: Tensor) -> Tensor:
    """``input != other``, broadcast. nan differs from everything."""
    ...


@primitive(
    method=True, promote="same", result="bool", inplace=True, dtypes=ORDERED, aliases=("less",), dunder=("__lt__",)
)
def lt(input: Tensor, other: Tensor) -> Tensor:
    """``input < other``, broadcast; not for complex numbers."""
    ...


@primitive(
    method=True,
    promote="same",
    result="bool",
    inplace=True,
    dtypes=ORDERED,
    aliases=("less_equal",),
    dunder=("__le__",),
)
def le(input: Tensor, other: Tensor) -> Tensor:
    """``input <= other``, broadcast; not for complex numbers."""
    ...


@primitive(
    method=True, promote="same", result="bool", inplace=True, dtypes=ORDERED, aliases=("greater",), dunder=("__gt__",)
)
def gt(input: Tensor, other: Tensor) -> Tensor:
    """``input > other``, broadcast; not for complex numbers."""
    ...


@primitive(
    method=True,
    promote="same",
    result="bool",
    inplace=True,
    dtypes=ORDERED,
    aliases=("greater_equal",),
    dunder=("__ge__",),
)
def ge(input: Tensor, other: Tensor) -> Tensor:
    """``input >= other``, broadcast; not for complex numbers."""
    ...


@primitive(method=True, result="bool", out=False)
def isnan(input: Tensor) -> Tensor:
    """Whether an element is nan (for complex numbers: in either part)."""
    ...


@primitive(method=True, result="bool", out=False)
def isinf(input: Tensor) -> Tensor:
    """Whether an element is infinite (for complex numbers: in either part)."""
    ...


@primitive(method=True, result="bool", out=False)
def isfinite(input: Tensor) -> Tensor:
    """Whether an element is neither infinite nor nan (for complex numbers: in both parts)."""
    ...


def _check_infinity(name: str) -> object:
    def check(input: DType) -> None:
        if input.is_complex:
            raise DTypeError(f"{name} does not support complex inputs. Use isinf, or look at input.real.")

    return check


@operator(method=True, result="bool", check_dtypes=_check_infinity("isposinf"))
def isposinf(input: Tensor) -> Tensor:
    """Whether an element is +inf."""
    return input == math.inf


@operator(method=True, result="bool", check_dtypes=_check_infinity("isneginf"))
def isneginf(input: Tensor) -> Tensor:
    """Whether an element is -inf."""
    return input == -math.inf


@operator(method=True, result="bool", out=False)
def isreal(input: Tensor) -> Tensor:
    """Whether an element's imaginary part is 0; always true for real dtypes."""
    if input.dtype.is_complex:
        return input.imag == 0
    return torchere.ones(input.shape, dtype=torchere.bool, device=input.device)


def _check_one_dtype(input: DType, other: DType) -> None:
    if input is not other:
        raise DTypeError(f"{input} did not match {other}. isclose() does not promote: convert one with .to().")


def _check_tolerances(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> None:
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")


@operator(method=True, result="bool", promote="same", out=False, check_dtypes=_check_one_dtype, check=_check_tolerances)
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """``|input - other| <= atol + rtol * |other|``, broadcast; equal infinities are close, nan only with `equal_nan`.

    RuntimeError: different dtypes, or a negative tolerance.
    """
    close = input == other
    if equal_nan and (input.dtype.is_floating_point or input.dtype.is_complex):
        close = close | ((input != input) & (other != other))
    if rtol == 0 and atol == 0:
        return close
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        wide = torchere.get_default_dtype()
        input, other = input.to(wide), other.to(wide)
    allowed = atol + (rtol * other).abs()
    difference = (input - other).abs()
    return close | (difference.isfinite() & (difference <= allowed))


@operator(method=True, same_dtype=False)
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether every pair of elements is close, as `isclose` says: a Python bool."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@operator(method=True, same_dtype=False)
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and equal elements: a Python bool. nan equals nothing."""
    return input.shape == other.shape and bool((input == other).all())
