"""Dropout with a ``training`` and an ``inplace`` flag."""

from __future__ import annotations

import torchere as torch
from torchere import Tensor

__all__ = ["alpha_dropout", "dropout", "feature_alpha_dropout"]


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Elements are zero with probability ``p``, else multiplied by ``1 / (1 - p)``; ``input`` unless ``training``.

    Raises ValueError for a probability outside 0..1. Source: Hinton et al. 2012.
    """
    _check_probability(p)
    if not training:
        # Also in place: nothing is written, so parameters may pass.
        return input
    return torch.dropout_(input, p, training) if inplace else torch.dropout(input, p, training)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for self-normalising networks: keeps mean 0 and variance 1. Source: Klambauer et al. 2017."""
    _check_probability(p)
    return torch.alpha_dropout_(input, p, training) if inplace else torch.alpha_dropout(input, p, training)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """:func:`alpha_dropout` of whole channels of ``(N, C, *)``."""
    _check_probability(p)
    if inplace:
        return torch.feature_alpha_dropout_(input, p, training)
    return torch.feature_alpha_dropout(input, p, training)
