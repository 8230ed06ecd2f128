"""Coordinates of flat indices, ranges with their end, and diagonals written in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtypes import DType
from torchere.errors import ShapeError, UnsupportedDTypeError
from torchere.operators import Number, composite
from torchere.promotion import get_default_dtype, scalar_type_name

from .creation import counted

__all__ = ["fill_diagonal_", "range", "unravel_index"]


@composite()
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Coordinates, a tensor for each dimension of `shape`, of indices into a flattened tensor of that shape.

    Negative indices count from the end. Raises: TypeError for indices that are no integers, ValueError for negative
    sizes.
    Source: https://pytorch.org/docs/stable/generated/torch.unravel_index.html
    """
    if indices.dtype.is_floating_point or indices.dtype.is_complex or indices.dtype is torchere.bool:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    sizes = (shape,) if isinstance(shape, int) else tuple(int(size) for size in shape)
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    found = []
    step = 1
    for size in reversed(sizes):
        found.append(indices.div(step, rounding_mode="floor") % size)
        step *= size
    return tuple(reversed(found))


@composite()
def range(
    start: Number = 0,
    end: Number | None = None,
    step: Number = 1,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from `start` in steps to `end`, which is included: deprecated, use `arange`.

    Raises: RuntimeError for a zero step or one of the wrong sign.
    Source: https://pytorch.org/docs/stable/generated/torch.range.html
    """
    warn_once("range", "Use torch.arange, which leaves the end out.")
    if end is None:
        raise TypeError("range() missing its end: range(start, end, step)")
    first, last, by = (float(value) for value in (start, end, step))
    if by == 0:
        raise ShapeError("step must be nonzero")
    if not (math.isfinite(first) and math.isfinite(last)):
        raise ShapeError(f"unsupported range: {start} -> {end}")
    if (last - first) * by < 0:
        raise ShapeError(f"upper bound and lower bound inconsistent with step sign: {start} -> {end} by {step}")
    kind = dtype or (out.dtype if out is not None else get_default_dtype())
    if kind is torchere.bool or kind.is_complex:
        raise UnsupportedDTypeError(
            f"\"range_cpu\" not implemented for '{scalar_type_name(kind)}'. Pass another dtype=."
        )
    count = int((last - first) / by) + 1
    found = counted(start, step, count, dtype=kind, layout=layout, device=device, requires_grad=requires_grad)
    return found if out is None else out.resize_(found.shape).copy_(found)


@composite(method="only")
def fill_diagonal_(input: Tensor, fill_value: Number, wrap: bool = False) -> Tensor:
    """Write one number to the main diagonal, in place; with `wrap` again below, in a matrix of more rows than columns.

    Raises: RuntimeError below two dimensions, and beyond two unless all are equally long.
    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
    """
    if input.ndim < 2:
        raise ShapeError(f"dimensions must larger than 1, but the shape is {tuple(input.shape)}")
    if input.ndim > 2:
        if len(set(input.shape)) != 1:
            raise ShapeError(f"all dimensions of input must be of equal length, but are {tuple(input.shape)}")
        count = input.shape[0]
        input.as_strided((count,), (sum(input.stride()),), input.storage_offset()).fill_(fill_value)
        return input
    rows, columns = input.shape
    input.diagonal().fill_(fill_value)
    if wrap:
        first = columns + 1
        while columns and first < rows:
            input[first:].diagonal().fill_(fill_value)
            first += columns + 1
    return input
