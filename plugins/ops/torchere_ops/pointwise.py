"""Exponentials, logarithms, trigonometric and hyperbolic functions, and rounding.

All follow PyTorch in computing integers and bools in the default float dtype, and complex numbers on their principal
branch; values outside a function's real domain give nan.
"""

from __future__ import annotations

import math

from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING, REAL
from torchere.errors import UnsupportedDTypeError
from torchere.operators import DType, Number, operator, primitive
from torchere_ops.arithmetic import pow
from torchere_ops.conjugate import conjugate
from torchere_ops.precision import is_half
from torchere_ops.selection import choose

from .operand_kinds import tensors_only

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "frac",
    "hypot",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "rad2deg",
    "round",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
    "trunc",
    "xlogy",
]


@primitive(method=True, promote="float", inplace="function")
def exp(input: Tensor) -> Tensor:
    """``e ** input``."""
    ...


exp.gradient(input=lambda grad, out: grad * conjugate(out))


@operator(method=True, namespace=("", "special"), promote="float", inplace="function")
def exp2(input: Tensor) -> Tensor:
    """``2 ** input``."""
    return pow(2, input)


exp2.gradient(input=lambda grad, out: grad * conjugate(out) * math.log(2))


@primitive(method=True, namespace=("", "special"), promote="float", inplace="function")
def expm1(input: Tensor) -> Tensor:
    """``e ** input - 1``, accurate near 0."""
    ...


expm1.gradient(input=lambda grad, out: grad * conjugate(out + 1))


@primitive(method=True, promote="float", inplace="function")
def log(input: Tensor) -> Tensor:
    """Natural logarithm; -inf at 0, nan for negative real numbers."""
    ...


log.gradient(input=lambda grad, input: grad / conjugate(input))


@primitive(method=True, promote="float", inplace="function")
def log2(input: Tensor) -> Tensor:
    """Logarithm to base 2."""
    ...


log2.gradient(input=lambda grad, input: grad / (conjugate(input) * math.log(2)))


@primitive(method=True, promote="float", inplace="function")
def log10(input: Tensor) -> Tensor:
    """Logarithm to base 10."""
    ...


log10.gradient(input=lambda grad, input: grad / (conjugate(input) * math.log(10)))


@primitive(method=True, namespace=("", "special"), promote="float", inplace="function")
def log1p(input: Tensor) -> Tensor:
    """``log(1 + input)``, accurate near 0."""
    ...


log1p.gradient(input=lambda grad, input: grad / conjugate(input + 1))


