"""Shapes under broadcasting: the common shape of operands, and a gradient's way back to one of them."""

from __future__ import annotations

from collections.abc import Sequence

from torchere import Tensor
from torchere.errors import ShapeError

__all__ = ["broadcast_shape", "reduced"]


def broadcast_shape(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The common shape of operands; RuntimeError, naming the sizes, where there is none."""
    result: list[int] = []
    for shape in shapes:
        for place in range(1, len(shape) + 1):
            size = shape[-place]
            if place > len(result):
                result.insert(0, size)
            elif result[-place] == 1:
                result[-place] = size
            elif size not in (1, result[-place]):
                raise ShapeError(
                    f"The size of tensor a ({result[-place]}) must match the size of tensor b ({size}) at "
                    f"non-singleton dimension {max(len(result), len(shape)) - place}"
                )
    return tuple(result)


def reduced(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`grad` summed over the axes along which `shape` was broadcast to it."""
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    dims = [dim for dim in range(grad.ndim) if dim < extra or (shape[dim - extra] == 1 and grad.shape[dim] != 1)]
    summed = grad.sum(dims, keepdim=True) if dims else grad
    return summed.reshape(shape)
