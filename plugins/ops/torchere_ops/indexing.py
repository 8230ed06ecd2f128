"""Reading and writing elements by index: along one dimension, by flat position, by tensors of indices.

Three primitives do the work on a new device: `index_select` reads, `put` and `scatter_reduce` write. Every other
operator turns its index into *addresses*, positions in the flattened tensor. Masks are the subject of `masking`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import Dim, Number, composite, operator, primitive
from torchere.operators.arguments import wrap_dim
from torchere.promotion import scalar_type_name

from .anywhere import anywhere
from .broadcast_shape import broadcast_shape, reduced
from .creation import filled
from .shape import expand

__all__ = [
    "gather",
    "index",
    "index_add",
    "index_copy",
    "index_fill",
    "index_fill_",
    "index_put",
    "index_select",
    "put",
    "take",
    "take_along_dim",
]


# --- checks ------------------------------------------------------------------------------------------------------


def is_index(tensor: Tensor) -> bool:
    return tensor.dtype is torchere.int64 or tensor.dtype is torchere.int32


def _check_same_dtype(name: str, what: str, input: Tensor, source: Tensor) -> None:
    if input.dtype is not source.dtype:
        raise DTypeError(
            f"{name}: self ({scalar_type_name(input.dtype)}) and {what} ({scalar_type_name(source.dtype)}) must have "
            f"the same scalar type. Convert first, e.g. {what}.to({input.dtype})."
        )


def check_along(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor | None = None) -> None:
    """The rules `gather` and the scatters share: equal rank, and an index no larger than the tensors beside `dim`."""
    if not is_index(index):
        raise DTypeError(
            f"{name}(): Expected dtype int32/int64 for index, got {scalar_type_name(index.dtype)}. Use index.long()."
        )
    if src is None and len(index.shape) == len(input.shape):
        for axis, (size, have) in enumerate(zip(index.shape, input.shape, strict=True)):
            if size > have and axis != dim:
                break
        else:
            return
    if index.numel() == 0:
        return
    shape, own = tuple(index.shape) or (1,), tuple(input.shape) or (1,)
    if len(shape) != len(own):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as input tensor: "
            f"{name}() got index {list(index.shape)}, input {list(input.shape)}"
        )
    fits = all(axis == dim or size <= own[axis] for axis, size in enumerate(shape))
    if src is None:
        if not fits:
            wrong = next(axis for axis, size in enumerate(shape) if axis != dim and size > own[axis])
            raise ShapeError(
                f"Size does not match at dimension {wrong} expected index {list(index.shape)} to be no larger than "
                f"self {list(input.shape)} apart from dimension {dim}"
            )
        return
    source = tuple(src.shape) or (1,)
    if len(source) != len(shape):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as src tensor: "
            f"{name}() got index {list(index.shape)}, src {list(src.shape)}"
        )
    if not fits or any(size > have for size, have in zip(shape, source, strict=True)):
        raise ShapeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension "
            f"{dim} and to be no larger size than src {list(src.shape)}"
        )


def _check_in_range(index: Tensor, size: int, dim: int, error: type[Exception] = ShapeError, name: str = "") -> None:
    """For decompositions, whose addresses would otherwise fall on other elements."""
    wrong = (index < 0) | (index >= size)
    if anywhere(wrong):
        bad = int(index.reshape(-1)[wrong.reshape(-1).nonzero()[0, 0]])
        raise error(f"{name}index {bad} is out of bounds for dimension {dim} with size {size}")


# --- addresses ---------------------------------------------------------------------------------------------------


def addresses(shape: Sequence[int], dim: int, index: Tensor) -> Tensor:
    """Where in a flattened tensor of `shape` the elements lie that `index` picks along `dim`."""
    if not shape:
        return index.to(torchere.int64)
    _check_in_range(index, shape[dim], dim)
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    flat = index.to(torchere.int64) * strides[dim]
    for axis, count in enumerate(index.shape):
        if axis != dim and count > 1:
            steps = torchere.arange(count, device=index.device) * strides[axis]
            flat = flat + steps.reshape((count,) + (1,) * (index.ndim - axis - 1))
    return flat


# --- along one dimension -----------------------------------------------------------------------------------------


def _check_index_select(input: Tensor, dim: int, index: Tensor) -> None:
    if index.ndim > 1:
        raise DimensionError(f"index_select(): Index is supposed to be a vector, got shape {list(index.shape)}")
    if not is_index(index):
        raise DTypeError(
            f"index_select(): Expected dtype int32 or int64 for index, got {scalar_type_name(index.dtype)}"
        )
    if input.ndim == 0 and index.numel() != 1:
        raise DimensionError("index_select(): Index to scalar can have only 1 value, got 1 dimension(s)")


@primitive(method=True, check=_check_index_select, out="exact")
def index_select(input: Tensor, dim: Dim, index: Tensor) -> Tensor:
    """The slices of `input` along `dim` that the 1-d `index` lists. IndexError for numbers outside ``0 … size - 1``."""
    ...


index_select.gradient(
    input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).index_add(
        dim, index, grad if grad.ndim else grad.reshape(())
    )
)


def _check_gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> None:
    check_along("gather", input, dim, index)


@operator(method=True, check=_check_gather, out="exact")
def gather(input: Tensor, dim: Dim, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on: one element for each in `index`.

    `index` (int32 or int64) has the rank of `input` and is no larger beside `dim`; it does not broadcast. RuntimeError
    for numbers outside ``0 … size - 1``. `sparse_grad` is accepted; gradients are dense.
    """
    flat = addresses(tuple(input.shape), dim, index)
    return input.reshape(-1).index_select(0, flat.reshape(-1)).reshape(index.shape)


