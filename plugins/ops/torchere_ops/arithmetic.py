"""Arithmetic: sums, products, quotients, remainders, powers and their fused forms."""

from __future__ import annotations

import builtins
import cmath
import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import NUMERIC, REAL
from torchere.errors import DTypeError, UnsupportedDTypeError
from torchere.operators import DType, Number, composite, operator, primitive
from torchere.promotion import scalar_type_name
from torchere_ops.conjugate import conjugate
from torchere_ops.selection import choose

__all__ = [
    "abs",
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "float_power",
    "floor_divide",
    "fmod",
    "lerp",
    "mul",
    "neg",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "rsqrt",
    "rsub",
    "sgn",
    "sign",
    "sqrt",
    "square",
    "sub",
]

MASK_HINT = "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."


#: What `check_dtypes` functions get for an operand: its dtype before promotion, or the class of a Python number.
OperandType = DType | type


def _is_inexact(operand: OperandType) -> bool:
    """Whether an operand is of floating or complex kind."""
    if isinstance(operand, DType):
        return operand.is_floating_point or operand.is_complex
    return operand in (float, complex)


def _check_alpha(input: Tensor | Number, other: Tensor | Number, alpha: Number) -> None:
    """Raise RuntimeError unless `alpha` may multiply an operand of the result's category."""
    dtype = torchere.result_type(input, other)
    if isinstance(alpha, bool) and dtype is not torchere.bool:
        raise DTypeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and not (dtype.is_floating_point or dtype.is_complex):
        raise DTypeError(
            f"For integral input tensors, argument alpha must not be a floating point number. "
            f"The result is {dtype}, alpha is {alpha}: convert the tensors with .float(), or pass an integer."
        )
    if isinstance(alpha, complex) and not dtype.is_complex:
        raise DTypeError(
            f"For non-complex input tensors, argument alpha must not be a complex number. The result is {dtype}."
        )


@primitive(method=True, promote="same", inplace=True, dunder=("__add__", "__radd__"), neutral={"alpha": 1})
def add(input: Tensor, other: Tensor, *, alpha: Number = 1) -> Tensor:
    """``input + alpha * other``, broadcast; two bool tensors give their ``or``.

    RuntimeError: a floating `alpha` for integers, a bool `alpha` for anything but bools.
    """
    _check_alpha(input, other, alpha)
    if torchere.result_type(input, other) is torchere.bool:
        alpha = bool(alpha)
    return add(input, mul(other, alpha))


add.gradient(input=lambda grad: grad, other=lambda grad: grad)


def _check_subtraction(input: OperandType, other: OperandType) -> None:
    """Raise RuntimeError where an operand is bool: PyTorch leaves the meaning of ``mask - mask`` to xor and not."""
    first, second = (x is bool or x is torchere.bool for x in (input, other))
    if first and second:
        raise DTypeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if first or second:
        raise DTypeError(f"Subtraction, the `-` operator, with a bool tensor is not supported. {MASK_HINT}")


@primitive(
    method=True,
    promote="same",
    inplace=True,
    aliases=("subtract",),
    dunder=("__sub__", "__rsub__"),
    neutral={"alpha": 1},
    check_dtypes=_check_subtraction,
)
def sub(input: Tensor, other: Tensor, *, alpha: Number = 1) -> Tensor:
    """``input - alpha * other``, broadcast.

    RuntimeError: a bool operand (use ``^`` or ``~``), and `alpha` as in `add`.
    """
    _check_alpha(input, other, alpha)
    return sub(input, mul(other, alpha))


sub.gradient(input=lambda grad: grad, other=lambda grad: -grad)


@operator(method=True, promote="same", out=False, check_dtypes=_check_subtraction)
def rsub(input: Tensor, other: Tensor, *, alpha: Number = 1) -> Tensor:
    """``other - alpha * input``, broadcast: `sub` with the operands exchanged."""
    if alpha is not True and alpha == 1:
        return sub(other, input)
    _check_alpha(input, other, alpha)
    return sub(other, mul(input, alpha))


@primitive(method=True, promote="same", inplace=True, aliases=("multiply",), dunder=("__mul__", "__rmul__"))
def mul(input: Tensor, other: Tensor) -> Tensor:
    """``input * other``, broadcast; two bool tensors give their ``and``."""
    ...


mul.gradient(
    input=lambda grad, other: grad * conjugate(other),
    other=lambda grad, input: grad * conjugate(input),
)


