"""Copies: clones, conversions, reversed, rotated and repeated tensors, diagonal matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import DimensionError, ShapeError, UnsupportedDTypeError
from torchere.operators import Dim, composite, operator, primitive
from torchere.operators.arguments import shape_tuple, wrap_dim, wrap_dims
from torchere.promotion import scalar_type_name

from .anywhere import anywhere
from .creation import placed
from .shape import diagonal_backward, expand_view, shape_view

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "clone",
    "contiguous",
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "repeat",
    "repeat_interleave",
    "resolve_conj",
    "resolve_neg",
    "roll",
    "rot90",
    "tile",
    "to_dtype",
]


# --- copies ------------------------------------------------------------------------------------------------------


@primitive(method=True, out=False)
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy. `memory_format` chooses its layout; by default that of `input`, if it has no gaps."""
    ...


clone.gradient(input=lambda grad: grad)


@primitive(method="only", out=False, result="array", node_name="ToCopyBackward0")
def to_dtype(input: Tensor, dtype: DType) -> Tensor:
    """A copy converted to `dtype`. Complex numbers lose their imaginary part, with a warning, in a real dtype."""
    ...


def _converted_back(grad: Tensor, dtype: DType) -> Tensor:
    if grad.dtype.is_complex and not dtype.is_complex:
        grad = grad.real
    return grad if grad.dtype is dtype else to_dtype(grad, dtype)


to_dtype.gradient(input=lambda grad, input_dtype: _converted_back(grad, input_dtype))


