"""Reading and writing elements by index: along one dimension, by flat position, by tensors of indices.

Three primitives do the work on a new device: `index_select` reads, `put` and `scatter_reduce` write. Every other
operator turns its index into *addresses*, positions in the flattened tensor. Masks are the subject of `masking`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import Dim, Number, composite, operator, primitive
from torchere.operators.arguments import wrap_dim
from torchere.promotion import scalar_type_name

from .creation import filled
from .shape import broadcast_shape, expand, index_view, reduced

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
    "scatter",
    "scatter_",
    "scatter_add",
    "scatter_reduce",
    "take",
    "take_along_dim",
]


# --- checks ------------------------------------------------------------------------------------------------------


def _is_index(tensor: Tensor) -> bool:
    return tensor.dtype is torchere.int64 or tensor.dtype is torchere.int32


def _check_same_dtype(name: str, what: str, input: Tensor, source: Tensor) -> None:
    if input.dtype is not source.dtype:
        raise DTypeError(
            f"{name}: self ({scalar_type_name(input.dtype)}) and {what} ({scalar_type_name(source.dtype)}) must have "
            f"the same scalar type. Convert first, e.g. {what}.to({input.dtype})."
        )


def _check_along(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor | None = None) -> None:
    """The rules `gather` and the scatters share: equal rank, and an index no larger than the tensors beside `dim`."""
    if not _is_index(index):
        raise DTypeError(
            f"{name}(): Expected dtype int32/int64 for index, got {scalar_type_name(index.dtype)}. Use index.long()."
        )
    count = index.numel()
    if count == 0:
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
                f"Size does not match at dimension {wrong} expected index {list(index.shape)} to be no larger than self "
                f"{list(input.shape)} apart from dimension {dim}"
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


def _check_scatter(name: str) -> Any:
    def check(input: Tensor, dim: int, index: Tensor, src: Tensor, *_: Any, **__: Any) -> None:
        if src.dtype is not input.dtype:
            raise DTypeError(
                f"{name}(): Expected self.dtype to be equal to src.dtype, got {scalar_type_name(input.dtype)} and "
                f"{scalar_type_name(src.dtype)}. Convert first, e.g. src.to({input.dtype})."
            )
        _check_along(name, input, dim, index, src)

    return check


def _check_in_range(index: Tensor, size: int, dim: int) -> None:
    """For decompositions, whose addresses would otherwise fall on other elements."""
    wrong = (index < 0) | (index >= size)
    if bool(wrong.any()):
        bad = int(index.reshape(-1)[wrong.reshape(-1).nonzero()[0, 0]])
        raise ShapeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


# --- addresses ---------------------------------------------------------------------------------------------------


def _addresses(shape: Sequence[int], dim: int, index: Tensor) -> Tensor:
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


def _corner(src: Tensor, index: Tensor) -> Tensor:
    """The part of `src` a scatter with this index reads."""
    if src.shape == index.shape:
        return src
    if index.numel() == 0:
        return src.reshape(-1)[:0].reshape(index.shape)
    if src.ndim != index.ndim:
        return src.reshape(index.shape)
    return index_view(src, tuple(slice(size) for size in index.shape))


# --- along one dimension -----------------------------------------------------------------------------------------


def _check_index_select(input: Tensor, dim: int, index: Tensor) -> None:
    if index.ndim > 1:
        raise DimensionError(f"index_select(): Index is supposed to be a vector, got shape {list(index.shape)}")
    if not _is_index(index):
        raise DTypeError(
            f"index_select(): Expected dtype int32 or int64 for index, got {scalar_type_name(index.dtype)}"
        )
    if input.ndim == 0 and index.numel() != 1:
        raise DimensionError("index_select(): Index to scalar can have only 1 value, got 1 dimension(s)")


@primitive(method=True, check=_check_index_select)
def index_select(input: Tensor, dim: Dim, index: Tensor) -> Tensor:
    """The slices of `input` along `dim` that the 1-d `index` lists. IndexError for numbers outside ``0 … size - 1``."""
    ...


index_select.gradient(
    input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).index_add(
        dim, index, grad if grad.ndim else grad.reshape(())
    )
)


def _check_gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> None:
    _check_along("gather", input, dim, index)


@operator(method=True, check=_check_gather)
def gather(input: Tensor, dim: Dim, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """``out[i][j] = input[index[i][j]][j]`` for ``dim=0``, and so on: one element for each in `index`.

    `index` (int32 or int64) has the rank of `input` and is no larger beside `dim`; it does not broadcast. RuntimeError
    for numbers outside ``0 … size - 1``. `sparse_grad` is accepted; gradients are dense.
    """
    flat = _addresses(tuple(input.shape), dim, index)
    return input.reshape(-1).index_select(0, flat.reshape(-1)).reshape(index.shape)


gather.gradient(
    input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).scatter_add(dim, index, grad)
)


@operator(namespace=(), out=False, inplace=True, check=_check_scatter("scatter"))
def scatter_src(input: Tensor, dim: Dim, index: Tensor, src: Tensor) -> Tensor:
    """`scatter` of a tensor: ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``."""
    flat = _addresses(tuple(input.shape), dim, index)
    return input.put(flat.reshape(-1), _corner(src, index).reshape(-1))


def _gathered(grad: Tensor, dim: int, index: Tensor, src_shape: tuple[int, ...]) -> Tensor:
    """Gradient of a scatter's source: what it wrote, and zero beyond the index."""
    picked = grad.gather(dim, index)
    if picked.shape == src_shape:
        return picked
    if len(picked.shape) != len(src_shape):
        return picked.reshape(src_shape)
    region = tuple(slice(size) for size in picked.shape)
    from .shape import index_view_backward

    return index_view_backward(picked, src_shape, region)