@primitive(
    method=True,
    promote="float",
    inplace=True,
    aliases=("divide", "true_divide"),
    dunder=("__truediv__", "__rtruediv__"),
    neutral={"rounding_mode": None},
)
def div(input: Tensor, other: Tensor, *, rounding_mode: str | None = None) -> Tensor:
    """``input / other``, broadcast; integers give the default float dtype.

    `rounding_mode` ``"trunc"`` rounds the quotient towards zero and ``"floor"`` downwards: then integers stay integers,
    and gradients are zero. RuntimeError: another mode; integer division by zero.
    """
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode != "trunc":
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    dtype = torchere.result_type(input, other)
    if dtype.is_floating_point or dtype.is_complex:
        return div(input, other).trunc()
    quotient = floor_divide(input, other)
    inexact = remainder(input, other) != 0
    # Rounding down and towards zero differ by one where the quotient is negative and not whole.
    negative = (input < 0) ^ (other < 0)
    return quotient + (inexact & negative)


div.gradient(
    input=lambda grad, other: grad / conjugate(other),
    other=lambda grad, other, out: -grad * conjugate(out / other),
)


@primitive(method=True, promote="same", inplace=True, dtypes=REAL, dunder=("__floordiv__", "__rfloordiv__"))
def floor_divide(input: Tensor, other: Tensor) -> Tensor:
    """``floor(input / other)``, broadcast, as Python's ``//``. The gradient is 0.

    A float quotient by zero is ±inf or nan. RuntimeError "ZeroDivisionError": integer division by zero.
    """
    ...


floor_divide.gradient(
    input=lambda grad: grad.new_zeros(grad.shape),
    other=lambda grad: grad.new_zeros(grad.shape),
)


@primitive(method=True, promote="same", inplace=True, dtypes=REAL, dunder=("__mod__", "__rmod__"))
def remainder(input: Tensor, other: Tensor) -> Tensor:
    """``input - floor(input / other) * other``, broadcast, as Python's ``%``: the sign is the divisor's.

    RuntimeError "ZeroDivisionError": an integer divisor of zero; a float one gives nan.
    """
    ...


remainder.gradient(
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * div(input, other, rounding_mode="floor"),
)


@operator(method=True, promote="same", inplace=True, dtypes=REAL)
def fmod(input: Tensor, other: Tensor) -> Tensor:
    """The remainder of C's ``fmod``, broadcast: its sign is the dividend's.

    RuntimeError "ZeroDivisionError": an integer divisor of zero; a float one gives nan.
    """
    # remainder of non-negative operands is exact, so the sign is all that has to be restored.
    size = remainder(_size(input), _size(other))
    if isinstance(input, (int, float)):
        return -size if input < 0 else size
    return choose(input < 0, -size, size)


def _size(value: Tensor | Number) -> Tensor | Number:
    return builtins.abs(value) if isinstance(value, (int, float)) else abs(value)


fmod.gradient(
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * div(input, other, rounding_mode="trunc"),
)


def _check_power(input: Tensor | Number, exponent: Tensor | Number) -> None:
    if isinstance(exponent, int) and exponent < 0 and not isinstance(input, (int, float, complex)):
        if not (input.dtype.is_floating_point or input.dtype.is_complex):
            raise DTypeError(
                f"Integers to negative integer powers are not allowed. pow() got {input.dtype} and exponent "
                f"{exponent}: convert with .float(), or pass a float exponent."
            )