@composite(method="only")
def contiguous(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """`input` itself if its elements lie in row-major order (or that of `memory_format`), else a copy that does."""
    if memory_format is None:
        return input if input.is_contiguous() else clone(input, memory_format="contiguous_format")
    if not isinstance(memory_format, torchere.memory_format):
        found = type(memory_format).__name__
        raise TypeError(f"contiguous(): argument 'memory_format' must be torch.memory_format, not {found}")
    if memory_format is torchere.preserve_format:
        return input
    if input.is_contiguous(memory_format=memory_format):
        return input
    return clone(input, memory_format=memory_format)


@composite(method=True)
def resolve_conj(input: Tensor) -> Tensor:
    """`input` itself: conjugates are never lazy here."""
    if not isinstance(input, Tensor):
        raise TypeError(f"resolve_conj(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input


@composite(method=True)
def resolve_neg(input: Tensor) -> Tensor:
    """`input` itself: negatives are never lazy here."""
    if not isinstance(input, Tensor):
        raise TypeError(f"resolve_neg(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input


# --- order -------------------------------------------------------------------------------------------------------


@primitive(name="flip", namespace=(), out=False)
def flipped(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The elements in reverse order along `dims`, counted from the front."""
    ...


flipped.gradient(input=lambda grad, dims: flipped(grad, dims))


@composite(method=True)
def flip(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The elements in reverse order along each of `dims`; a copy. ``flip(x, (0, 1))``, ``x.flip(0, 1)``."""
    if not args and dims is None:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    return flipped(input, wrap_dims(shape_tuple(args if dims is None else dims, "flip"), input.ndim, "flip"))


@composite(method=True)
def fliplr(input: Tensor) -> Tensor:
    """Columns in reverse order. RuntimeError below two dimensions."""
    if input.ndim < 2:
        raise ShapeError(f"Input must be >= 2-d, got {input.ndim}-d.")
    return flipped(input, (1,))


@composite(method=True)
def flipud(input: Tensor) -> Tensor:
    """Rows in reverse order. RuntimeError for 0-d tensors."""
    if input.ndim < 1:
        raise ShapeError("Input must be >= 1-d, got 0-d.")
    return flipped(input, (0,))


@operator(name="roll", namespace=(), out=False)
def rolled(input: Tensor, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Tensor:
    """`roll` with normalised arguments: as many shifts as dimensions, or one shift of the flattened elements."""
    if not dims:
        return rolled(input.reshape(-1), shifts, (0,)).reshape(input.shape)
    result = input
    for shift, dim in zip(shifts, dims, strict=True):
        size = input.shape[dim]
        start = -shift % size if size else 0
        if start:
            parts = [result.narrow(dim, start, size - start), result.narrow(dim, 0, start)]
            result = torchere.cat(parts, dim)
    return result.clone() if result is input else result


rolled.gradient(input=lambda grad, shifts, dims: rolled(grad, tuple(-shift for shift in shifts), dims))


@composite(method=True)
def roll(input: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Elements moved `shifts` places along `dims`, those beyond the end coming back at the start.

    Without `dims` all elements are one row. RuntimeError unless there are as many shifts as dimensions.
    """
    moves = (int(shifts),) if not isinstance(shifts, (tuple, list)) else tuple(shifts)
    axes = () if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    if not moves:
        raise ShapeError("`shifts` required")
    if len(axes) != len(moves) and not (not axes and len(moves) == 1):
        raise ShapeError(f"shifts and dimensions must align. shifts: {len(moves)}, dims:{len(axes)}")
    if axes and input.ndim == 0:
        raise DimensionError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    return rolled(input, moves, tuple(wrap_dim(axis, input.ndim, "roll") for axis in axes))


@composite(method=True)
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Rotated `k` times by 90 degrees in the plane of two dimensions, from the first towards the second."""
    if len(dims) != 2:
        raise ShapeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise ShapeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    first, second = (wrap_dim(dim, input.ndim, "rot90") for dim in dims)
    if first == second:
        raise ShapeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    match k % 4:
        case 1:
            return flipped(input, (second,)).transpose(first, second)
        case 2:
            return flipped(input, (first, second))
        case 3:
            return flipped(input, (first,)).transpose(first, second)
    return input.clone()


# --- repetition --------------------------------------------------------------------------------------------------


@operator(name="repeat", namespace=(), out=False)
def repeated(input: Tensor, repeats: tuple[int, ...]) -> Tensor:
    """`repeat` with one number for each dimension of the result."""
    shape = (1,) * (len(repeats) - input.ndim) + tuple(input.shape)
    # Each axis becomes (times, size); joined again, the size runs faster.
    grouped = [part for size in shape for part in (1, size)]
    wide = [part for times, size in zip(repeats, shape, strict=True) for part in (times, size)]
    full = tuple(times * size for times, size in zip(repeats, shape, strict=True))
    # Copied by hand: repeating a single element, or nothing, would need no copy, and no result may be a view.
    copied = expand_view(input.reshape(grouped), tuple(wide)).clone(memory_format="contiguous_format")
    return copied.reshape(full)


def _repeat_backward(grad: Tensor, shape: Sequence[int], repeats: tuple[int, ...]) -> Tensor:
    full = (1,) * (len(repeats) - len(shape)) + tuple(shape)
    wide = [part for times, size in zip(repeats, full, strict=True) for part in (times, size)]
    if not wide:
        return grad
    return grad.reshape(wide).sum(list(range(0, len(wide), 2))).reshape(shape)


repeated.gradient(input=lambda grad, input_shape, repeats: _repeat_backward(grad, input_shape, repeats))


@composite(method="only")
def repeat(input: Tensor, *args: Any, repeats: Any = None) -> Tensor:
    """`input` laid out `repeats` times along each dimension, new dimensions in front.

    RuntimeError for fewer numbers than dimensions, or negative ones.
    """
    times = shape_tuple(args if repeats is None else repeats, "repeat")
    extra = len(times) - input.ndim
    if extra < 0:
        raise ShapeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
            f"{list(times)} for shape {list(input.shape)}"
        )
    size = [n * have for n, have in zip(times, (1,) * extra + tuple(input.shape), strict=True)]
    if any(n < 0 for n in times):
        raise ShapeError(f"Trying to create tensor with negative dimension {min(size)}: {size}")
    return repeated(input, times)


@composite(method=True)
def tile(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """`repeat`, where missing numbers in front count as 1."""
    times = shape_tuple(args if dims is None else dims, "tile")
    return repeat(input, (1,) * (input.ndim - len(times)) + times)


@operator(name="repeat_interleave", namespace=(), out=False, same_dtype=False)
def repeated_each(input: Tensor, repeats: Tensor, dim: Dim) -> Tensor:
    """Each slice along `dim` as many times in a row as `repeats`, of the length of that dimension, says."""
    return input.index_select(dim, _sources(repeats))


def _sources(repeats: Tensor) -> Tensor:
    """The position 0, 1, … n-1 each repeated: how many running totals are not above each place."""
    totals = repeats.cumsum(0)
    count = int(totals[-1]) if repeats.numel() else 0
    marks = totals.new_zeros((count + 1,)).index_add(0, totals, totals.new_ones(totals.shape))
    return marks[:count].cumsum(0)


repeated_each.gradient(
    input=lambda grad, input_shape, repeats, dim: grad.new_zeros(input_shape).index_add(dim, _sources(repeats), grad)
)


@composite(method=True)
def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element (without `dim`, of the flattened tensor) or slice along `dim` repeated in place.

    `repeats` is one number, or an integer tensor with one for each slice; given alone, the result is their positions.
    RuntimeError for negative numbers, a length that does not fit, or an `output_size` that is wrong.
    """
    if repeats is None:
        if input.ndim != 1:
            raise ShapeError("repeat_interleave only accept 1D vector as repeat")
        _check_repeats(input)
        result = _sources(input.to(torchere.int64))
        return _check_output_size(result, 0, output_size).to(input.dtype)
    if dim is None:
        input, dim = input.reshape(-1), 0
    dim = wrap_dim(dim, input.ndim, "repeat_interleave")
    if input.ndim == 0:
        input = input.reshape(1)
    if not isinstance(repeats, Tensor):
        if repeats < 0:
            raise ShapeError(f"Repeats must be non-negative, got {repeats}")
        shape = tuple(input.shape)
        wide = (*shape[: dim + 1], repeats, *shape[dim + 1 :])
        result = expand_view(input.unsqueeze(dim + 1), wide).reshape(
            (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :])
        )
        return _check_output_size(result, dim, output_size)
    _check_repeats(repeats)
    if repeats.ndim > 1:
        raise ShapeError(f"repeats must be 0-dim or 1-dim tensor, got {repeats.ndim} dimensions")
    size = input.shape[dim]
    if repeats.numel() == 1:
        repeats = repeats.reshape(1).expand(size)
    elif repeats.numel() != size:
        raise ShapeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.numel()} and input.size({dim}) = {size}"
        )
    return _check_output_size(repeated_each(input, repeats, dim), dim, output_size)


def _check_repeats(repeats: Tensor) -> None:
    if repeats.dtype not in (torchere.int32, torchere.int64):
        raise UnsupportedDTypeError(
            f"\"repeat_interleave_cpu\" not implemented for '{scalar_type_name(repeats.dtype)}': "
            "repeats must be int32 or int64"
        )
    if anywhere(repeats < 0):
        raise ShapeError("repeats can not be negative")


def _check_output_size(result: Tensor, dim: int, output_size: int | None) -> Tensor:
    if output_size is not None and result.shape[dim] != output_size:
        raise ShapeError(
            f"allocated size does not match required size: output_size is {output_size}, the repeats add up to "
            f"{result.shape[dim]}"
        )
    return result


# --- diagonal matrices -------------------------------------------------------------------------------------------


@composite(method=True)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices, in the plane of `dim1` and `dim2`, with the last dimension of `input` on diagonal `offset`."""
    rank = input.ndim + 1
    if input.ndim == 0:
        raise DimensionError(f"Dimension out of range (expected to be in range of [-1, 0], but got {dim1})")
    first, second = wrap_dim(dim1, rank, "diag_embed"), wrap_dim(dim2, rank, "diag_embed")
    if first == second:
        raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    side = input.shape[-1] + abs(offset)
    size = list(input.shape[:-1])
    for dim in sorted((first, second)):
        size.insert(dim, side)
    return diagonal_backward(input, tuple(size), offset, first, second)


@composite(method=True)
def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The diagonal of a matrix (a copy), or the matrix with this vector on its diagonal. RuntimeError otherwise."""
    if input.ndim == 1:
        return placed(diag_embed(input, diagonal), out)
    if input.ndim == 2:
        return placed(input.diagonal(diagonal).clone(), out)
    raise ShapeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")


@composite(method=True)
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with the flattened elements on diagonal `offset`."""
    return diag_embed(input.reshape(-1), offset)


# --- least rank --------------------------------------------------------------------------------------------------


def _each(tensors: Sequence[Any], one: Any) -> Tensor | tuple[Tensor, ...]:
    if len(tensors) == 1:
        if isinstance(tensors[0], Tensor):
            return one(tensors[0])
        tensors = tensors[0]
    return tuple(one(tensor) for tensor in tensors)


@composite()
def atleast_1d(*tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    """0-d tensors as 1-d, others as they are; one tensor gives one, several (or a list) a tuple."""
    return _each(tensors, lambda x: x if x.ndim else shape_view(x, (1,)))


@composite()
def atleast_2d(*tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    """Tensors of less than two dimensions as one row, others as they are."""
    return _each(tensors, lambda x: x if x.ndim >= 2 else shape_view(x, (1, x.numel())))


def _at_least_3d(x: Tensor) -> Tensor:
    if x.ndim >= 3:
        return x
    shape = tuple(x.shape)
    return shape_view(x, (1, math.prod(shape), 1) if len(shape) < 2 else (*shape, 1))


@composite()
def atleast_3d(*tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    """Tensors of less than three dimensions with new ones: ``(1, n, 1)`` for vectors, ``(n, m, 1)`` for matrices."""
    return _each(tensors, _at_least_3d)
