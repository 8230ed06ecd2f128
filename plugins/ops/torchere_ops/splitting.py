"""Cutting a tensor into pieces along a dimension; every piece is a view.

Autograd lets nobody write to the pieces of `split`, `chunk` and `unbind`, as in PyTorch; to those of `tensor_split` it
does, and those of ``unsafe_…`` it takes for tensors of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from torchere import Tensor
from torchere.errors import DimensionError, ShapeError
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim
from torchere.tensors.views import as_pieces, as_unsafe_pieces

from .shape import index_view

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]


def _pieces(input: Tensor, edges: Sequence[int], dim: int) -> tuple[Tensor, ...]:
    """The regions between consecutive edges."""
    before = (slice(None),) * dim
    return tuple(index_view(input, (*before, slice(begin, end))) for begin, end in pairwise(edges))


@composite(method=True)
def split(
    input: Tensor,
    split_size_or_sections: int | Sequence[int] | None = None,
    dim: int = 0,
    *,
    split_size: int | Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """Pieces of equal size (the last may be smaller), or of the sizes listed, along `dim`.

    `split_size` is the method's name of the first argument. RuntimeError for 0-d tensors, negative sizes, and listed
    sizes whose sum differs from that of the dimension.
    """
    step = split_size if split_size_or_sections is None else split_size_or_sections
    if step is None:
        raise TypeError('split() missing 1 required positional argument: "split_size_or_sections"')
    if not isinstance(step, int):
        return split_with_sizes(input, step, dim)
    if input.ndim == 0:
        raise ShapeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input.ndim, "split")
    if step < 0:
        raise ShapeError(f"split expects split_size be non-negative, but got split_size={step}")
    size = input.shape[dim]
    if step == 0:
        if size:
            raise ShapeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
        return as_pieces(_pieces(input, (0, 0), dim), "Split")
    return as_pieces(_pieces(input, (*range(0, size, step), size) if size else (0, 0), dim), "Split")


@composite(method=True)
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of the sizes listed, which must add up to that of the dimension (RuntimeError otherwise)."""
    if input.ndim == 0:
        raise ShapeError("split_with_sizes expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input.ndim, "split_with_sizes")
    sizes = [int(size) for size in split_sizes]
    if sizes and min(sizes) < 0:
        raise ShapeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={sizes}"
        )
    if sum(sizes) != input.shape[dim]:
        raise ShapeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[dim]} (input tensor's size at "
            f"dimension {dim}), but got split_sizes={sizes}"
        )
    return as_pieces(_pieces(input, (0, *accumulate(sizes)), dim), "SplitWithSizes")


@composite(method=True)
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of equal size along `dim`; the last may be smaller."""
    if input.ndim == 0:
        raise ShapeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise ShapeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, input.ndim, "chunk")
    size = input.shape[dim]
    if size == 0:
        return as_pieces(_pieces(input, (0,) * (chunks + 1), dim), "SplitWithSizes")
    return split(input, -(-size // chunks), dim)


@composite(method=True)
def tensor_split(
    input: Tensor,
    indices_or_sections: int | Sequence[int] | Tensor | None = None,
    dim: int = 0,
    *,
    sections: int | None = None,
    indices: Sequence[int] | None = None,
    tensor_indices_or_sections: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Pieces between the indices listed, or `n` pieces whose sizes differ by at most one, along `dim`."""
    where = next(
        value for value in (indices_or_sections, sections, indices, tensor_indices_or_sections, ()) if value is not None
    )
    if input.ndim == 0:
        raise ShapeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.ndim, "tensor_split")
    size = input.shape[dim]
    if isinstance(where, Tensor):
        if where.ndim > 1:
            raise ShapeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
                f"but got a tensor with {where.ndim} dims"
            )
        where = where.tolist()
    if isinstance(where, int):
        if where <= 0:
            raise ShapeError(f"number of sections must be larger than 0, got {where}")
        small, larger = divmod(size, where)
        return _pieces(input, [part * small + min(part, larger) for part in range(where + 1)], dim)
    # As with slices: negative indices count from the end, those out of range are clipped, empty pieces are allowed.
    starts = [slice(int(index), None).indices(size)[0] for index in where]
    before = (slice(None),) * dim
    return tuple(
        index_view(input, (*before, slice(begin, max(begin, end))))
        for begin, end in zip((0, *starts), (*starts, size), strict=True)
    )


def _along(input: Tensor, where: int | Sequence[int], name: str, rank: int, dim: int) -> tuple[Tensor, ...]:
    if input.ndim < rank:
        raise ShapeError(
            f"torch.{name} requires a tensor with at least {rank} dimension, but got a tensor with {input.ndim} "
            "dimensions!"
        )
    size = input.shape[dim]
    if isinstance(where, int) and (where <= 0 or size % where):
        raise ShapeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {size} is not "
            f"divisible by the split_size {where}!"
        )
    return tensor_split(input, where, dim)


def _chosen(name: str, *ways: int | Sequence[int] | None) -> int | Sequence[int]:
    """The one way given: by the documented name, or by PyTorch's own `sections` and `indices`."""
    given = [way for way in ways if way is not None]
    if len(given) != 1:
        raise TypeError(f"{name}() takes one of 'sections' (int) and 'indices' (tuple of ints), got {len(given)}")
    return given[0]


@composite(method=True)
def hsplit(
    input: Tensor,
    indices_or_sections: int | Sequence[int] | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 1 (0 for 1-d tensors)."""
    return _along(
        input, _chosen("hsplit", indices_or_sections, sections, indices), "hsplit", 1, 0 if input.ndim == 1 else 1
    )


@composite(method=True)
def vsplit(
    input: Tensor,
    indices_or_sections: int | Sequence[int] | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 0."""
    return _along(input, _chosen("vsplit", indices_or_sections, sections, indices), "vsplit", 2, 0)


@composite(method=True)
def dsplit(
    input: Tensor,
    indices_or_sections: int | Sequence[int] | None = None,
    *,
    sections: int | None = None,
    indices: Sequence[int] | None = None,
) -> tuple[Tensor, ...]:
    """`tensor_split` into equal pieces along dimension 2."""
    return _along(input, _chosen("dsplit", indices_or_sections, sections, indices), "dsplit", 3, 2)


@composite(method=True)
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All slices along a dimension, which disappears. IndexError for 0-d tensors."""
    if input.ndim == 0:
        raise DimensionError("Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim, "unbind")
    before = (slice(None),) * dim
    return as_pieces([index_view(input, (*before, place)) for place in range(input.shape[dim])], "Unbind")


@composite(method=True)
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`split` whose pieces autograd takes for tensors of their own: write to them only if `input` is not read after."""
    return as_unsafe_pieces(split(input, split_size, dim))


@composite(method=True)
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split_with_sizes` under the conditions of `unsafe_split`."""
    return as_unsafe_pieces(split_with_sizes(input, split_sizes, dim))


@composite(method=True)
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`chunk` under the conditions of `unsafe_split`."""
    return as_unsafe_pieces(chunk(input, chunks, dim))
