"""Slices of a source reduced into those of a tensor that an index lists."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import DimensionError, DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim
from torchere.promotion import scalar_type_name

from .anywhere import anywhere

__all__ = ["index_reduce", "index_reduce_"]


@composite(method=True)
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` whose slices along `dim` are reduced with those of `source` that `index` assigns to them.

    `reduce` is prod, mean, amax or amin; without `include_self` the slices written to do not count themselves.
    Raises: RuntimeError for another reduction, dtypes or sizes that differ; IndexError for indices out of range.
    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ShapeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    if input.dtype.is_complex and (reduce in ("amax", "amin") or not include_self):
        raise UnsupportedDTypeError(f"\"index_func_{reduce}\" not implemented for '{scalar_type_name(input.dtype)}'.")
    if reduce == "mean" and input.dtype is torchere.bool:
        raise UnsupportedDTypeError("\"index_reduce mean\" not implemented for 'Bool'. Convert first: input.float().")
    axis = wrap_dim(dim, input.ndim, "index_reduce")
    if index.ndim > 1:
        raise DimensionError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{scalar_type_name(index.dtype)} and size: {list(index.shape)}"
        )
    if index.dtype.name not in ("int32", "int64"):
        raise DTypeError(
            f"index_reduce_(): Expected dtype int32/int64 for index but got: {scalar_type_name(index.dtype)}"
        )
    if source.dtype is not input.dtype:
        raise DTypeError(
            f"index_reduce_(): self ({scalar_type_name(input.dtype)}) and source ({scalar_type_name(source.dtype)}) "
            "must have the same scalar type"
        )
    if source.ndim and axis >= source.ndim:
        raise ShapeError(
            f"index_reduce_(): dim {axis} is out of bounds of source {list(source.shape)}. "
            f"Give source as many dimensions as input, which is {list(input.shape)}."
        )
    count = source.shape[axis] if source.ndim else 1
    if index.numel() != count:
        raise ShapeError(
            f"index_reduce_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({count}), "
            f"for dim: {axis}"
        )
    expected = list(input.shape)
    if expected:
        expected[axis] = count
    if list(source.shape) != expected:
        raise ShapeError(
            f"index_reduce_(): source of shape {list(source.shape)} should have shape {expected}: that of the input "
            f"{list(input.shape)} but for the number of indices along dimension {axis}"
        )
    bound = input.shape[axis] if input.ndim else 1
    if anywhere((index < 0) | (index >= bound)):
        raise DimensionError(f"index out of range in self: indices must lie in 0 … {bound - 1}")
    places = index.long().reshape((-1,) + (1,) * (input.ndim - 1 - axis) if input.ndim else ())
    found = input.scatter_reduce(axis, places.expand(source.shape), source, reduce, include_self=include_self)
    return found if out is None else out.resize_(found.shape).copy_(found)


@composite(method="only")
def index_reduce_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """`index_reduce` in place.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
    """
    # A copy is reduced: its gradient needs the old values, which are about to be overwritten.
    return input.copy_(index_reduce(input.clone(), dim, index, source, reduce, include_self=include_self))
