"""Activation functions.

Those that ``torch.nn.functional`` gives an ``inplace`` argument are declared without it; their in-place twins end in
``_``. Floating dtypes only, unless a docstring says otherwise; nan stays nan.
"""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING, REAL, WIDE
from torchere.errors import ArgumentError, DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import Dim, DType, Generator, operator
from torchere_ops.precision import is_half
from torchere_ops.selection import choose

__all__ = [
    "celu",
    "elu",
    "gelu",
    "gelu_backward",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "silu",
    "silu_backward",
    "softplus",
    "softshrink",
    "softsign",
    "tanhshrink",
    "threshold",
    "threshold_backward",
]

#: Fixed point of self-normalising networks: Klambauer et al. 2017, equation 14.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


@operator(namespace=(), promote="same")
def threshold_backward(grad: Tensor, input: Tensor, threshold: float) -> Tensor:
    """`grad` where ``input > threshold`` (or nan), else 0: what `relu` and `threshold` do to gradients."""
    return choose(input <= threshold, 0, grad)


threshold_backward.gradient(grad=lambda grad, input, threshold: threshold_backward(grad, input, threshold))


def _check_relu(input: DType) -> None:
    if input is torchere.bool:
        raise DTypeError("Boolean inputs not supported for relu. Convert first: input.int().")
    if input.is_complex:
        raise UnsupportedDTypeError("relu is not supported for complex types. Apply it to input.real and input.imag.")


@operator(method=True, inplace="function", out=False, check_dtypes=_check_relu)
def relu(input: Tensor) -> Tensor:
    """``max(input, 0)``, integers too. The gradient at 0 is 0."""
    return input.clamp_min(0)


relu.gradient(input=lambda grad, out: threshold_backward(grad, out, 0))


