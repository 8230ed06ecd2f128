"""Orthogonal polynomials of ``torch.special``, by their recurrences; without gradients, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE_FLOATING
from torchere.operators import Number, operator

from .selection import choose

__all__ = [
    "special_chebyshev_polynomial_t",
    "special_chebyshev_polynomial_u",
    "special_chebyshev_polynomial_v",
    "special_chebyshev_polynomial_w",
    "special_hermite_polynomial_h",
    "special_hermite_polynomial_he",
    "special_laguerre_polynomial_l",
    "special_legendre_polynomial_p",
    "special_shifted_chebyshev_polynomial_t",
    "special_shifted_chebyshev_polynomial_u",
    "special_shifted_chebyshev_polynomial_v",
    "special_shifted_chebyshev_polynomial_w",
]

Step = Callable[[int, Tensor, Tensor, Tensor], Tensor]


def _polynomial(input: Tensor | Number, n: Tensor | Number, first: Callable[[Tensor], Tensor], step: Step) -> Tensor:
    """``p[n](input)`` from ``p[0] = 1``, ``p[1]`` and ``p[k + 1] = step(k, x, p[k], p[k - 1])``; 0 for negative n."""
    if not isinstance(input, Tensor):
        assert isinstance(n, Tensor)
        input = torchere.full_like(n, input)
    if not isinstance(n, Tensor):
        n = torchere.full((), n, dtype=input.dtype, device=input.device)
    x, degree = torchere.broadcast_tensors(input, n)
    degree = degree.trunc()
    highest = int(degree.max()) if degree.numel() else 0
    before, value = torchere.ones_like(x), first(x)
    found = choose(degree == 0, before, choose(degree == 1, value, torchere.zeros_like(x)))
    for k in range(1, highest):
        before, value = value, step(k, x, value, before)
        found = choose(degree == k + 1, value, found)
    return found


def _chebyshev(k: int, x: Tensor, value: Tensor, before: Tensor) -> Tensor:
    return x * 2 * value - before


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_chebyshev_polynomial_t(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the first kind of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_t
    """
    return _polynomial(input, n, lambda x: x, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_chebyshev_polynomial_u(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the second kind of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_u
    """
    return _polynomial(input, n, lambda x: x * 2, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_chebyshev_polynomial_v(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the third kind of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_v
    """
    return _polynomial(input, n, lambda x: x * 2 - 1, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_chebyshev_polynomial_w(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the fourth kind of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_w
    """
    return _polynomial(input, n, lambda x: x * 2 + 1, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_shifted_chebyshev_polynomial_t(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the first kind at ``2 * input - 1`` of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_t
    """
    return _polynomial(input * 2 - 1, n, lambda x: x, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_shifted_chebyshev_polynomial_u(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the second kind at ``2 * input - 1`` of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_u
    """
    return _polynomial(input * 2 - 1, n, lambda x: x * 2, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_shifted_chebyshev_polynomial_v(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the third kind at ``2 * input - 1`` of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_v
    """
    return _polynomial(input * 2 - 1, n, lambda x: x * 2 - 1, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_shifted_chebyshev_polynomial_w(input: Tensor, n: Tensor) -> Tensor:
    """Chebyshev's polynomial of the fourth kind at ``2 * input - 1`` of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.shifted_chebyshev_polynomial_w
    """
    return _polynomial(input * 2 - 1, n, lambda x: x * 2 + 1, _chebyshev)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_hermite_polynomial_h(input: Tensor, n: Tensor) -> Tensor:
    """Hermite's polynomial of the physicists of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_h
    """
    return _polynomial(input, n, lambda x: x * 2, lambda k, x, value, before: x * 2 * value - before * (2 * k))


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_hermite_polynomial_he(input: Tensor, n: Tensor) -> Tensor:
    """Hermite's polynomial of probability theory of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_he
    """
    return _polynomial(input, n, lambda x: x, lambda k, x, value, before: x * value - before * k)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_laguerre_polynomial_l(input: Tensor, n: Tensor) -> Tensor:
    """Laguerre's polynomial of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.laguerre_polynomial_l
    """
    return _polynomial(
        input, n, lambda x: 1 - x, lambda k, x, value, before: ((2 * k + 1 - x) * value - before * k) / (k + 1)
    )


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_legendre_polynomial_p(input: Tensor, n: Tensor) -> Tensor:
    """Legendre's polynomial of degree `n` (a tensor or a number).

    Source: https://pytorch.org/docs/stable/special.html#torch.special.legendre_polynomial_p
    """
    return _polynomial(
        input, n, lambda x: x, lambda k, x, value, before: (x * value * (2 * k + 1) - before * k) / (k + 1)
    )