@operator(method=True, promote="float", inplace=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2 ** other``, broadcast."""
    return input * pow(2.0, other)


@operator(method=True, dtypes=FLOATING + COMPLEX, promote="same", check=tensors_only("logaddexp"))
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """``log(exp(input) + exp(other))`` without overflow, broadcast."""
    if input.dtype.is_complex:
        larger = input.real >= other.real
        high, low = choose(larger, input, other), choose(larger, other, input)
        return high + (low - high).exp().log1p()
    high, low = input.maximum(other), input.minimum(other)
    gap = choose(high == low, 0, low - high)  # inf - inf would be nan
    return high + gap.exp().log1p()


logaddexp.gradient(
    input=lambda grad, input, other: grad / conjugate((other - input).exp() + 1),
    other=lambda grad, input, other: grad / conjugate((input - other).exp() + 1),
)


@operator(method=True, dtypes=FLOATING, promote="same", check=tensors_only("logaddexp2"))
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """``log2(2 ** input + 2 ** other)`` without overflow, broadcast."""
    high, low = input.maximum(other), input.minimum(other)
    gap = choose(high == low, 0, low - high)
    return high + gap.exp2().log1p() / math.log(2)


logaddexp2.gradient(
    input=lambda grad, input, other: grad / ((other - input).exp2() + 1),
    other=lambda grad, input, other: grad / ((input - other).exp2() + 1),
)


@operator(method=True, namespace=("", "special"), promote="float", inplace="function", dtypes=FLOATING)
def xlogy(input: Tensor, other: Tensor) -> Tensor:
    """``input * log(other)``, broadcast; 0 where `input` is 0, whatever `other` is, but nan where `other` is nan."""
    product = input * _log(other)
    return choose((input == 0) & (other == other), 0, product)


def _log(value: Tensor | Number) -> Tensor | Number:
    if isinstance(value, (int, float)):
        return math.log(value) if value > 0 else (-math.inf if value == 0 else math.nan)
    return value.log()


xlogy.gradient(
    input=lambda grad, input, other: grad * choose((input == 0) & (other <= 0), 0, _log(other)),
    other=lambda grad, input, other: grad * input / other,
)


@primitive(method=True, promote="float", inplace="function")
def sin(input: Tensor) -> Tensor:
    """Sine of radians."""
    ...


sin.gradient(input=lambda grad, input: grad * conjugate(input.cos()))


@primitive(method=True, promote="float", inplace="function")
def cos(input: Tensor) -> Tensor:
    """Cosine of radians."""
    ...


cos.gradient(input=lambda grad, input: -grad * conjugate(input.sin()))


@primitive(method=True, promote="float", inplace="function")
def tan(input: Tensor) -> Tensor:
    """Tangent of radians."""
    ...


tan.gradient(input=lambda grad, out: grad * conjugate(out * out + 1))


@primitive(method=True, promote="float", inplace="function", aliases=("arcsin",))
def asin(input: Tensor) -> Tensor:
    """Inverse sine in radians, -π/2 … π/2; nan beyond ±1."""
    ...


asin.gradient(input=lambda grad, input: grad * conjugate((1 - input * input).rsqrt()))


@primitive(method=True, promote="float", inplace="function", aliases=("arccos",))
def acos(input: Tensor) -> Tensor:
    """Inverse cosine in radians, 0 … π; nan beyond ±1."""
    ...


acos.gradient(input=lambda grad, input: -grad * conjugate((1 - input * input).rsqrt()))


@primitive(method=True, promote="float", inplace="function", aliases=("arctan",))
def atan(input: Tensor) -> Tensor:
    """Inverse tangent in radians, -π/2 … π/2."""
    ...


atan.gradient(input=lambda grad, input: grad / conjugate(input * input + 1))


@primitive(
    method=True,
    promote="float",
    inplace=True,
    dtypes=FLOATING,
    aliases=("arctan2",),
    check=tensors_only("atan2"),
)
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """Angle of the point ``(other, input)`` in radians, -π … π, broadcast."""
    ...


def _over_square(part: Tensor | Number, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """``part / (input² + other²)``; 0 at the origin, where the angle has no direction to grow in."""
    square = input * input + other * other
    return choose(square == 0, 0, part / square)


atan2.gradient(
    input=lambda grad, input, other: grad * _over_square(other, input, other),
    other=lambda grad, input, other: grad * _over_square(-input, input, other),
)


@primitive(method=True, promote="float", inplace="function")
def sinh(input: Tensor) -> Tensor:
    """Hyperbolic sine."""
    ...


sinh.gradient(input=lambda grad, input: grad * conjugate(input.cosh()))


@primitive(method=True, promote="float", inplace="function")
def cosh(input: Tensor) -> Tensor:
    """Hyperbolic cosine."""
    ...


cosh.gradient(input=lambda grad, input: grad * conjugate(input.sinh()))


@primitive(method=True, promote="float", inplace="function")
def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    ...


tanh.gradient(input=lambda grad, out: grad * conjugate(1 - out * out))


@primitive(method=True, promote="float", inplace="function", aliases=("arcsinh",))
def asinh(input: Tensor) -> Tensor:
    """Inverse hyperbolic sine."""
    ...


asinh.gradient(input=lambda grad, input: grad * conjugate((input * input + 1).rsqrt()))


@primitive(method=True, promote="float", inplace="function", aliases=("arccosh",))
def acosh(input: Tensor) -> Tensor:
    """Inverse hyperbolic cosine; nan below 1."""
    ...


def _acosh_gradient(grad: Tensor, input: Tensor) -> Tensor:
    if input.dtype.is_complex:
        # One root of each factor, not of the product: their branch cuts differ in the left half-plane.
        return grad * ((input - 1).rsqrt() * (input + 1).rsqrt()).conj()
    return grad * (input * input - 1).rsqrt()


acosh.gradient(input=_acosh_gradient)


@primitive(method=True, promote="float", inplace="function", aliases=("arctanh",))
def atanh(input: Tensor) -> Tensor:
    """Inverse hyperbolic tangent; ±inf at ±1, nan beyond."""
    ...


atanh.gradient(input=lambda grad, input: grad / conjugate(1 - input * input))


@operator(method=True, promote="same", inplace=True, dtypes=FLOATING, check=tensors_only("hypot"))
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """``sqrt(input² + other²)`` without overflow, broadcast; inf if either is infinite. Gradient at 0, 0: nan."""
    first, second = input.abs(), other.abs()
    high, low = first.maximum(second), first.minimum(second)
    ratio = choose((high == 0) | (high == math.inf), 0, low / high)
    size = high * (ratio * ratio + 1).sqrt()
    return choose((first == math.inf) | (second == math.inf), math.inf, size)


hypot.gradient(
    input=lambda grad, input, out: grad * (input / out),
    other=lambda grad, other, out: grad * (other / out),
)


@operator(method=True, namespace=("", "special"), promote="float", inplace="function")
def sinc(input: Tensor) -> Tensor:
    """``sin(π input) / (π input)``, 1 at 0."""
    if is_half(input):
        return sinc(input.float()).to(input.dtype)
    angle = input * math.pi
    zero = angle == 0
    return choose(zero, 1, angle.sin() / choose(zero, 1, angle))


def _sinc_gradient(grad: Tensor, input: Tensor) -> Tensor:
    angle = input * math.pi
    near = angle.abs() < 0.1
    # The quotient loses all digits near 0, where five terms of the series are exact.
    square = angle * angle
    series = angle * (((square / 3991680 - 1 / 45360) * square + 1 / 840) * square - 1 / 30) * square - angle / 3
    divisor = choose(near, 1, angle)
    slope = choose(near, series, (angle.cos() - angle.sin() / divisor) / divisor)
    return grad * conjugate(slope * math.pi)


sinc.gradient(input=_sinc_gradient)


def _check_angle(name: str) -> object:
    def check(input: DType) -> None:
        if input.is_complex:
            raise UnsupportedDTypeError(f"{name} is not supported for complex tensors. Use input.real.")

    return check


@operator(method=True, promote="float", inplace="function", check_dtypes=_check_angle("deg2rad"))
def deg2rad(input: Tensor) -> Tensor:
    """Degrees to radians."""
    return input * (math.pi / 180)


deg2rad.gradient(input=lambda grad: grad * (math.pi / 180))


@operator(method=True, promote="float", inplace="function", check_dtypes=_check_angle("rad2deg"))
def rad2deg(input: Tensor) -> Tensor:
    """Radians to degrees."""
    return input * (180 / math.pi)


rad2deg.gradient(input=lambda grad: grad * (180 / math.pi))


def _nothing(grad: Tensor) -> Tensor:
    """The gradient of a step function."""
    return grad.new_zeros(grad.shape)


@primitive(method=True, inplace="function", dtypes=REAL)
def floor(input: Tensor) -> Tensor:
    """The largest whole number not above `input`; integers are copied. The gradient is 0."""
    ...


floor.gradient(input=_nothing)


@primitive(method=True, inplace="function", dtypes=REAL)
def ceil(input: Tensor) -> Tensor:
    """The smallest whole number not below `input`; integers are copied. The gradient is 0."""
    ...


ceil.gradient(input=_nothing)


def _check_decimals(input: Tensor, decimals: int = 0) -> None:
    if decimals and not input.dtype.is_floating_point:
        raise UnsupportedDTypeError(
            f'"round" with decimals={decimals} is not implemented for {input.dtype}. Convert first: input.float().'
        )


@primitive(method=True, namespace=("", "special"), inplace="function", dtypes=REAL, neutral={"decimals": 0})
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest whole number, halves to the even one; integers are copied. The gradient is 0.

    `decimals` places are kept after the point, or, negative, that many before it are made 0.
    """
    _check_decimals(input, decimals)
    if is_half(input):  # the scaled value may not fit
        return round(input.float(), decimals=decimals).to(input.dtype)
    scale = 10.0 ** abs(decimals)
    return (input * scale).round() / scale if decimals > 0 else (input / scale).round() * scale


round.gradient(input=_nothing)


@primitive(method=True, inplace="function", dtypes=REAL, aliases=("fix",))
def trunc(input: Tensor) -> Tensor:
    """`input` rounded towards 0; integers are copied. The gradient is 0."""
    ...


trunc.gradient(input=_nothing)


@operator(method=True, inplace="function", dtypes=FLOATING)
def frac(input: Tensor) -> Tensor:
    """``input - trunc(input)``: the signed part after the point."""
    return input - input.trunc()


frac.gradient(input=lambda grad: grad)
