"""The mathematics of weight normalisation, shared by the parametrization and the older hook."""

from __future__ import annotations

import torchere as torch
from torchere import Tensor

__all__ = ["norm_except_dim", "normalized"]


def norm_except_dim(tensor: Tensor, order: float, dim: int) -> Tensor:
    """The norms over all dimensions but ``dim``, these kept with size 1; over all of them (0-d) for ``dim=-1``."""
    if dim == -1:
        return torch.linalg.vector_norm(tensor, order)
    others = [axis for axis in range(tensor.dim()) if axis != dim]
    # With no other dimension each element is its own norm; an empty list would mean all dimensions.
    return torch.linalg.vector_norm(tensor, order, others, keepdim=True) if others else tensor.abs()


def normalized(direction: Tensor, magnitude: Tensor, dim: int) -> Tensor:
    """``magnitude · direction / ‖direction‖``."""
    return direction * (magnitude / norm_except_dim(direction, 2, dim))