scatter_src.gradient(
    input=lambda grad, dim, index: scatter_value(grad, dim, index, 0),
    src=lambda grad, dim, index, src_shape: _gathered(grad, dim, index, src_shape),
)


def _check_scatter_value(input: Tensor, dim: int, index: Tensor, value: Number) -> None:
    _check_along("scatter", input, dim, index)


@operator(namespace=(), out=False, inplace=True, check=_check_scatter_value)
def scatter_value(input: Tensor, dim: Dim, index: Tensor, value: Number) -> Tensor:
    """`scatter` of a number."""
    flat = _addresses(tuple(input.shape), dim, index).reshape(-1)
    constant = filled((1,), value, dtype=input.dtype, device=input.device)
    return input.put(flat, constant.expand(flat.shape))


scatter_value.gradient(input=lambda grad, dim, index: scatter_value(grad, dim, index, 0))


@operator(method=True, inplace=True, check=_check_scatter("scatter_add"))
def scatter_add(input: Tensor, dim: Dim, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] += src[i][j]`` for ``dim=0``, and so on; repeated indices add up.

    `index` and `src` as for `scatter`.
    """
    flat = _addresses(tuple(input.shape), dim, index)
    return input.put(flat.reshape(-1), _corner(src, index).reshape(-1), True)


scatter_add.gradient(
    input=lambda grad: grad,
    src=lambda grad, dim, index, src_shape: _gathered(grad, dim, index, src_shape),
)


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _check_scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> None:
    if reduce not in _REDUCTIONS:
        raise ShapeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    _check_scatter("scatter")(input, dim, index, src)


@primitive(method=True, inplace=True, check=_check_scatter_reduce)
def scatter_reduce(
    input: Tensor, dim: Dim, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of `input` whose elements are combined with all of `src` that `index` sends there.

    `reduce` is ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``; with ``include_self=False`` the old value
    of an element that receives something is left out. Integer means round down. Ties of amax and amin share the
    gradient evenly.
    """
    ...