gather.gradient(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).scatter_add(dim, index, grad))


# --- whole slices ------------------------------------------------------------------------------------------------


def _check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor, error: type[Exception]) -> None:
    if index.ndim > 1:
        raise DimensionError(f"{name}(): Index should have dimension 1 or 0, got shape {list(index.shape)}")
    rows = source.shape[dim] if source.ndim else 1
    if index.numel() != rows:
        raise error(
            f"{name}(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({rows}), "
            f"for dim: {dim}"
        )
    have, got = list(input.shape), list(source.shape)
    if len(have) != len(got) and not (len(have) <= 1 and len(got) <= 1):
        raise error(f"{name}(): source {got} and input {have} must have the same number of dimensions")
    for axis, (size, other) in enumerate(zip(have, got, strict=False)):
        if axis != dim and size != other:
            raise error(
                f"source tensor shape must match self tensor shape, excluding the specified dimension. "
                f"{name}() got self.shape = {have} source.shape = {got}"
            )


def _check_index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> None:
    if not is_index(index):
        raise DTypeError(f"index_add_(): Expected dtype int32/int64 for index but got: {scalar_type_name(index.dtype)}")
    _check_same_dtype("index_add_()", "source", input, source)
    if isinstance(alpha, complex) and not input.dtype.is_complex:
        raise DTypeError("For non-complex input tensors, argument alpha must not be a complex number.")
    _check_slices("index_add_", input, dim, index, source, ShapeError)


