"""What reductions share: how many elements an axis set holds, and how a gradient gets its axes back."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torchere import Tensor
from torchere.errors import DimensionError, ShapeError

from .shape import expand_view

__all__ = ["at_index", "element_count", "require_elements", "spread", "spread_like"]


def element_count(shape: Sequence[int], dim: Sequence[int] | None) -> int:
    """How many elements one result of a reduction over `dim` (None or empty: all axes) is made of."""
    if not dim:
        return prod(shape)
    return prod(shape[axis] for axis in dim) if len(shape) else 1


def spread_like(value: Tensor, shape: Sequence[int], dim: Sequence[int] | None, keepdim: bool) -> Tensor:
    """`value`, a result reduced over `dim`, with the reduced axes back as axes of length one."""
    if keepdim or not shape:
        return value
    if not dim:
        return value.reshape((1,) * len(shape))
    for axis in sorted(dim):
        value = value.unsqueeze(axis)
    return value


def spread(grad: Tensor, shape: Sequence[int], dim: Sequence[int] | None, keepdim: bool) -> Tensor:
    """The gradient `grad` of a reduction over `dim`, repeated for every element of the input's `shape`."""
    if dim and shape and not keepdim:
        for axis in sorted(dim):
            grad = grad.unsqueeze(axis)
    return expand_view(grad, shape)


def at_index(grad: Tensor, indices: Tensor, shape: Sequence[int], dim: int, keepdim: bool = True) -> Tensor:
    """Zeros of `shape` with `grad` at `indices` along `dim`: the gradient of an operator that selects elements."""
    if not shape:
        return grad.reshape(())
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return grad.new_zeros(shape).scatter(dim, indices, grad)


def require_elements(
    name: str, shape: Sequence[int], dim: Sequence[int] | int | None, error: type[Exception] = ShapeError
) -> None:
    """Raise PyTorch's error where a reduction without an identity meets an axis of length zero.

    `error` is what a reduction over everything raises; over chosen axes it is always an IndexError.
    """
    if isinstance(dim, int):
        dim = (dim,)
    if not dim:
        if 0 in shape:
            raise error(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                f"Specify the reduction dim with the 'dim' argument (input has shape {tuple(shape)})."
            )
        return
    for axis in dim:
        if shape and shape[axis] == 0:
            raise DimensionError(
                f"{name}(): Expected reduction dim {axis} to have non-zero size, but input has shape {tuple(shape)}. "
                "Reduce over an axis that has elements."
            )