@scatter_reduce.gradients
def _scatter_reduce_gradients(
    grad: Tensor,
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    include_self: bool,
    out: Tensor,
    needs: tuple[bool, ...],
) -> tuple[Tensor | None, None, Tensor | None]:
    to_self, to_src = None, None
    if index.numel() == 0:
        return grad, None, grad.new_zeros(src.shape)
    values = _corner(src, index)
    if reduce == "sum":
        to_self, to_src = grad, grad.gather(dim, index)
    elif reduce == "mean":
        ones = torchere.ones_like(input) if include_self else torchere.zeros_like(input)
        counts = ones.scatter_add(dim, index, torchere.ones_like(values))
        shared = grad / counts.masked_fill(counts == 0, 1)
        to_self, to_src = shared, shared.gather(dim, index)
    elif reduce == "prod":
        to_self, to_src = _product_gradients(grad, input, dim, index, values, include_self, out)
    else:
        at_self = (input == out).to(grad.dtype)
        at_src = (values == out.gather(dim, index)).to(grad.dtype)
        shared = grad / at_self.scatter_add(dim, index, at_src)
        to_self, to_src = at_self * shared, at_src * shared.gather(dim, index)
    if not include_self and needs[0]:
        to_self = scatter_value(to_self, dim, index, 0)
    if needs[2] and src.shape != index.shape:
        to_src = _pad(to_src, tuple(src.shape))
    return to_self, None, to_src


def _pad(grad: Tensor, shape: tuple[int, ...]) -> Tensor:
    from .shape import index_view_backward

    if grad.ndim != len(shape):
        return grad.reshape(shape)
    return index_view_backward(grad, shape, tuple(slice(size) for size in grad.shape))


def _product_gradients(
    grad: Tensor, input: Tensor, dim: int, index: Tensor, values: Tensor, include_self: bool, out: Tensor
) -> tuple[Tensor, Tensor]:
    """Products without the own factor: divided out, except where that factor is a single zero."""
    zero_self = input == 0
    safe_self = input.masked_fill(zero_self, 1)
    without_zero = safe_self.scatter_reduce(dim, index, values, "prod", include_self=include_self)
    to_self = grad * without_zero / safe_self
    zero_src = values == 0
    counts = torchere.zeros_like(input).scatter_add(dim, index, zero_src.to(input.dtype)).gather(dim, index)
    single = zero_src & (counts == 1)
    others = input.scatter_reduce(dim, index, values.masked_fill(single, 1), "prod", include_self=include_self)
    to_src = torchere.where(
        single,
        (grad * others).gather(dim, index),
        (grad * out).gather(dim, index) / values.masked_fill(zero_src, 1),
    )
    return to_self, to_src


# In-place twins of the hidden operators, for the composites that choose between them.
scatter_src_in_place = scatter_src
scatter_value_in_place = scatter_value


def _scattered(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any, reduce: str | None, in_place: bool
) -> Tensor:
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter() missing its source: scatter(input, dim, index, src) or value=number")
    is_tensor = isinstance(given, Tensor)
    if reduce is None:
        if is_tensor:
            if in_place:
                return scatter_src_in_place.generated("inplace")(input, dim, index, given)
            return scatter_src(input, dim, index, given)
        if in_place:
            return scatter_value_in_place.generated("inplace")(input, dim, index, given)
        return scatter_value(input, dim, index, given)
    if reduce not in ("add", "multiply"):
        raise ShapeError(f"reduce argument must be either add or multiply, got {reduce}.")
    if is_tensor:
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated. Use torch.scatter_reduce instead for "
            "more reduction options.",
            UserWarning,
            stacklevel=3,
        )
    else:
        given = filled((1,) * index.ndim, given, dtype=input.dtype, device=input.device).expand(index.shape)
    name = "sum" if reduce == "add" else "prod"
    if in_place:
        return input.scatter_reduce_(dim, index, given, name)
    return scatter_reduce(input, dim, index, given, name)