def _base_gradient(grad: Tensor, input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    if isinstance(exponent, (int, float, complex)):
        if exponent == 0:
            return grad.new_zeros(grad.shape)
        if exponent == 2:  # the commonest power: one product instead of a power
            return grad * (2 * conjugate(input))
        return grad * conjugate(exponent * pow(input, exponent - 1))
    # d/dx x**0 is 0 also at x = 0, where 0 * 0**-1 would be nan.
    slope = exponent * pow(input, exponent - 1)
    return grad * conjugate(choose(exponent == 0, 0, slope))


def _logarithm(base: Number, complex_plane: bool) -> Number:
    if complex_plane:
        return cmath.log(base)
    return math.log(base) if base > 0 else math.nan


def _exponent_gradient(grad: Tensor, input: Tensor | Number, exponent: Tensor, out: Tensor) -> Tensor:
    # The limit of x**y * log(x) at x = 0 is 0 for every exponent that is not negative.
    settled = exponent.real >= 0 if exponent.dtype.is_complex else exponent >= 0
    if isinstance(input, (int, float, complex)):
        if input == 0:
            return grad * choose(settled, 0, conjugate(out * float("-inf")))
        return grad * conjugate(out * _logarithm(input, out.dtype.is_complex))
    slope = out * input.log()
    return grad * conjugate(choose((input == 0) & settled, 0, slope))


@primitive(
    method=True,
    promote="same",
    inplace=True,
    dtypes=NUMERIC,
    dunder=("__pow__", "__rpow__"),
    check=_check_power,
)
def pow(input: Tensor, exponent: Tensor) -> Tensor:
    """``input ** exponent``, broadcast; each may be a number.

    Integers to negative powers held in a tensor give 0, except for bases 1 and -1; RuntimeError for a negative
    integer number. A negative base with a fractional exponent is nan.
    """
    ...


pow.gradient(input=_base_gradient, exponent=_exponent_gradient)


@operator(method=True, promote="same", out="exact")
def float_power(input: Tensor, exponent: Tensor) -> Tensor:
    """``input ** exponent`` computed, and returned, in float64 (complex128 if an operand is complex)."""
    complex_ = any(
        isinstance(x, complex) or getattr(getattr(x, "dtype", None), "is_complex", False) for x in (input, exponent)
    )
    dtype = torchere.complex128 if complex_ else torchere.float64
    base = input if isinstance(input, (int, float, complex)) else input.to(dtype)
    power = exponent if isinstance(exponent, (int, float, complex)) else exponent.to(dtype)
    return pow(base, power)


@composite(method="only")
def float_power_(input: Tensor, exponent: Tensor | Number) -> Tensor:
    """`float_power` in place, for float64 and complex128 alone: RuntimeError for a tensor of another dtype."""
    complex_ = input.dtype.is_complex or isinstance(exponent, complex)
    if complex_ or (isinstance(exponent, Tensor) and exponent.dtype.is_complex):
        wanted = torchere.complex128
    else:
        wanted = torchere.float64
    if input.dtype is not wanted:
        raise DTypeError(
            f"the base given to float_power_ has dtype {scalar_type_name(input.dtype)} but the operation's result "
            f"requires dtype {scalar_type_name(wanted)}. Convert it first: x.to({wanted})."
        )
    return input.pow_(exponent)


def _check_negation(input: OperandType) -> None:
    if input is torchere.bool:
        raise DTypeError(f"Negation, the `-` operator, on a bool tensor is not supported. {MASK_HINT}")


@primitive(method=True, inplace="function", aliases=("negative",), dunder=("__neg__",), check_dtypes=_check_negation)
def neg(input: Tensor) -> Tensor:
    """``-input``; unsigned integers wrap. RuntimeError: a bool tensor (use ``~``)."""
    ...


neg.gradient(input=lambda grad: -grad)


def _check_positive(input: OperandType) -> None:
    if input is torchere.bool:
        raise DTypeError("The `+` operator, on a bool tensor is not supported. Convert first: input.int().")


@operator(method=True, out=False, dunder=("__pos__",), check_dtypes=_check_positive)
def positive(input: Tensor) -> Tensor:
    """`input` itself. RuntimeError: a bool tensor."""
    return input


@primitive(method=True, inplace="function", result="real", dtypes=NUMERIC, aliases=("absolute",), dunder=("__abs__",))
def abs(input: Tensor) -> Tensor:
    """``|input|``; of complex numbers the modulus, in the real dtype. The gradient at 0 is 0."""
    ...


abs.gradient(input=lambda grad, input: grad * input.sgn())


def _check_sign(input: OperandType) -> None:
    if input.is_complex:
        raise UnsupportedDTypeError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )


