"""Regions of one dimension, as views: a single slice, or a run of them."""

from __future__ import annotations

from torchere import Tensor
from torchere.errors import DimensionError, ShapeError
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim

from .shape import index_view

__all__ = ["narrow", "select"]


@composite(method=True)
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at position `index` of a dimension, which disappears. IndexError for 0-d tensors and out of range."""
    if input.ndim == 0:
        raise DimensionError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, input.ndim, "select")
    size = input.shape[dim]
    if not -size <= index < size:
        raise DimensionError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return index_view(input, (*(slice(None),) * dim, int(index)))


@composite(method=True)
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """`length` elements of a dimension beginning at `start`, which may be negative or a 0-d integer tensor."""
    if input.ndim == 0:
        raise ShapeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise ShapeError(f"narrow(): length must be non-negative, got {length}.")
    dim = wrap_dim(dim, input.ndim, "narrow")
    size = input.shape[dim]
    if isinstance(start, Tensor) and (start.ndim or start.dtype.is_floating_point or start.dtype.is_complex):
        raise ShapeError(f"narrow(): start must be an 0-dim integral Tensor, got {start.dtype} {list(start.shape)}.")
    begin = int(start)
    if not -size <= begin <= size:
        raise DimensionError(f"start out of range (expected to be in range of [{-size}, {size}], but got {begin})")
    if begin < 0:
        begin += size
    if begin + length > size:
        raise ShapeError(f"start ({begin}) + length ({length}) exceeds dimension size ({size}).")
    return index_view(input, (*(slice(None),) * dim, slice(begin, begin + length)))
