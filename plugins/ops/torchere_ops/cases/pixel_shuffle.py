"""Cases of rearrangements between channels and pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _shuffle(x: Array, r: int) -> Array:
    *lead, channels, height, width = x.shape
    y = np.zeros((*lead, channels // (r * r), height * r, width * r), x.dtype)
    for c in range(channels):
        y[..., c // (r * r), c // r % r :: r, c % r :: r] = x[..., c, :, :]
    return y


def _unshuffle(x: Array, r: int) -> Array:
    *lead, channels, height, width = x.shape
    y = np.zeros((*lead, channels * r * r, height // r, width // r), x.dtype)
    for c in range(channels * r * r):
        y[..., c, :, :] = x[..., c // (r * r), c // r % r :: r, c % r :: r]
    return y


def _deal(x: Array, groups: int) -> Array:
    order = [g * (x.shape[1] // groups) + i for i in range(x.shape[1] // groups) for g in range(groups)]
    return x[:, order]


CASES = [
    Case("pixel_shuffle", A(2, 8, 2, 3), 2, reference=_shuffle, dtypes=ALL),
    Case("pixel_shuffle", A(9, 2, 2), 3, reference=_shuffle),
    Case("pixel_shuffle", A(0, 4, 2, 2), 2, reference=_shuffle),
    Case("pixel_unshuffle", A(2, 2, 4, 6), 2, reference=_unshuffle, dtypes=ALL),
    Case("pixel_unshuffle", A(1, 3, 3), 3, reference=_unshuffle),
    Case("channel_shuffle", A(2, 6, 2, 2), 3, reference=_deal, dtypes=ALL),
    Case("channel_shuffle", A(1, 4, 3), 2, reference=_deal),
]

ERRORS = [
    ErrorCase(
        "pixel_shuffle", A(1, 7, 2, 2), 2, raises=RuntimeError, match="divisible by the square of upscale_factor"
    ),
    ErrorCase("pixel_shuffle", A(2, 2), 2, raises=RuntimeError, match="at least 3 dimensions"),
    ErrorCase("pixel_shuffle", A(1, 8, 2, 2), 0, raises=RuntimeError, match="positive upscale_factor"),
    ErrorCase("pixel_unshuffle", A(1, 2, 5, 4), 2, raises=RuntimeError, match="height to be divisible"),
    ErrorCase("pixel_unshuffle", A(1, 2, 4, 5), 2, raises=RuntimeError, match="width to be divisible"),
    ErrorCase("channel_shuffle", A(1, 5, 2, 2), 2, raises=RuntimeError, match="divisible by groups"),
    ErrorCase("channel_shuffle", A(1, 4), 2, raises=RuntimeError, match="> 2 dims"),
    ErrorCase("channel_shuffle", A(1, 4, 2, 2), 0, raises=RuntimeError, match="must be positive"),
]