def _check_limits(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> None:
    if not input.dtype.is_signed and input.dtype is not torchere.bool and min(int(min_val), int(max_val)) < 0:
        raise DTypeError(
            f"cannot do hardtanh on an unsigned type with negative limits: {min_val} … {max_val} and {input.dtype}."
        )
    if min_val > max_val:
        raise ArgumentError(f"min_val cannot be greater than max_val. hardtanh() got {min_val} and {max_val}.")


def _check_hardtanh(input: DType) -> None:
    if input is torchere.bool:
        raise DTypeError("Bool inputs not supported for hardtanh. Convert first: input.int().")


@operator(namespace="nn.functional", inplace="function", check=_check_limits, check_dtypes=_check_hardtanh)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`input` limited to ``min_val … max_val``, integers too. Unlike `clamp`'s, the gradient at the limits is 0."""
    return input.clamp(min_val, max_val) if input.dtype.is_floating_point else input.clamp(int(min_val), int(max_val))


hardtanh.gradient(input=lambda grad, input, min_val, max_val: choose((input > min_val) & (input < max_val), grad, 0))


@operator(namespace="nn.functional", inplace="function")
def relu6(input: Tensor) -> Tensor:
    """``min(max(input, 0), 6)``."""
    return hardtanh(input, 0.0, 6.0)


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING)
def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`input` where positive, else ``negative_slope * input``."""
    return choose(input > 0, input, input * negative_slope)


leaky_relu.gradient(input=lambda grad, input, negative_slope: choose(input > 0, grad, grad * negative_slope))


def _check_prelu(input: Tensor, weight: Tensor) -> None:
    if input.dtype is not weight.dtype:
        raise DTypeError(f"prelu: Type promoting not supported. Got {input.dtype} and {weight.dtype}")
    if weight.dim() > 1:
        raise ShapeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1:
        if input.dim() == 0:
            raise ShapeError("Not allow zero-dim input tensor. prelu() of a scalar takes one weight.")
        channels = input.shape[1] if input.dim() > 1 else 1
        if channels != weight.numel():
            raise ShapeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.numel()} "
                f"and channel size = {channels}. Channels are dimension 1 of input."
            )


@operator(
    method=True, namespace=("", "nn.functional"), out=False, dtypes=FLOATING, same_dtype=False, check=_check_prelu
)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`input` where positive, else ``weight * input``.

    Shape: input ``(*)`` with one weight, or ``(N, C, *)`` with one weight per channel, ``(C,)``.
    """
    if weight.dim() and input.dim() > 1:
        weight = weight.view([-1 if i == 1 else 1 for i in range(input.dim())])
    elif weight.dim():
        weight = weight.reshape(())
    return choose(input > 0, input, weight * input)


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING)
def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` where positive, else ``alpha * (exp(input) - 1)``."""
    return choose(input > 0, input, input.expm1() * alpha)


elu.gradient(input=lambda grad, input, alpha: choose(input <= 0, grad * (input.exp() * alpha), grad))


@operator(namespace=("", "nn.functional"), inplace="function", out=False, dtypes=FLOATING)
def selu(input: Tensor) -> Tensor:
    """`elu` with the slope and the scale of self-normalising networks (Klambauer et al. 2017)."""
    return choose(input > 0, input * SELU_SCALE, input.expm1() * (SELU_SCALE * SELU_ALPHA))


selu.gradient(input=lambda grad, input: grad * choose(input <= 0, input.exp() * (SELU_SCALE * SELU_ALPHA), SELU_SCALE))


def _check_celu(input: Tensor, alpha: float = 1.0) -> None:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")


@operator(namespace=("", "nn.functional"), inplace="function", out=False, dtypes=FLOATING, check=_check_celu)
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`input` where positive, else ``alpha * (exp(input / alpha) - 1)``. RuntimeError: `alpha` is 0."""
    return choose(input > 0, input, (input / alpha).expm1() * alpha)


celu.gradient(input=lambda grad, input, alpha: choose(input <= 0, grad * (input / alpha).exp(), grad))


def _check_approximation(input: Tensor, approximate: str = "none") -> None:
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}.")


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING, check=_check_approximation)
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """``input * Φ(input)``, Φ the normal distribution function (Hendrycks and Gimpel 2016).

    ``approximate="tanh"`` takes ``Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2``.
    """
    if is_half(input):
        return gelu(input.float(), approximate=approximate).to(input.dtype)
    if approximate == "tanh":
        inner = (input + input * input * input * 0.044715) * math.sqrt(2 / math.pi)
        return input * 0.5 * (inner.tanh() + 1)
    return input * 0.5 * ((input * math.sqrt(0.5)).erf() + 1)


@operator(namespace=(), promote="same", dtypes=FLOATING)
def gelu_backward(grad: Tensor, input: Tensor, approximate: str) -> Tensor:
    """The gradient of `gelu`: ``grad * (Φ(input) + input * Φ'(input))``."""
    if is_half(input):
        return gelu_backward(grad.float(), input.float(), approximate).to(input.dtype)
    if approximate == "tanh":
        square = input * input
        tanh = ((square * 0.044715 + 1) * input * math.sqrt(2 / math.pi)).tanh()
        slope = (square * (3 * 0.044715) + 1) * math.sqrt(2 / math.pi)
        return grad * 0.5 * (tanh + 1 + input * (1 - tanh * tanh) * slope)
    distribution = ((input * math.sqrt(0.5)).erf() + 1) * 0.5
    density = (input * input * -0.5).exp() * (1 / math.sqrt(2 * math.pi))
    return grad * (distribution + input * density)


gelu.gradient(input=lambda grad, input, approximate: gelu_backward(grad, input, approximate))


@operator(namespace="nn.functional", inplace="function", dtypes=WIDE + FLOATING)
def silu(input: Tensor) -> Tensor:
    """``input * sigmoid(input)``, also called swish."""
    return input * input.sigmoid()


@operator(namespace=(), promote="same")
def silu_backward(grad: Tensor, input: Tensor) -> Tensor:
    """The gradient of `silu`."""
    gate = input.sigmoid()
    slope = gate * ((1 - gate) * input + 1)
    return grad * (slope.conj() if slope.dtype.is_complex else slope)


silu.gradient(input=lambda grad, input: silu_backward(grad, input))


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING)
def mish(input: Tensor) -> Tensor:
    """``input * tanh(log(1 + exp(input)))`` (Misra 2019)."""
    return input * softplus(input).tanh()


def _mish_gradient(grad: Tensor, input: Tensor) -> Tensor:
    tanh = softplus(input).tanh()
    return grad * (tanh + input * input.sigmoid() * (1 - tanh * tanh))


mish.gradient(input=_mish_gradient)


@operator(namespace="nn.functional", dtypes=FLOATING)
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``; `input` itself where ``beta * input > threshold``."""
    if is_half(input):  # exp overflows long before the threshold
        return softplus(input.float(), beta, threshold).to(input.dtype)
    scaled = input * beta
    return choose(scaled > threshold, input, scaled.exp().log1p() / beta)


def _softplus_gradient(grad: Tensor, input: Tensor, beta: float, threshold: float) -> Tensor:
    scaled = input * beta
    return choose(scaled > threshold, grad, grad * scaled.sigmoid())


softplus.gradient(input=_softplus_gradient)


@operator(namespace="nn.functional", out=False)
def softsign(input: Tensor) -> Tensor:
    """``input / (1 + |input|)``; integers give the default float dtype."""
    return input / (input.abs() + 1)


@operator(namespace="nn.functional", out=False)
def tanhshrink(input: Tensor) -> Tensor:
    """``input - tanh(input)``; integers give the default float dtype."""
    return input - input.tanh()


@operator(namespace="nn.functional", dtypes=FLOATING)
def logsigmoid(input: Tensor) -> Tensor:
    """``log(sigmoid(input))`` without overflow."""
    return input.clamp_max(0) - (-input.abs()).exp().log1p()


logsigmoid.gradient(input=lambda grad, input: grad * (-input).sigmoid())


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING)
def hardsigmoid(input: Tensor) -> Tensor:
    """``min(max(input + 3, 0), 6) / 6`` (Howard et al. 2019)."""
    return (input + 3).clamp(0, 6) / 6


hardsigmoid.gradient(input=lambda grad, input: choose((input > -3) & (input < 3), grad * (1 / 6), 0))


@operator(namespace="nn.functional", inplace="function", dtypes=FLOATING)
def hardswish(input: Tensor) -> Tensor:
    """``input * hardsigmoid(input)`` (Howard et al. 2019)."""
    return input * (input + 3).clamp(0, 6) / 6


hardswish.gradient(input=lambda grad, input: choose(input <= -3, 0, choose(input < 3, grad * (input / 3 + 0.5), grad)))


@operator(method=True, namespace=("", "nn.functional"), dtypes=FLOATING)
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`input` where ``|input| > lambd``, else 0."""
    return choose(input.abs() <= lambd, 0, input)


hardshrink.gradient(input=lambda grad, input, lambd: choose(input.abs() > lambd, grad, 0))


def _check_lambda(input: Tensor, lambd: float = 0.5) -> None:
    if not lambd >= 0:
        raise RuntimeError(f"lambda must be in range [0, inf) for input dtype {input.dtype}, but found {lambd}")


@operator(namespace="nn.functional", dtypes=FLOATING, check=_check_lambda)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """`input` moved by `lambd` towards 0, where it stops. RuntimeError: a negative `lambd`."""
    moved = choose(input > 0, input - lambd, input + lambd)
    return choose(input.abs() <= lambd, 0, moved)


softshrink.gradient(input=lambda grad, input, lambd: choose(input.abs() > lambd, grad, 0))


@operator(namespace=("", "nn.functional"), inplace="function", dtypes=REAL)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """`input` where it is above `threshold`, else `value`; integers too (then `value` is cut to an integer)."""
    if not input.dtype.is_floating_point:
        threshold, value = int(threshold), int(value)
    return choose(input <= threshold, value, input)


threshold.gradient(input=lambda grad, input, threshold: threshold_backward(grad, input, threshold))


def _check_glu(input: Tensor, dim: int = -1) -> None:
    if input.dim() == 0:
        raise ShapeError("glu does not support scalars because halving size must be even")
    if input.shape[dim] % 2:
        raise ShapeError(
            f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}: "
            "it holds the values and, in its second half, their gates."
        )


@operator(namespace="nn.functional", dtypes=FLOATING, check=_check_glu)
def glu(input: Tensor, dim: Dim = -1) -> Tensor:
    """``a * sigmoid(b)``, `a` and `b` the halves of `input` along `dim` (Dauphin et al. 2017)."""
    half = input.shape[dim] // 2
    return input.narrow(dim, 0, half) * input.narrow(dim, half, half).sigmoid()


def _check_bounds(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> None:
    if lower > upper:
        raise RuntimeError(
            f"Lower bound should be less than or equal to the upper bound; rrelu() got lower={lower}, upper={upper}."
        )


@operator(
    namespace=("", "nn.functional"), inplace="function", out=False, dtypes=FLOATING, random=True, check=_check_bounds
)
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: Generator | None = None,
) -> Tensor:
    """`input` where positive, else `input` times a slope.

    The slope is drawn uniformly from ``lower … upper`` for each element in `training`, else it is their mean.
    """
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    slopes = torchere.empty_like(input).uniform_(lower, upper, generator=generator)
    return choose(input > 0, input, input * slopes)
