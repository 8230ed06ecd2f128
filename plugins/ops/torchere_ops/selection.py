"""Elementwise choice: where, the larger or smaller of two, limits, and functions that look at the sign."""

from __future__ import annotations

import math
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import BOOL, FLOATING, REAL
from torchere.errors import DTypeError, UnsupportedDTypeError
from torchere.operators import DType, Number, composite, operator, primitive

from .operand_kinds import tensors_only

__all__ = [
    "choose",
    "clamp",
    "clamp_max",
    "clamp_min",
    "copysign",
    "fmax",
    "fmin",
    "heaviside",
    "maximum",
    "minimum",
    "nan_to_num",
    "signbit",
    "where",
]


#: What `check_dtypes` functions get for an operand: its dtype before promotion, or the class of a Python number.
OperandType = DType | type


def _check_condition(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> None:
    if condition.dtype not in (torchere.bool, torchere.uint8):
        raise DTypeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype}. "
            "Compare first, for example condition != 0."
        )


@primitive(
    name="where",
    namespace=(),
    method=True,
    promote="same",
    unpromoted=("condition",),
    self_parameter="input",
    check=_check_condition,
)
def choose(condition: Tensor, input: Tensor, other: Tensor) -> Tensor:
    """`input` where `condition` holds, else `other`; all three broadcast, either value may be a number.

    Only the chosen side gets a gradient. RuntimeError: `condition` is not bool.
    """
    ...


choose.gradient(
    input=lambda grad, condition: choose(condition, grad, 0),
    other=lambda grad, condition: choose(condition, 0, grad),
)


@composite
def where(
    condition: Tensor, input: Tensor | Number | None = None, other: Tensor | Number | None = None, *, out: Any = None
) -> Tensor | tuple[Tensor, ...]:
    """`input` where `condition` holds, else `other`; all three broadcast, either value may be a number.

    Only the chosen side gets a gradient. RuntimeError: `condition` is not bool.
    ``where(condition)`` alone gives the indices of its elements that are not 0, one tensor for each dimension.
    """
    if input is None and other is None:
        return torchere.nonzero(condition, as_tuple=True)
    return choose(condition, input, other) if out is None else choose(condition, input, other, out=out)


def _check_order(name: str) -> object:
    def check(input: OperandType, other: OperandType) -> None:
        if any(x is complex or getattr(x, "is_complex", False) for x in (input, other)):
            raise DTypeError(f"{name} not implemented for complex tensors. Compare moduli, or real parts, instead.")

    return check


@primitive(method=True, promote="same", dtypes=BOOL + REAL, check_dtypes=_check_order("maximum"))
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two, broadcast; nan if either is nan. At ties each gets half of the gradient."""
    ...


@primitive(method=True, promote="same", dtypes=BOOL + REAL, check_dtypes=_check_order("minimum"))
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two, broadcast; nan if either is nan. At ties each gets half of the gradient."""
    ...


def _won(grad: Tensor, loses: Tensor, ties: Tensor) -> Tensor:
    return choose(loses, 0, choose(ties, grad / 2, grad))


maximum.gradient(
    input=lambda grad, input, other: _won(grad, input < other, input == other),
    other=lambda grad, input, other: _won(grad, other < input, input == other),
)
minimum.gradient(
    input=lambda grad, input, other: _won(grad, input > other, input == other),
    other=lambda grad, input, other: _won(grad, other > input, input == other),
)


@operator(method=True, promote="same", dtypes=BOOL + REAL, check_dtypes=_check_order("fmax"))
def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two, broadcast; a nan loses against a number."""
    return choose((input >= other) | (other != other), input, other)


@operator(method=True, promote="same", dtypes=BOOL + REAL, check_dtypes=_check_order("fmin"))
def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two, broadcast; a nan loses against a number."""
    return choose((input <= other) | (other != other), input, other)


fmax.gradient(
    input=lambda grad, input, other: choose((input >= other) | (other != other), grad, 0),
    other=lambda grad, input, other: choose((input >= other) | (other != other), 0, grad),
)
fmin.gradient(
    input=lambda grad, input, other: choose((input <= other) | (other != other), grad, 0),
    other=lambda grad, input, other: choose((input <= other) | (other != other), 0, grad),
)