@operator(method=True, inplace=True, check_dtypes=_check_sign)
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of `input`; nan has sign 0. The gradient is 0."""
    positive = (input > 0).to(input.dtype)
    return positive if input.dtype is torchere.bool else positive - (input < 0).to(input.dtype)


sign.gradient(input=lambda grad: grad.new_zeros(grad.shape))


def _sgn_gradient(grad: Tensor, input: Tensor, out: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return grad.new_zeros(grad.shape)
    # Only the part of grad across the direction of input turns it.
    size = abs(input)
    across = (grad - (grad * out.conj()).real * out) / size
    return choose(size == 0, 0, across)


@operator(method=True, inplace=True)
def sgn(input: Tensor) -> Tensor:
    """``input / |input|``, 0 at 0: `sign` extended to complex numbers."""
    if not input.dtype.is_complex:
        return sign(input)
    size = abs(input)
    return choose(size == 0, 0, input / size)


sgn.gradient(input=_sgn_gradient)


@operator(method=True, promote="float", inplace="function")
def reciprocal(input: Tensor) -> Tensor:
    """``1 / input``."""
    return div(1, input)


reciprocal.gradient(input=lambda grad, out: -grad * conjugate(out * out))


@primitive(method=True, promote="float", inplace="function")
def sqrt(input: Tensor) -> Tensor:
    """Square root; nan for negative real numbers. The gradient at 0 is inf."""
    ...


sqrt.gradient(input=lambda grad, out: grad / (2 * conjugate(out)))


@operator(method=True, promote="float", inplace="function")
def rsqrt(input: Tensor) -> Tensor:
    """``1 / sqrt(input)``; inf at 0, nan for negative real numbers."""
    return div(1, sqrt(input))


rsqrt.gradient(input=lambda grad, out: grad * (-0.5 * conjugate(out * out * out)))


@operator(method=True, inplace="function")
def square(input: Tensor) -> Tensor:
    """``input * input``; bools give int64."""
    return pow(input, 2) if input.dtype is torchere.bool else mul(input, input)


square.gradient(input=lambda grad, input: grad * (2 * conjugate(input)))


def _check_product(input: OperandType, tensor1: OperandType, tensor2: OperandType) -> None:
    if input is tensor1 is tensor2 is torchere.bool:
        raise UnsupportedDTypeError("\"addcmul\" not implemented for 'Bool'. Convert first: input.int().")


@operator(method=True, promote="same", inplace=True, check_dtypes=_check_product)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``, broadcast."""
    return input + tensor1 * tensor2 * _fitting(value, input)


def _fitting(value: Number, input: Tensor) -> Number:
    """`value`, cut to an integer for integer tensors as PyTorch does."""
    if isinstance(value, float) and not (input.dtype.is_floating_point or input.dtype.is_complex):
        return int(value)
    return value


addcmul.gradient(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conjugate(tensor1 * value),
)


def _check_quotient(input: OperandType, tensor1: OperandType, tensor2: OperandType) -> None:
    if not any(_is_inexact(x) for x in (tensor1, tensor2)):
        raise DTypeError(
            "Integer division with addcdiv is no longer supported. Convert first, "
            "addcdiv(input, tensor1.float(), tensor2.float()), or write input + value * (tensor1 // tensor2)."
        )


@operator(method=True, promote="same", inplace=True, check_dtypes=_check_quotient)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``, broadcast. RuntimeError: `tensor1` and `tensor2` are integers."""
    return input + tensor1 * value / tensor2


addcdiv.gradient(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(value / tensor2),
    tensor2=lambda grad, tensor1, tensor2, value: -grad * conjugate(value * tensor1 / (tensor2 * tensor2)),
)


def _check_interpolation(input: OperandType, end: OperandType, weight: OperandType) -> None:
    """RuntimeError unless tensors share a dtype, NotImplementedError for integers."""
    for name, dtype in (("end", end), ("weight", weight)):
        if isinstance(dtype, DType) and dtype is not input:
            raise DTypeError(
                f"expected dtype {input} for `{name}` but got dtype {dtype}. "
                f"lerp() does not promote: convert `{name}` with .to({input})."
            )
    if not _is_inexact(input):
        raise UnsupportedDTypeError(f'"lerp" not implemented for {input}. Convert first: input.float().')


@operator(method=True, promote="same", inplace=True, check_dtypes=_check_interpolation)
def lerp(input: Tensor, end: Tensor, weight: Tensor) -> Tensor:
    """``input + weight * (end - input)``, broadcast: `input` at weight 0 and exactly `end` at weight 1.

    `weight` is a number or a tensor. RuntimeError: tensors of different dtypes.
    """
    span = end - input
    if isinstance(weight, (int, float, complex)):
        return input + span * weight if builtins.abs(weight) < 0.5 else end - span * (1 - weight)
    # Stepping back from the end for the upper half makes weight 1 exact.
    return choose(abs(weight) < 0.5, input + weight * span, end - span * (1 - weight))


lerp.gradient(
    input=lambda grad, weight: grad * conjugate(1 - weight),
    end=lambda grad, weight: grad * conjugate(weight),
    weight=lambda grad, input, end: grad * conjugate(end - input),
)