@composite(method=True)
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``, and so on. The inverse of `gather`.

    `src` is a tensor of the same dtype, at least as large as `index`, or a number; `index` has the rank of `input` and
    is no larger beside `dim`. ``reduce="add"`` or ``"multiply"`` combine instead. Which of several elements sent to
    one place stays is the last one's. RuntimeError for indices out of range.
    """
    result = _scattered(input, dim, index, src, value, reduce, False)
    return result if out is None else out.copy_(result)


@composite(method="only")
def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """`scatter` in place."""
    return _scattered(input, dim, index, src, value, reduce, True)


# --- whole slices ------------------------------------------------------------------------------------------------


def _check_slices(name: str, input: Tensor, dim: int, index: Tensor, source: Tensor, error: type[Exception]) -> None:
    if index.ndim > 1:
        raise DimensionError(f"{name}(): Index should have dimension 1 or 0, got shape {list(index.shape)}")
    rows = source.shape[dim] if source.ndim else 1
    if index.numel() != rows:
        raise error(
            f"{name}(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({rows}), for dim: {dim}"
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
    if not _is_index(index):
        raise DTypeError(f"index_add_(): Expected dtype int32/int64 for index but got: {scalar_type_name(index.dtype)}")
    _check_same_dtype("index_add_()", "source", input, source)
    _check_slices("index_add_", input, dim, index, source, ShapeError)


def _slice_addresses(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Addresses of all elements of the slices `index` lists, in row-major order."""
    shape = tuple(input.shape) or (1,)
    index = index.reshape(-1)
    rows = index.reshape((-1,) + (1,) * (len(shape) - dim - 1))
    full = (*shape[:dim], index.numel(), *shape[dim + 1 :])
    return _addresses(shape, dim, expand(rows, full))


@operator(method=True, inplace=True, check=_check_index_add)
def index_add(input: Tensor, dim: Dim, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """A copy of `input` with ``alpha * source`` added to the slices along `dim` that `index` lists, repeatedly if need be.

    `source` has the dtype of `input` and, beside `dim`, its shape. RuntimeError for indices out of range.
    """
    flat = _slice_addresses(input, dim, index)
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
    return input.put(_slice_addresses(input, dim, index).reshape(-1), source.reshape(-1))


index_copy.gradient(
    input=lambda grad, dim, index: index_fill_value(grad, dim, index, 0),
    source=lambda grad, dim, index, source_shape: _selected(grad, dim, index, source_shape),
)


def _check_index_fill(input: Tensor, dim: int, index: Tensor, value: Number) -> None:
    if index.dtype is not torchere.int64:
        raise DimensionError(f"index_fill_(): Expected dtype int64 for index, got {scalar_type_name(index.dtype)}.")
    if index.ndim > 1:
        raise DimensionError(f"Index has to be a vector/scalar, got shape {list(index.shape)}")


@operator(namespace=(), out=False, inplace=True, check=_check_index_fill)
def index_fill_value(input: Tensor, dim: Dim, index: Tensor, value: Number) -> Tensor:
    """`index_fill` with a number."""
    index = _wrapped(index, input.shape[dim] if input.ndim else 1, dim)
    flat = _slice_addresses(input, dim, index).reshape(-1)
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
    return value if value.requires_grad else value.item()


def _index_filled(input: Tensor, dim: int, index: Tensor, value: Any, in_place: bool) -> Tensor:
    value = _fill_value(value, "index_fill_")
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
    if bool(wrong.any()):
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


index.gradient(
    input=lambda grad, input_shape, indices: index_put(grad.new_zeros(input_shape), indices, grad, True)
)


def _check_index_put(
    input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> None:
    if input.dtype is not values.dtype:
        raise DTypeError(
            "Index put requires the source and destination dtypes match, got "
            f"{scalar_type_name(input.dtype)} for the destination and {scalar_type_name(values.dtype)} for the source. "
            f"Convert first, e.g. values.to({input.dtype})."
        )


@operator(method=True, inplace="function", check=_check_index_put)
def index_put(
    input: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
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
    """The elements of the flattened `input` at the positions in `index`, in the shape of `index`; IndexError out of range."""
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
def take_along_dim(
    input: Tensor, indices: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
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
            (*input.shape[:place], 1, *input.shape[place + 1 :]), (*indices.shape[:place], 1, *indices.shape[place + 1 :])
        )
        wide = expand(input, (*both[:place], input.shape[place], *both[place + 1 :]))
        result = wide.gather(place, expand(indices, (*both[:place], indices.shape[place], *both[place + 1 :])))
    return result if out is None else out.copy_(result)
