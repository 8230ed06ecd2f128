"""Functions of ``torch.special`` made of others: entropies, the normal distribution, and second names."""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Number, operator

from .precision import is_half
from .selection import choose
from .special import ERFC_SCALED, digamma, erfc, erfinv, lgamma, sigmoid

__all__ = [
    "mvlgamma",
    "special_entr",
    "special_erfcx",
    "special_expit",
    "special_gammaln",
    "special_log_ndtr",
    "special_multigammaln",
    "special_ndtr",
    "special_ndtri",
    "special_psi",
    "special_xlog1py",
]


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_entr(input: Tensor) -> Tensor:
    """``-x log(x)``; 0 at 0, -inf below.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.entr
    """
    if is_half(input):
        return special_entr(input.float()).to(input.dtype)
    inside = input > 0
    rest = choose(input < 0, -math.inf, torchere.zeros_like(input))
    value = choose(inside, -input * choose(inside, input, 1).log(), rest)
    return choose(input.isnan(), input, value)


special_entr.gradient(input=lambda grad, input: grad * (-input.log() - 1))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_erfcx(input: Tensor) -> Tensor:
    """``exp(x²) erfc(x)``, which neither over- nor underflows for positive x.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.erfcx
    """
    if is_half(input):
        return special_erfcx(input.float()).to(input.dtype)
    size = input.abs()
    place = choose(size == math.inf, 1, (size - 3) / (size + 3))
    scaled = place * ERFC_SCALED[0] + ERFC_SCALED[1]
    for coefficient in ERFC_SCALED[2:]:
        scaled = scaled * place + coefficient
    scaled = scaled / (size * 2 + 1)
    return choose(input < 0, (input * input).exp() * 2 - scaled, scaled)


special_erfcx.gradient(input=lambda grad, input, out: grad * (2 * input * out - 2 / math.sqrt(math.pi)))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_ndtr(input: Tensor) -> Tensor:
    """The area under the standard normal density left of `input`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.ndtr
    """
    return erfc(input * -math.sqrt(0.5)) * 0.5


def _density(x: Tensor) -> Tensor:
    return (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi))


special_ndtr.gradient(input=lambda grad, input: grad * _density(input))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_log_ndtr(input: Tensor) -> Tensor:
    """The logarithm of `ndtr`, accurate where that underflows.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.log_ndtr
    """
    if is_half(input):
        return special_log_ndtr(input.float()).to(input.dtype)
    low = input < -1
    tail = choose(low, input, -1)
    value = (special_erfcx(tail * -math.sqrt(0.5)) * 0.5).log() - tail * tail * 0.5
    return choose(low, value, (-erfc(input * math.sqrt(0.5)) * 0.5).log1p())


special_log_ndtr.gradient(
    input=lambda grad, input: grad * math.sqrt(2 / math.pi) / special_erfcx(input * -math.sqrt(0.5))
)


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_ndtri(input: Tensor) -> Tensor:
    """The inverse of `ndtr`; ∓inf at 0 and 1, nan outside.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.ndtri
    """
    if is_half(input):
        return special_ndtri(input.float()).to(input.dtype)
    upper = input > 0.5
    area = choose(upper, 1 - input, input)
    middle = erfinv((area * 2 - 1).clamp(min=-0.95)) * math.sqrt(2.0)
    # In the tail Newton's steps on the logarithm: it is nearly a parabola there.
    inside = (area > 0) & (area < 0.04)
    log = choose(inside, area, 0.01).log()
    tail = -(log * -2 - (log * -4 * math.pi).log()).sqrt()
    for _ in range(5):
        slope = math.sqrt(2 / math.pi) / special_erfcx(tail * -math.sqrt(0.5))
        tail = tail - (special_log_ndtr(tail) - log) / slope
    value = choose(inside, tail, choose(area == 0, -math.inf, choose(area < 0, math.nan, middle)))
    return choose(upper, -value, value)


special_ndtri.gradient(input=lambda grad, out: grad / _density(out))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_xlog1py(input: Tensor, other: Tensor) -> Tensor:
    """``input * log1p(other)``; 0 where `input` is 0, unless `other` is nan.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.xlog1py
    """
    if not isinstance(input, Tensor):
        input = torchere.full_like(other, input)
    if not isinstance(other, Tensor):
        other = torchere.full_like(input, other)
    zero = (input == 0) & other.isnan().logical_not()
    return choose(zero, 0.0, input * other.log1p())


def _value_of_first(grad: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    if not isinstance(other, Tensor):
        return grad * math.log1p(other.real)
    slope = grad * other.log1p()
    return choose((input == 0) & (other <= -1), 0.0, slope)  # type: ignore[arg-type]


special_xlog1py.gradient(input=_value_of_first, other=lambda grad, input, other: grad * input / (other + 1))


# ----------------------------------------------------------------------------------------------------- second names


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_psi(input: Tensor) -> Tensor:
    """Another name of `digamma`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.psi
    """
    return digamma(input)


@operator(namespace="special", promote="float")
def special_expit(input: Tensor) -> Tensor:
    """Another name of `sigmoid`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.expit
    """
    return sigmoid(input)


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_gammaln(input: Tensor) -> Tensor:
    """Another name of `lgamma`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.gammaln
    """
    return lgamma(input)


def _check_order(input: Tensor, p: int) -> None:
    if input.dtype is torchere.bool:
        raise DTypeError("mvlgamma: The input tensor may not be a boolean tensor. Convert first: input.float().")
    if p < 1:
        raise ShapeError(f"p has to be greater than or equal to 1, but is {p}")


@operator(method=True, inplace=True, promote="float", dtypes=FLOATING, check=_check_order)
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the gamma function of dimension `p`: of ``Π Γ(x - j/2)``, with a constant.

    Raises: RuntimeError for `p` below 1.
    Source: https://pytorch.org/docs/stable/generated/torch.mvlgamma.html
    """
    total = input * 0 + p * (p - 1) / 4 * math.log(math.pi)
    for j in range(p):
        total = total + lgamma(input - j / 2)
    return total


@operator(namespace="special", promote="float", dtypes=FLOATING, check=_check_order)
def special_multigammaln(input: Tensor, p: int) -> Tensor:
    """Another name of `mvlgamma`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.multigammaln
    """
    return mvlgamma(input, p)
