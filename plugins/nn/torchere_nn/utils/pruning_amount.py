"""How much to prune, and along which channels: the checks and sums of ``prune.py``."""

from __future__ import annotations

import numbers
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["check_amount", "check_amount_fits", "check_dim", "check_structured", "count_to_prune", "norms_along"]


def check_amount(amount: Any) -> None:
    """Raise TypeError unless it is a number; ValueError unless a fraction in [0, 1] or a whole number ≥ 0."""
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, numbers.Integral)
    if (whole and amount < 0) or (not whole and not 0.0 <= float(amount) <= 1.0):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def count_to_prune(amount: Any, size: int) -> int:
    """The number of units that ``amount``, a number or a fraction of ``size``, means."""
    return int(amount) if isinstance(amount, numbers.Integral) else round(float(amount) * size)


def check_amount_fits(count: int, size: int) -> None:
    """Raise ValueError if more is to be pruned than there is."""
    if count > size:
        raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")


def check_structured(t: Tensor) -> None:
    """Raise ValueError for tensors without channels."""
    if t.dim() <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{tuple(t.shape)} with {t.dim()} dims"
        )


def check_dim(t: Tensor, dim: int) -> None:
    """Raise IndexError for a dimension the tensor lacks."""
    if not -t.dim() <= dim < t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {tuple(t.shape)}")


def norms_along(t: Tensor, order: Any, dim: int) -> Tensor:
    """The norm of each channel along ``dim``; ``order`` a number, inf, ``"fro"`` or ``"nuc"``."""
    others = [axis for axis in range(t.dim()) if axis != dim % t.dim()]
    return torch.norm(t, p=order, dim=others)
