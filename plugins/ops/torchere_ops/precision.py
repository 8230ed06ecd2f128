"""Which dtypes need a wider one inside a long decomposition."""

from __future__ import annotations

from torchere import Tensor

__all__ = ["is_half"]


def is_half(input: Tensor) -> bool:
    """Whether `input` has 16 bits or fewer: series and polynomials then compute in float32, and round once."""
    return input.dtype.is_floating_point and input.dtype.itemsize <= 2
