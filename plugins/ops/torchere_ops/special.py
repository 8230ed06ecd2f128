"""Special functions: logistic, error and gamma functions.

Their decompositions are polynomials and series of our own, good to a few units in the last place of float64. The
coefficients (highest power first) interpolate 60-digit values at Chebyshev points.
"""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import DTypeError
from torchere.operators import composite, operator
from torchere.promotion import scalar_type_name
from torchere_ops.conjugate import conjugate
from torchere_ops.precision import is_half
from torchere_ops.selection import choose

__all__ = ["digamma", "erf", "erfc", "erfinv", "lgamma", "logit", "polygamma", "sigmoid"]

#: erf(x) / x as a polynomial in x², for |x| ≤ 1.
ERF_NEAR = (
    -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07, 1.6447424703317362e-06,
    -1.492473690741966e-05, 0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225,
    -0.02686617064323777, 0.11283791670945006, -0.37612638903183543, 1.1283791670955126,
)  # fmt: skip
#: (1 + 2x) exp(x²) erfc(x) as a polynomial in (x - 3) / (x + 3), for x ≥ 0.
ERFC_SCALED = (
    9.948820947537195e-10, -3.169592039553522e-09, -1.3361953304404018e-08, 2.7779061599708634e-08,
    1.0195717375790894e-07, -1.2038713923616526e-07, -6.167709493550964e-07, 3.3649033965298255e-07,
    3.472520280065519e-06, -7.186149396303622e-07, -2.0100627664406107e-05, 4.944031214882928e-06,
    0.00012509937435915822, -0.00010515828085467254, -0.0007798322772742547, 0.0018886900908332905,
    0.002529391816799663, -0.023770514890662273, 0.06830802734392144, -0.11927366341681594,
    0.12964515870276264, -0.04756229435341897, -0.1356211061245812, 1.2530080582697296,
)  # fmt: skip
#: erfinv(x) / x with w = -log(1 - x²): a polynomial in w/3 - 1 for w ≤ 6 …
ERFINV_CENTRE = (
    -2.992412449965611e-10, -1.7464278707660834e-09, 7.0004130724063135e-09, 9.081428930595508e-09,
    -6.269618803038916e-08, 4.378491474930378e-08, 2.7249848831772916e-07, -7.670039379467481e-07,
    2.992422598689565e-08, 4.307416289840317e-06, -9.209264951016121e-06, -5.568625219273167e-06,
    6.559153551390515e-05, -0.00010761006984247841, -0.00015542174564679535, 0.0009841180632147223,
    -0.0012742935269051566, -0.0030900906960069146, 0.015799967277408934, -0.022576907976752252,
    -0.051643216989051104, 0.7248912124984771, 1.6235420064648298,
)  # fmt: skip
#: … and in sqrt(w), scaled from [√6, 4] or [4, √37] to [-1, 1], beyond.
ERFINV_MIDDLE = (
    9.58240251456587e-11, 1.1148790384447952e-09, -5.6238101823166275e-09, 3.2765738049691378e-09,
    4.218918759129128e-08, -1.663506278417687e-07, 2.0363481522556495e-07, 6.922640074699994e-07,
    -3.971330388263664e-06, 8.159404545589393e-06, 9.289424911851781e-07, -6.029430893869456e-05,
    0.00022066187061129048, -0.0005145777514741012, 0.0009803488689632863, -0.0018702888129150236,
    0.003404744390750679, 0.7791161624172094, 3.0585011531198494,
)  # fmt: skip
ERFINV_TAIL = (
    3.871407719271506e-12, -4.6549162797600555e-10, 2.1759954479925656e-09, -5.137524999676079e-09,
    9.716483249632121e-09, -1.8043080058741e-08, 3.448596327891233e-08, -8.212549747073149e-08,
    2.8483693885682254e-07, -1.2233998362298871e-06, 5.419333669131456e-06, -2.277165336888937e-05,
    8.472150519548842e-05, -0.0002290119114305981, -0.00017855545185618688, 1.052094892195213,
    4.891713660264277,
)  # fmt: skip
#: lgamma(2 + z) / z as a polynomial in z, for |z| ≤ 1/2.
LGAMMA_NEAR_TWO = (
    2.7475390051909663e-07, -5.811277768921246e-07, 9.242852225162277e-07, -1.9743106888421067e-06,
    4.3828545383846665e-06, -9.45628851510172e-06, 2.050601970174762e-05, -4.4923727564247656e-05,
    9.945761692157133e-05, -0.00022315497746292723, 0.0005096695196526673, -0.0011927539009983087,
    0.002890510330865901, -0.007385551028935545, 0.02058080842778338, -0.06735230105319563,
    0.3224670334241132, 0.42278433509846713,
)  # fmt: skip
#: Bernoulli numbers B₂, B₄ …: all asymptotic series here are made of them.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
#: The series below reach float64's accuracy from here on.
SERIES_START = 10.0


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value = value * x + coefficient
    return value


