"""Copies of a tensor with a region replaced: the counterparts of views in code without in-place writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere import Tensor
from torchere.errors import ShapeError
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim

from .creation import placed
from .shape import index_view

__all__ = ["as_strided_scatter", "diagonal_scatter", "narrow_copy", "select_scatter", "slice_scatter"]


def _replaced(input: Tensor, src: Tensor, region: Any, name: str) -> Tensor:
    """A copy of `input` whose `region` (a function from a tensor to a view of it) holds `src`."""
    result = src._key.accompany(input.clone(memory_format="contiguous_format"))
    part = region(result)
    if part.shape != src.shape:
        raise ShapeError(
            f"{name}(): expected src to have a size equal to the slice of self. src size = {list(src.shape)}, "
            f"slice size = {list(part.shape)}"
        )
    part.copy_(src)
    return result


@composite(method=True)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` with ``select(dim, index)`` replaced by `src`. RuntimeError unless the shapes match."""
    return _replaced(input, src, lambda x: x.select(dim, index), "select_scatter")


@composite(method=True)
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of `input` with the slice ``start:end:step`` along `dim` replaced by `src`."""
    if step <= 0:
        raise ShapeError(f"slice step must be positive, got {step}")
    where = (*(slice(None),) * wrap_dim(dim, input.ndim, "slice_scatter"), slice(start, end, step))
    return _replaced(input, src, lambda x: index_view(x, where), "slice_scatter")


@composite(method=True)
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `input` with ``diagonal(offset, dim1, dim2)`` replaced by `src`."""
    return _replaced(input, src, lambda x: x.diagonal(offset, dim1, dim2), "diagonal_scatter")


@composite(method=True)
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """A copy of `input` with ``as_strided(size, stride, storage_offset)`` of the copy replaced by `src`."""
    return _replaced(input, src, lambda x: x.as_strided(size, stride, storage_offset), "as_strided_scatter")


@composite(method=True)
def narrow_copy(input: Tensor, dim: int, start: int, length: int, *, out: Tensor | None = None) -> Tensor:
    """A copy of ``narrow(dim, start, length)``."""
    return placed(input.narrow(dim, start, length).clone(), out)