def _check_limits(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> None:
    if min is None and max is None:
        raise RuntimeError(
            "torch.clamp: At least one of 'min' or 'max' must not be None. "
            "Pass a limit, as in clamp(input, min=0), or call input.clone() for a copy."
        )
    if min is not None and max is not None and isinstance(min, Tensor) != isinstance(max, Tensor):
        raise TypeError(
            "clamp() received an invalid combination of arguments: min and max must both be numbers or both tensors. "
            "Make the number a tensor: torchere.tensor(value)."
        )
    if isinstance(min, Tensor) and isinstance(max, Tensor) and input.dtype is min.dtype is max.dtype is torchere.bool:
        raise UnsupportedDTypeError("\"clamp_cpu\" not implemented for 'Bool'. Use logical_and and logical_or.")


def _check_real(input: OperandType, min: OperandType | None = None, max: OperandType | None = None) -> None:
    if any(x is complex or getattr(x, "is_complex", False) for x in (input, min, max)):
        raise UnsupportedDTypeError("clamp is not supported for complex types. Clamp input.real or input.abs().")


@operator(
    method=True, promote="same", inplace="function", aliases=("clip",), check=_check_limits, check_dtypes=_check_real
)
def clamp(input: Tensor, min: Tensor | None = None, max: Tensor | None = None) -> Tensor:
    """`input` limited to ``min … max``, broadcast; each limit a number, a tensor or None.

    `max` wins where the limits cross; a nan in any operand gives nan. RuntimeError: both limits None.
    """
    if max is None:
        return maximum(input, min)
    return minimum(input if min is None else maximum(input, min), max)


def _inside(grad: Tensor, input: Tensor, min: Tensor | Number | None, max: Tensor | Number | None) -> Tensor:
    if max is None:
        return choose(input >= min, grad, 0)
    if min is None:
        return choose(input <= max, grad, 0)
    return choose((input >= min) & (input <= max), grad, 0)


def _below(grad: Tensor, input: Tensor, min: Tensor, max: Tensor | Number | None) -> Tensor:
    below = input < min
    return choose(below if max is None else below & (min < max), grad, 0)


def _above(grad: Tensor, input: Tensor, min: Tensor | Number | None, max: Tensor) -> Tensor:
    above = input > max
    return choose(above if min is None else above | (max < min), grad, 0)


clamp.gradient(input=_inside, min=_below, max=_above)


@operator(method=True, promote="same", inplace="function")
def clamp_min(input: Tensor, min: Tensor) -> Tensor:
    """`input`, nowhere below `min` (a number or a tensor)."""
    return clamp(input, min)


@operator(method=True, promote="same", inplace="function")
def clamp_max(input: Tensor, max: Tensor) -> Tensor:
    """`input`, nowhere above `max` (a number or a tensor)."""
    return clamp(input, None, max)


def _check_heaviside(input: OperandType, values: OperandType) -> None:
    if getattr(input, "is_complex", False):
        raise DTypeError("heaviside is not yet implemented for complex tensors. Use input.real.")
    if input is not values:
        raise DTypeError(
            f"heaviside is not yet implemented for tensors with different dtypes. "
            f"input is {input}, values is {values}: convert one with .to()."
        )


@operator(method=True, promote="same", inplace=True, check=tensors_only("heaviside"), check_dtypes=_check_heaviside)
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 below zero, 1 above, `values` at zero; broadcast. nan counts as below. Not differentiable."""
    step = (input > 0).to(input.dtype)
    return choose(input == 0, values, step)


@primitive(method=True, promote="float", inplace=True, dtypes=FLOATING)
def copysign(input: Tensor, other: Tensor) -> Tensor:
    """The size of `input` with the sign of `other`, broadcast; the sign of -0.0 counts."""
    ...


copysign.gradient(
    input=lambda grad, input, out: grad * choose(input == 0, 0, out / input),
    other=lambda grad: grad.new_zeros(grad.shape),
)


def _check_signbit(input: DType) -> None:
    if input.is_complex:
        raise UnsupportedDTypeError("signbit is not implemented for complex tensors. Use input.real.")


@primitive(method=True, result="bool", check_dtypes=_check_signbit)
def signbit(input: Tensor) -> Tensor:
    """True for negative numbers, -0.0 included."""
    ...


@operator(method=True, inplace="function")
def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """`input` with nan replaced by `nan` (0), and ±inf by `posinf` and `neginf` (the dtype's extremes).

    Integers are copied. The gradient is 0 where something was replaced.
    """
    if input.dtype.is_complex:
        return torchere.complex(
            nan_to_num(input.real, nan, posinf, neginf), nan_to_num(input.imag, nan, posinf, neginf)
        )
    if not input.dtype.is_floating_point:
        return input.clone()
    limits = torchere.finfo(input.dtype)
    finite = choose(input != input, 0 if nan is None else nan, input)
    finite = choose(input == math.inf, limits.max if posinf is None else posinf, finite)
    return choose(input == -math.inf, limits.min if neginf is None else neginf, finite)


nan_to_num.gradient(input=lambda grad, input: choose(input.isfinite(), grad, 0))