@operator(method=True, promote="float", inplace="function")
def sigmoid(input: Tensor) -> Tensor:
    """The logistic function ``1 / (1 + exp(-input))``."""
    return ((-input).exp() + 1).reciprocal()


sigmoid.gradient(input=lambda grad, out: grad * conjugate((1 - out) * out))


@operator(method=True, namespace=("", "special"), promote="float", inplace="function", dtypes=FLOATING)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`; ±inf at 0 and 1, nan outside.

    With `eps`, the input is first limited to ``eps … 1 - eps``, and the gradient outside is 0.
    """
    if is_half(input):
        return logit(input.float(), eps).to(input.dtype)
    inner = input if eps is None else input.clamp(eps, 1 - eps)
    return (inner / (1 - inner)).log()


def _logit_gradient(grad: Tensor, input: Tensor, eps: float | None) -> Tensor:
    slope = grad / (input * (1 - input))
    if eps is None:
        return choose((input < 0) | (input > 1), math.nan, slope)
    return choose((input < eps) | (input > 1 - eps), 0, slope)


logit.gradient(input=_logit_gradient)


def _erfc_of_positive(size: Tensor) -> Tensor:
    """erfc for ``size >= 0``, with a small relative error down to where it underflows."""
    size = size.clamp(max=28.0)  # erfc(28) is 0 in float64, and infinity would give nan below
    scaled = _polynomial(ERFC_SCALED, (size - 3) / (size + 3)) / (size * 2 + 1)
    # exp(-x²) loses as many digits as x² has; split off a head whose square is exact.
    head = (size * 64).floor() / 64
    return (-head * head).exp() * ((head - size) * (head + size)).exp() * scaled


@operator(method=True, namespace=("", "special"), promote="float", inplace="function", dtypes=FLOATING)
def erf(input: Tensor) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(-t²) dt``."""
    if is_half(input):
        return erf(input.float()).to(input.dtype)
    near = input * _polynomial(ERF_NEAR, (input * input).clamp(max=1.0))
    far = 1 - _erfc_of_positive(input.abs())
    return choose(input.abs() < 1, near, choose(input < 0, -far, far))


@operator(method=True, namespace=("", "special"), promote="float", inplace="function", dtypes=FLOATING)
def erfc(input: Tensor) -> Tensor:
    """The complementary error function ``1 - erf(input)``, accurate where it is small."""
    if is_half(input):
        return erfc(input.float()).to(input.dtype)
    return choose(input < 0.5, 1 - erf(input), _erfc_of_positive(input.abs()))


erf.gradient(input=lambda grad, input: grad * (2 / math.sqrt(math.pi)) * (-(input * input)).exp())
erfc.gradient(input=lambda grad, input: grad * (-2 / math.sqrt(math.pi)) * (-(input * input)).exp())


@operator(method=True, namespace=("", "special"), promote="float", dtypes=FLOATING, inplace=True)
def erfinv(input: Tensor) -> Tensor:
    """The inverse of `erf`; ±inf at ±1, nan beyond."""
    if is_half(input):
        return erfinv(input.float()).to(input.dtype)
    depth = -((1 - input) * (1 + input)).log()
    root = depth.clamp(min=0.0).sqrt()

    def between(low: float, high: float) -> Tensor:
        return (root * 2 - (low + high)) / (high - low)

    ratio = choose(
        depth < 6,
        _polynomial(ERFINV_CENTRE, depth / 3 - 1),
        choose(
            depth < 16,
            _polynomial(ERFINV_MIDDLE, between(math.sqrt(6), 4.0)),
            _polynomial(ERFINV_TAIL, between(4.0, math.sqrt(37))),
        ),
    )
    return choose(input.abs() == 1, input * math.inf, input * ratio)


erfinv.gradient(input=lambda grad, out: grad * (math.sqrt(math.pi) / 2) * (out * out).exp())


def _lgamma_between(x: Tensor) -> Tensor:
    """lgamma for ``0.5 <= x <= 10``: moved to within 1/2 of 2, where a polynomial is exact at the zero."""
    lower = x < 1.5
    near = choose(lower, x + 1, x)
    product = torchere.ones_like(x)
    for _ in range(8):
        far = near > 2.5
        near = choose(far, near - 1, near)
        product = choose(far, product * near, product)
    rest = near - 2
    # log1p keeps lgamma's zero at 1 exact.
    return rest * _polynomial(LGAMMA_NEAR_TWO, rest) + product.log() - choose(lower, (x - 1).log1p(), 0)


def _inverse_series(coefficients: list[float], x: Tensor) -> Tensor:
    """``c₀ + c₁/x² + c₂/x⁴ + …``"""
    return _polynomial(tuple(reversed(coefficients)), (x * x).reciprocal())


@operator(method=True, promote="float", dtypes=FLOATING, inplace=True)
def lgamma(input: Tensor) -> Tensor:
    """``log |Γ(input)|``; inf at 0, at negative integers and at ±inf."""
    if is_half(input):
        return lgamma(input.float()).to(input.dtype)
    reflected = input < 0.5
    x = choose(reflected, 1 - input, input)
    stirling = _inverse_series([b / ((2 * j + 1) * (2 * j + 2)) for j, b in enumerate(BERNOULLI)], x) / x
    large = (x - 0.5) * x.log() - x + 0.5 * math.log(2 * math.pi) + stirling
    value = choose(x < SERIES_START, _lgamma_between(x.clamp(0.5, SERIES_START)), large)
    # Γ(x) Γ(1 - x) = π / sin(πx); the sine of the distance to the nearest integer keeps its digits.
    sine = ((input - input.round()) * math.pi).sin().abs()
    value = choose(reflected, math.log(math.pi) - sine.log() - value, value)
    return choose(input.isinf(), math.inf, value)


lgamma.gradient(input=lambda grad, input: grad * digamma(input))


@operator(method=True, namespace=("", "special"), promote="float", dtypes=FLOATING, inplace=True)
def digamma(input: Tensor) -> Tensor:
    """The logarithmic derivative of the gamma function; ∓inf at ±0, nan at negative integers."""
    if is_half(input):
        return digamma(input.float()).to(input.dtype)
    reflected = input < 0
    x = choose(reflected, 1 - input, input)
    steps = torchere.zeros_like(x)
    for _ in range(int(SERIES_START)):
        low = x < SERIES_START
        steps = choose(low, steps + x.reciprocal(), steps)
        x = choose(low, x + 1, x)
    square = (x * x).reciprocal()
    series = _polynomial(tuple(reversed([b / (2 * j + 2) for j, b in enumerate(BERNOULLI)])), square) * square
    value = x.log() - x.reciprocal() * 0.5 - series - steps
    distance = input - input.round()
    cotangent = choose(distance == 0, math.nan, math.pi / (distance * math.pi).tan())
    value = choose(reflected, value - cotangent, value)
    return choose(input == 0, -input.reciprocal(), value)


digamma.gradient(input=lambda grad, input: grad * polygamma(1, input))


def _power_sum(order: int, x: Tensor) -> Tensor:
    """``Σ (x + k)^-order`` over k ≥ 0 (the Hurwitz zeta function), by Euler and Maclaurin."""
    terms = int(SERIES_START) + order
    if x.numel():
        # Negative arguments need the terms up to where x + k turns positive; beyond 1000 of them give up as nan.
        lowest = choose(x.isfinite(), x, 0).min().item()
        terms += min(max(0, math.ceil(-lowest)), 1000)
    total = torchere.zeros_like(x)
    for k in range(terms):
        total = total + (x + k) ** -order
    end = x + terms
    tail = end ** (1 - order) / (order - 1) + end**-order / 2
    factor = 1.0
    for j, bernoulli in enumerate(BERNOULLI):
        # order (order+1) … (order+2j) / (2j+2)!
        factor = factor * (order if j == 0 else (order + 2 * j - 1) * (order + 2 * j)) / ((2 * j + 1) * (2 * j + 2))
        tail = tail + bernoulli * factor * end ** (-order - 2 * j - 1)
    total = choose(end > 0, total + tail, math.nan)
    return choose(x == math.inf, 0, total)


def _check_order(n: int, input: Tensor) -> None:
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n. n is {n}; pass 0 for digamma.")


@operator(
    method=True,
    namespace=("", "special"),
    self_parameter="input",
    promote="float",
    dtypes=FLOATING,
    check=_check_order,
)
def polygamma(n: int, input: Tensor) -> Tensor:
    """The `n`-th derivative of `digamma`. RuntimeError: a negative `n`."""
    if n == 0:
        return digamma(input)
    if is_half(input):
        return polygamma(n, input.float()).to(input.dtype)
    if n > 1:
        return _power_sum(n + 1, input) * (math.factorial(n) * (-1 if n % 2 == 0 else 1))
    reflected = input < 0.5
    value = _power_sum(2, choose(reflected, 1 - input, input))
    sine = ((input - input.round()) * math.pi).sin()
    return choose(reflected, (math.pi / sine) ** 2 - value, value)


@composite(method="only")
def polygamma_(input: Tensor, n: int) -> Tensor:
    """`polygamma` written back. RuntimeError for integer tensors."""
    found = polygamma(n, input.clone())  # whose gradient needs the old values
    if not input.dtype.is_floating_point:
        raise DTypeError(
            f"polygamma_(): result type {scalar_type_name(found.dtype)} can't be cast to the desired output type "
            f"{scalar_type_name(input.dtype)}"
        )
    return input.copy_(found)


polygamma.gradient(input=lambda grad, n, input: grad * polygamma(n + 1, input))
