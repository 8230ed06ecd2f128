"""Joining tensors along an existing or a new dimension."""

from __future__ import annotations

from collections.abc import Sequence

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import Dim, NewDim, composite, operator, primitive
from torchere.operators.arguments import wrap_dim

from .rearrange import atleast_1d, atleast_2d, atleast_3d
from .shape import index_view

__all__ = ["block_diag", "cat", "column_stack", "dstack", "hstack", "joined", "stack", "vstack"]


def _passes(shape: Sequence[int]) -> bool:
    """Whether a tensor is left out: PyTorch lets 1-d tensors without elements pass among others of any rank."""
    return len(shape) == 1 and shape[0] == 0


def _check_joined(tensors: Sequence[Tensor], dim: int) -> None:
    first: Sequence[int] | None = None
    for place, tensor in enumerate(tensors):
        shape = tensor.shape
        if not shape:
            raise ShapeError(f"zero-dimensional tensor (at position {place}) cannot be concatenated")
        if first is None:
            first = None if _passes(shape) else shape
        elif shape != first and not _passes(shape):
            if len(shape) != len(first):
                raise ShapeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
            for axis, (expected, size) in enumerate(zip(first, shape, strict=True)):
                if axis != dim and expected != size:
                    raise ShapeError(
                        f"Sizes of tensors must match except in dimension {dim}. Expected size {expected} but got size "
                        f"{size} for tensor number {place} in the list."
                    )


@primitive(name="cat", namespace=(), promote="same")
def joined(tensors: Sequence[Tensor], dim: Dim = 0) -> Tensor:
    """The tensors one after the other along `dim` (what `cat` is, for a list that is not empty)."""
    ...


def _parts(grad: Tensor, shapes: Sequence[Sequence[int]], dim: int) -> list[Tensor]:
    """The region of `grad` each tensor filled."""
    parts, begin = [], 0
    before = (slice(None),) * dim
    for shape in shapes:
        if _passes(shape):
            parts.append(grad.new_zeros((0,)))
            continue
        end = begin + shape[dim]
        parts.append(index_view(grad, (*before, slice(begin, end))))
        begin = end
    return parts


joined.gradient(tensors=lambda grad, tensors_shape, dim: _parts(grad, tensors_shape, dim))


_LISTS = (list, tuple)


@composite(aliases=("concat", "concatenate"))
def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """The tensors one after the other along `dim`, in their promoted dtype.

    They must have the same shape except in `dim`; 1-d tensors without elements are left out. ValueError for an empty
    list; RuntimeError for shapes that do not match; TypeError for a single tensor instead of a list.
    """
    if dim.__class__ is int and dim >= 0 and tensors.__class__ in _LISTS and tensors and axis is None and out is None:
        try:
            return joined(tensors, dim)  # what nearly all calls are; what goes wrong is told below
        except (RuntimeError, ValueError, IndexError, TypeError):
            pass
    if isinstance(tensors, Tensor):
        raise TypeError("cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not tensors:
        raise ArgumentError("torch.cat(): expected a non-empty list of Tensors")
    dim = dim if axis is None else axis
    first = tensors[0]
    if first.ndim == 1 and first.numel() == 0:
        if dim < 0:  # counts from the end of the tensors that take part
            dim += max(tensor.ndim for tensor in tensors)
        tensors = _solid_first(tensors)
    try:
        return joined(tensors, dim) if out is None else joined(tensors, dim, out=out)
    except (RuntimeError, ValueError):
        _check_joined(tensors, wrap_dim(dim, tensors[0].ndim, "cat"))  # only now: it would cost every call
        raise


def _solid_first(tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    """A tensor with elements first, so that the dimension is checked against its rank; order among those is kept."""
    for place, tensor in enumerate(tensors):
        if not _passes(tensor.shape):
            return [tensor, *tensors[:place], *tensors[place + 1 :]]
    return tensors


def _check_stack(tensors: Sequence[Tensor]) -> None:
    first = tensors[0].shape
    for place, tensor in enumerate(tensors):
        if tensor.shape != first:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor.shape)} at entry {place}"
            )


@operator(name="stack", namespace=(), promote="same")
def stacked(tensors: Sequence[Tensor], dim: NewDim = 0) -> Tensor:
    """The tensors side by side along a new dimension (what `stack` is, for a list that is not empty)."""
    return joined([tensor.unsqueeze(dim) for tensor in tensors], dim)


stacked.gradient(tensors=lambda grad, dim: list(grad.unbind(dim)))


@composite()
def stack(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None, out: Tensor | None = None) -> Tensor:
    """Tensors of the same shape side by side along a new dimension `dim`. RuntimeError for other shapes or none."""
    if isinstance(tensors, Tensor):
        raise TypeError("stack(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not tensors:
        raise ShapeError("stack expects a non-empty TensorList")
    dim = dim if axis is None else axis
    try:
        return stacked(tensors, dim) if out is None else stacked(tensors, dim, out=out)
    except (RuntimeError, ValueError):
        _check_stack(tensors)  # only now: it would cost every call
        raise


def _list(tensors: Sequence[Tensor], name: str) -> Sequence[Tensor]:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not tensors:
        raise ShapeError(f"{name} expects a non-empty TensorList")
    return tensors


@composite()
def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors joined along dimension 1; those of one dimension (0-d become 1-d) along dimension 0."""
    parts = atleast_1d(*_list(tensors, "hstack"))
    parts = parts if isinstance(parts, tuple) else (parts,)
    return cat(parts, 0 if parts[0].ndim == 1 else 1, out=out)


@composite(aliases=("row_stack",))
def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors, made at least 2-d, joined along dimension 0."""
    parts = atleast_2d(*_list(tensors, "vstack"))
    return cat(parts if isinstance(parts, tuple) else (parts,), 0, out=out)


@composite()
def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors, made at least 3-d, joined along dimension 2."""
    parts = atleast_3d(*_list(tensors, "dstack"))
    return cat(parts if isinstance(parts, tuple) else (parts,), 2, out=out)


@composite()
def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """0-d and 1-d tensors as columns, others as they are, joined along dimension 1."""
    parts = [
        tensor.reshape(tensor.numel(), 1) if tensor.ndim <= 1 else tensor for tensor in _list(tensors, "column_stack")
    ]
    return cat(parts, 1, out=out)


@composite()
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the given matrices (vectors are rows, numbers of size 1) along its diagonal and zeros elsewhere."""
    if not tensors:
        return torchere.zeros((1, 0))
    matrices = []
    for place, tensor in enumerate(tensors):
        if tensor.ndim > 2:
            raise ShapeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {place} has {tensor.ndim} dimensions"
            )
        matrices.append(tensor.reshape(1, -1) if tensor.ndim < 2 else tensor)
    width = sum(matrix.shape[1] for matrix in matrices)
    bands, begin = [], 0
    for matrix in matrices:
        height, columns = matrix.shape
        left = matrix.new_zeros((height, begin))
        right = matrix.new_zeros((height, width - begin - columns))
        bands.append(cat([left, matrix, right], 1))
        begin += columns
    return cat(bands, 0)
