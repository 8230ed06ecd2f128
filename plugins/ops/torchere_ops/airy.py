"""The Airy function of the first kind."""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.backend import backend_of
from torchere.dtype_sets import FLOATING
from torchere.operators import operator

from .selection import choose

__all__ = ["special_airy_ai"]

#: Ai(0) and -Ai'(0).
AT_ZERO = 0.355028053887817239
SLOPE_AT_ZERO = 0.258819403792806798
#: Below this size the power series serves, beyond it the integral.
NEAR = 2.0
TERMS = 18
#: Nodes of the trapezoidal rule, which converges exponentially for an entire integrand that dies like exp(-s²).
STEP = 0.125
NODES = 60


def _series(x: Tensor) -> Tensor:
    """DLMF 9.4.1."""
    cube = x * x * x
    first = even = torchere.ones_like(x)
    second = odd = x
    for k in range(1, TERMS):
        even = even * cube / ((3 * k - 1) * (3 * k))
        odd = odd * cube / ((3 * k) * (3 * k + 1))
        first, second = first + even, second + odd
    return AT_ZERO * first - SLOPE_AT_ZERO * second


def _integral(size: Tensor, angle: float) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of ``∫ exp(-exp(i angle) s²) cos(s³ / (3 size^(3/4))) ds`` over the positive axis."""
    slow = 1 / (3 * size**0.75)
    real, imaginary = torchere.full_like(size, STEP / 2), torchere.zeros_like(size)
    for node in range(1, NODES):
        s = node * STEP
        weight = STEP * math.exp(-math.cos(angle) * s * s)
        wave = torchere.cos(slow * s**3)
        real = real + wave * (weight * math.cos(math.sin(angle) * s * s))
        imaginary = imaginary - wave * (weight * math.sin(math.sin(angle) * s * s))
    return real, imaginary


@operator(namespace="special", promote="float", dtypes=FLOATING, differentiable=())
def special_airy_ai(input: Tensor) -> Tensor:
    """The Airy function Ai, the solution of ``y'' = x y`` that vanishes for large x.

    NaN at infinity, as PyTorch has it.
    Not differentiable. Source: DLMF 9.5.8, ``Ai(z) = exp(-ζ)/π ∫ exp(-√z t²) cos(t³/3) dt``, and for negative
    arguments 9.2.11, ``Ai(-x) = 2 Re exp(iπ/3) Ai(x exp(iπ/3))``.
    """
    # Where the device has float64, less would cost the phase of large negative arguments digits.
    wide = torchere.float64 if "float64" in backend_of(input.device.type).dtypes else torchere.float32
    if input.dtype is not wide and input.dtype is not torchere.float64:
        return special_airy_ai(input.to(wide)).to(input.dtype)
    near = input.abs() < NEAR
    size = choose(near, torchere.full_like(input, NEAR), input.abs())
    zeta = size**1.5 * (2 / 3)
    decay = torchere.exp(-zeta) * _integral(size, 0.0)[0] / (math.pi * size**0.25)
    real, imaginary = _integral(size, math.pi / 6)
    phase = math.pi / 3 - zeta
    swing = (real * torchere.cos(phase) - imaginary * torchere.sin(phase)) * 2 / (math.pi * size**0.25)
    return choose(
        near, _series(choose(near, input, torchere.zeros_like(input))), choose(input > 0, decay, swing) + (size - size)
    )
