"""Incomplete gamma functions and the Hurwitz zeta function."""

from __future__ import annotations

import math
from collections.abc import Callable

import torchere
from torchere import Tensor
from torchere.backend import backend_of
from torchere.dtype_sets import FLOATING, WIDE_FLOATING
from torchere.operators import Number, operator

from .missing_derivatives import no_derivative
from .selection import choose
from .special import BERNOULLI, lgamma

__all__ = ["igamma", "igammac", "special_gammainc", "special_gammaincc", "special_zeta"]

#: Series and fractions end when nothing changes any more; this many rounds serve arguments up to some millions.
ROUNDS = 20000


def _in_double(function: Callable[[Tensor, Tensor], Tensor], input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`function` computed in float64 where the device has it: powers and factorials cancel in float32."""
    like = input if isinstance(input, Tensor) else other
    assert isinstance(like, Tensor)
    wide = torchere.float64 if "float64" in backend_of(like.device.type).dtypes else torchere.float32
    first, second = (
        value.to(wide) if isinstance(value, Tensor) else torchere.full((), value, dtype=wide, device=like.device)
        for value in (input, other)
    )
    first, second = torchere.broadcast_tensors(first, second)
    return function(first, second).to(like.dtype)


def _lower_series(a: Tensor, x: Tensor) -> Tensor:
    """The sum ``Σ xⁿ / (a (a+1) … (a+n))``."""
    term = a.reciprocal()
    total, step = term, a
    for _ in range(ROUNDS):
        step = step + 1
        term = term * x / step
        grown = total + term
        if bool((grown == total).all()):
            break
        total = grown
    return total


def _upper_fraction(a: Tensor, x: Tensor) -> Tensor:
    """Legendre's continued fraction of the upper function, by Lentz's method."""
    tiny = 1e-30
    b = x + 1 - a
    c = torchere.full_like(x, 1 / tiny)
    d = b.reciprocal()
    value = d
    epsilon = 4 * torchere.finfo(x.dtype).eps  # rounding keeps it from getting closer
    for i in range(1, ROUNDS):
        factor = -i * (i - a)
        b = b + 2
        d = factor * d + b
        d = choose(d.abs() < tiny, tiny, d).reciprocal()
        c = b + factor / c
        c = choose(c.abs() < tiny, tiny, c)
        change = d * c
        value = value * change
        if bool(((change - 1).abs() <= epsilon).all()):
            break
    return value


def _regularised(a: Tensor, x: Tensor, upper: bool) -> Tensor:
    valid = (a > 0) & (x > 0) & (a < math.inf) & (x < math.inf)
    safe_a, safe_x = choose(valid, a, 1.0), choose(valid, x, 1.0)
    factor = (safe_a * safe_x.log() - safe_x - lgamma(safe_a)).exp()
    low = safe_x < safe_a + 1
    lower = factor * _lower_series(choose(low, safe_a, 1.0), choose(low, safe_x, 1.0))
    rest = factor * _upper_fraction(choose(low, 1.0, safe_a), choose(low, 3.0, safe_x))
    value = choose(low, 1 - lower, rest) if upper else choose(low, lower, 1 - rest)
    # The edges: all mass lies at 0 for a = 0, and at infinity for a = inf.
    none, whole = (1.0, 0.0) if upper else (0.0, 1.0)
    undefined = torchere.full_like(value, math.nan)
    edge = choose((x == 0) & (a > 0), none, undefined)
    edge = choose((a == 0) & (x > 0), whole, edge)
    edge = choose((a == math.inf) & (x >= 0) & (x < math.inf), none, edge)
    edge = choose((x == math.inf) & (a >= 0) & (a < math.inf), whole, edge)
    return choose(valid, value, edge)


def _density(input: Tensor | Number, other: Tensor) -> Tensor:
    if not isinstance(input, Tensor):
        return ((input - 1) * other.log() - other - math.lgamma(input.real)).exp()
    return ((input - 1) * other.log() - other - lgamma(input)).exp()


@operator(method=True, inplace=True, promote="same", dtypes=FLOATING)
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """The regularised lower incomplete gamma function ``∫₀ˣ tᵃ⁻¹ exp(-t) dt / Γ(a)``, a `input`, x `other`.

    nan for negative arguments; NotImplementedError for integers. Differentiable by `other` only, as in PyTorch.
    Source: https://pytorch.org/docs/stable/generated/torch.igamma.html
    """
    return _in_double(lambda a, x: _regularised(a, x, False), input, other)


@operator(method=True, inplace=True, promote="same", dtypes=FLOATING)
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """The regularised upper incomplete gamma function ``1 - igamma(input, other)``, accurate where that is small.

    nan for negative arguments; NotImplementedError for integers. Differentiable by `other` only, as in PyTorch.
    Source: https://pytorch.org/docs/stable/generated/torch.igammac.html
    """
    return _in_double(lambda a, x: _regularised(a, x, True), input, other)


igamma.gradient(input=no_derivative("igamma: input"), other=lambda grad, input, other: grad * _density(input, other))
igammac.gradient(input=no_derivative("igammac: input"), other=lambda grad, input, other: -grad * _density(input, other))


@operator(namespace="special", promote="same", dtypes=FLOATING)
def special_gammainc(input: Tensor, other: Tensor) -> Tensor:
    """Another name of `igamma`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.gammainc
    """
    return igamma(input, other)


@operator(namespace="special", promote="same", dtypes=FLOATING)
def special_gammaincc(input: Tensor, other: Tensor) -> Tensor:
    """Another name of `igammac`.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.gammaincc
    """
    return igammac(input, other)


def _zeta(x: Tensor, q: Tensor) -> Tensor:
    whole = q == q.floor()
    defined = (x > 1) & ((q > 0) | (whole.logical_not() & (x == x.floor())))
    s, base = choose(defined, x, 2.0), choose(defined, q, 1.0)
    lowest = float(base.min()) if base.numel() else 1.0
    terms = 12 + min(max(0, math.ceil(-lowest)), 1000)
    total = torchere.zeros_like(base)
    for k in range(terms):
        total = total + (base + k) ** -s
    # The rest of the sum by Euler and Maclaurin.
    end = base + terms
    power = end**-s
    total = total + end * power / (s - 1) + power / 2
    factor = s * power / end
    for j, bernoulli in enumerate(BERNOULLI):
        total = total + factor * (bernoulli / math.factorial(2 * j + 2))
        factor = factor * (s + 2 * j + 1) * (s + 2 * j + 2) / (end * end)
    value = choose(defined, total, math.nan)
    value = choose((x > 1) & (q <= 0) & whole, math.inf, value)
    return choose((x == 1), math.inf, value)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING)
def special_zeta(input: Tensor, other: Tensor) -> Tensor:
    """Hurwitz's zeta function ``Σ (other + k)^-input`` over k ≥ 0; inf at its poles, nan for `input` below 1.

    Differentiable by `other` only, as in PyTorch.
    Source: https://pytorch.org/docs/stable/special.html#torch.special.zeta
    """
    return _in_double(_zeta, input, other)


special_zeta.gradient(
    input=no_derivative("zeta: input"), other=lambda grad, input, other: grad * -input * special_zeta(input + 1, other)
)