def slice_addresses(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Addresses of all elements of the slices `index` lists, in row-major order."""
    shape = tuple(input.shape) or (1,)
    index = index.reshape(-1)
    rows = index.reshape((-1,) + (1,) * (len(shape) - dim - 1))
    full = (*shape[:dim], index.numel(), *shape[dim + 1 :])
    return addresses(shape, dim, expand(rows, full))


@operator(method=True, inplace=True, check=_check_index_add)
def index_add(input: Tensor, dim: Dim, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """A copy of `input` with ``alpha * source`` added to the slices along `dim` that `index` lists, repeatedly.

    `source` has the dtype of `input` and, beside `dim`, its shape. RuntimeError for indices out of range.
    """
    flat = slice_addresses(input, dim, index)
    if input.dtype.category <= 1:
        alpha = int(alpha)  # the product of an integer tensor and a float would be floating
    return input.put(flat.reshape(-1), (source if alpha == 1 else source * alpha).reshape(-1), True)


def _selected(grad: Tensor, dim: int, index: Tensor, source_shape: tuple[int, ...]) -> Tensor:
    if grad.ndim == 0:
        return expand(grad, (index.numel(),)).reshape(source_shape)
    return grad.index_select(dim, index).reshape(source_shape)


index_add.gradient(
    input=lambda grad: grad,
    source=lambda grad, dim, index, source_shape, alpha: (
        _selected(grad, dim, index, source_shape) * (alpha.conjugate() if isinstance(alpha, complex) else alpha)
    ),
)


def _check_index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    if index.dtype is not torchere.int64:
        raise DTypeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    _check_same_dtype("index_copy_()", "source", input, source)
    rows = source.shape[dim] if source.ndim else 1
    if index.numel() != rows:
        raise DimensionError(
            f"index_copy_(): Number of indices ({index.numel()}) should be equal to source.size(dim) ({rows})"
        )
    _check_slices("index_copy_", input, dim, index, source, ShapeError)


@operator(method=True, inplace=True, check=_check_index_copy)
def index_copy(input: Tensor, dim: Dim, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices along `dim` that `index` lists replaced by those of `source`, in order."""
    _check_in_range(index, input.shape[dim] if input.ndim else 1, dim, DimensionError, "index_copy_(): ")
    return input.put(slice_addresses(input, dim, index).reshape(-1), source.reshape(-1))


index_copy.gradient(
    input=lambda grad, dim, index: index_fill_value(grad, dim, index, 0),
    source=lambda grad, dim, index, source_shape: _selected(grad, dim, index, source_shape),
)


def _check_index_fill(input: Tensor, dim: int, index: Tensor, value: Number) -> None:
    if index.dtype is not torchere.int64:
        raise DimensionError(f"index_fill_(): Expected dtype int64 for index, got {scalar_type_name(index.dtype)}.")
    if index.ndim > 1:
        raise ShapeError(f"Index has to be a vector/scalar, got shape {list(index.shape)}. Call index.flatten().")


@operator(namespace=(), out=False, inplace=True, check=_check_index_fill)
def index_fill_value(input: Tensor, dim: Dim, index: Tensor, value: Number) -> Tensor:
    """`index_fill` with a number."""
    index = _wrapped(index, input.shape[dim] if input.ndim else 1, dim)
    flat = slice_addresses(input, dim, index).reshape(-1)
    return input.put(flat, filled((1,), value, dtype=input.dtype, device=input.device).expand(flat.shape))


index_fill_value.gradient(input=lambda grad, dim, index: index_fill_value(grad, dim, index, 0))
index_fill_value_in_place = index_fill_value


def _fill_value(value: Any, name: str) -> Any:
    """The number to fill with; a tensor only where its gradient matters."""
    if not isinstance(value, Tensor):
        return value
    if value.ndim:
        raise ShapeError(
            f"{name} only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    return value if value.requires_grad or value._key.level else value.item()


def _index_filled(input: Tensor, dim: int, index: Tensor, value: Any, in_place: bool) -> Tensor:
    value = _fill_value(value, "index_fill_")
    if isinstance(index, Tensor):
        _check_index_fill(input, dim, index, value)
    if isinstance(value, Tensor):
        place = wrap_dim(dim, input.ndim, "index_fill")
        index = _wrapped(index, input.shape[place] if input.ndim else 1, place).reshape(-1)
        shape = (*input.shape[:place], index.numel(), *input.shape[place + 1 :])
        source = expand(value.to(input.dtype), shape)
        return input.index_copy_(dim, index, source) if in_place else index_copy(input, dim, index, source)
    if in_place:
        return index_fill_value_in_place.generated("inplace")(input, dim, index, value)
    return index_fill_value(input, dim, index, value)


@composite(method=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Number | Tensor) -> Tensor:
    """A copy of `input` with the slices along `dim` that `index` lists filled with a number or 0-d tensor.

    Negative indices count from the end; IndexError out of range.
    """
    return _index_filled(input, dim, index, value, False)


@composite(method="only")
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Number | Tensor) -> Tensor:
    """`index_fill` in place."""
    return _index_filled(input, dim, index, value, True)


# --- tensors of indices ------------------------------------------------------------------------------------------


def _wrapped(index: Tensor, size: int, dim: int) -> Tensor:
    """Negative indices counted from the end; IndexError out of range."""
    wrong = (index < -size) | (index >= size)
    if anywhere(wrong):
        bad = int(index.reshape(-1)[wrong.reshape(-1).nonzero()[0, 0]])
        raise DimensionError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
    return torchere.where(index < 0, index + size, index)


def _per_dimension(indices: Sequence[Tensor | None], ndim: int) -> list[Tensor | None]:
    """One entry for each dimension: masks become the positions of their true elements."""
    found: list[Tensor | None] = []
    for item in indices:
        if item is not None and item.dtype in (torchere.bool, torchere.uint8):
            places = item.to(torchere.bool).nonzero()
            found += [places.select(1, axis) for axis in range(item.ndim)]
        else:
            found.append(None if item is None else item.to(torchere.int64))
    if len(found) > ndim:
        raise DimensionError(f"too many indices for tensor of dimension {ndim} (got {len(found)})")
    return found + [None] * (ndim - len(found))


@operator(method="only")
def index(input: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    """Advanced indexing: ``input[i0, i1, …]`` with integer or bool tensors, None standing for a whole dimension.

    The index tensors broadcast; their dimensions replace the indexed ones, at the first place if these are adjacent,
    else in front. IndexError for indices out of range or shapes that do not broadcast.
    """
    shape = tuple(input.shape)
    places = _per_dimension(indices, len(shape))
    indexed = [axis for axis, item in enumerate(places) if item is not None]
    if not indexed:
        return input.clone()
    try:
        common = broadcast_shape(*[tuple(places[axis].shape) for axis in indexed])
    except ShapeError:
        listed = ", ".join(str(list(places[axis].shape)) for axis in indexed)
        raise DimensionError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {listed}"
        ) from None
    flat = None
    for axis in indexed:
        part = _wrapped(places[axis], shape[axis], axis)
        flat = part if flat is None else flat * shape[axis] + part
    adjacent = indexed[-1] - indexed[0] + 1 == len(indexed)
    before = list(range(indexed[0])) if adjacent else []
    after = [axis for axis in range(len(shape)) if axis not in indexed and axis not in before]
    ordered = input if adjacent else input.permute([*before, *indexed, *after])
    count = math.prod(shape[axis] for axis in indexed)
    head, tail = [shape[axis] for axis in before], [shape[axis] for axis in after]
    rows = ordered.reshape([*head, count, *tail])
    chosen = rows.index_select(len(head), expand(flat, common).reshape(-1))
    return chosen.reshape([*head, *common, *tail])


index.gradient(input=lambda grad, input_shape, indices: index_put(grad.new_zeros(input_shape), indices, grad, True))


def _check_index_put(input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False) -> None:
    if input.dtype is not values.dtype:
        raise DTypeError(
            "Index put requires the source and destination dtypes match, got "
            f"{scalar_type_name(input.dtype)} for the destination and {scalar_type_name(values.dtype)} for the source. "
            f"Convert first, e.g. values.to({input.dtype})."
        )


@operator(method=True, inplace="function", check=_check_index_put)
def index_put(input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with ``input[indices] = values``, or ``+= values`` with `accumulate` (repeated ones add up).

    `indices` as for `index`; `values` has the dtype of `input` and broadcasts to the indexed shape.
    """
    positions = index(torchere.arange(input.numel(), device=input.device).reshape(input.shape), indices)
    if values.numel() != positions.numel() or values.shape != positions.shape:
        try:
            values = expand(values.reshape(_without_leading_ones(values.shape, positions.ndim)), positions.shape)
        except ShapeError:
            raise ShapeError(
                f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
                f"shape {list(positions.shape)}"
            ) from None
    return input.put(positions.reshape(-1), values.reshape(-1), accumulate)


def _without_leading_ones(shape: Sequence[int], ndim: int) -> tuple[int, ...]:
    sizes = tuple(shape)
    while len(sizes) > ndim and sizes[0] == 1:
        sizes = sizes[1:]
    return sizes


index_put.gradient(
    input=lambda grad, indices, values_shape, accumulate: (
        grad if accumulate else index_put(grad, indices, grad.new_zeros((1,) * len(values_shape)))
    ),
    values=lambda grad, indices, values_shape: reduced(index(grad, indices), values_shape),
)


# --- flat positions ----------------------------------------------------------------------------------------------


def _check_take(input: Tensor, index: Tensor) -> None:
    if index.dtype is not torchere.int64:
        raise DTypeError(
            f"take(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}. Use index.long()."
        )


@operator(method=True, check=_check_take)
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of the flattened `input` at the positions in `index`, in its shape; IndexError out of range."""
    return input.reshape(-1).index_select(0, _flat(index, input.numel()).reshape(-1)).reshape(index.shape)


def _flat(index: Tensor, size: int) -> Tensor:
    try:
        return _wrapped(index, size, 0)
    except DimensionError as error:
        raise DimensionError(
            f"out of range: tried to access {str(error).partition(' is')[0]} on a tensor of {size} elements."
        ) from None


take.gradient(input=lambda grad, input_shape, index: grad.new_zeros(input_shape).put(index, grad, True))


def _check_put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> None:
    if index.dtype is not torchere.int64:
        raise DTypeError(f"put_(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    _check_same_dtype("put_()", "source", input, source)
    if source.numel() != index.numel():
        raise DimensionError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.numel()}, index.numel() = {index.numel()}"
        )


@primitive(method=True, inplace=True, check=_check_put)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `source` written to (or, with `accumulate`, added at) positions of its flattened form.

    Negative positions count from the end; IndexError out of range.
    """
    ...


put.gradient(
    input=lambda grad, index, accumulate: (
        grad if accumulate else grad.put(index, torchere.zeros_like(index).to(grad.dtype))
    ),
    source=lambda grad, index, source_shape: grad.take(index).reshape(source_shape),
)


@composite(method=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None, *, out: Tensor | None = None) -> Tensor:
    """`gather` whose operands broadcast beside `dim`; without `dim` both are flattened."""
    if indices.dtype is not torchere.int64:
        raise DTypeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_type_name(indices.dtype)}"
        )
    if dim is None:
        result = input.reshape(-1).gather(0, indices.reshape(-1))
    else:
        if input.ndim != indices.ndim:
            raise ShapeError(
                "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
                f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
            )
        place = wrap_dim(dim, input.ndim, "take_along_dim")
        both = broadcast_shape(
            (*input.shape[:place], 1, *input.shape[place + 1 :]),
            (*indices.shape[:place], 1, *indices.shape[place + 1 :]),
        )
        wide = expand(input, (*both[:place], input.shape[place], *both[place + 1 :]))
        result = wide.gather(place, expand(indices, (*both[:place], indices.shape[place], *both[place + 1 :])))
    return result if out is None else out.resize_(result.shape).copy_(result)
