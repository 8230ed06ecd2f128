"""Formulas of the windows that taper signals, shared by ``torch.hann_window`` and ``torch.signal.windows.hann``.

A formula gets the places ``0 … last`` and `last`. A periodic window is a symmetric one of one more point without its
last, which is for the callers to cut off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torchere
from torchere import Tensor

from .bessel import i0

__all__ = ["Formula", "bell", "cosines", "decay", "half_wave", "kaiser", "triangle"]

Formula = Callable[[Tensor, float], Tensor]


def cosines(weights: Iterable[float]) -> Formula:
    """``Σ (-1)ᵏ weights[k] cos(2πk x)``"""
    terms = [(-1) ** k * float(weight) for k, weight in enumerate(weights)]

    def formula(places: Tensor, last: float) -> Tensor:
        total = torchere.zeros_like(places)
        for k, weight in enumerate(terms):
            total = total + (places * (2 * math.pi * k / last)).cos() * weight
        return total

    return formula


def triangle(places: Tensor, last: float) -> Tensor:
    """0 at both ends, 1 in the middle."""
    return 1 - (places * (2 / last) - 1).abs()


def kaiser(beta: float) -> Formula:
    """``I₀(beta √(1 - x²)) / I₀(beta)``, x from -1 to 1"""

    def formula(places: Tensor, last: float) -> Tensor:
        from_middle = places * (2 / last) - 1
        root = (1 - from_middle * from_middle).clamp(min=0.0).sqrt()
        return i0(root * beta) / i0(torchere.full_like(places[:1], beta))

    return formula


def bell(std: float) -> Formula:
    """A normal density of deviation `std`, 1 in the middle."""
    return lambda places, last: (((places - last / 2) / std) ** 2 * -0.5).exp()


def decay(center: float | None, tau: float) -> Formula:
    """``exp(-|n - center| / tau)``; the middle is the default `center`."""

    def formula(places: Tensor, last: float) -> Tensor:
        return ((places - (last / 2 if center is None else center)).abs() / -tau).exp()

    return formula


def half_wave(places: Tensor, last: float) -> Tensor:
    """Half a sine wave that does not reach 0 at the ends."""
    return ((places + 0.5) * (math.pi / (last + 1))).sin()
