"""Sorting and what rests on it: argsort, msort, topk, unique.

Sorting is always stable, and NaN is larger than every number.
"""

from __future__ import annotations

import torchere
from torchere import Tensor, dtypes
from torchere.dtype_sets import BOOL, REAL
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import Dim, operator, primitive

from .reduced_axes import at_index

__all__ = ["argsort", "msort", "sort", "topk", "unique", "unique_consecutive"]


def _refuse_complex(name: str, input: Tensor) -> None:
    if input.dtype.is_complex:
        raise DTypeError(f"{name} does not support complex dtypes. Sort by input.abs() or input.real.")


def _check_sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> None:
    _refuse_complex("Sort", input)


@primitive(method=True, outputs=("values", "indices"), differentiable=(0,), check=_check_sort, out="exact")
def sort(
    input: Tensor, dim: Dim = -1, descending: bool = False, *, stable: bool | None = None
) -> tuple[Tensor, Tensor]:
    """Elements sorted along `dim`, and the indices they had, as a named tuple ``(values, indices)``.

    Equal elements keep their order whatever `stable` says, also when `descending`. NaN sorts as the largest.
    Raises: RuntimeError for complex input.
    Source: https://pytorch.org/docs/stable/generated/torch.sort.html
    """
    ...


sort.gradient(input=lambda grad, indices, input_shape, dim: at_index(grad, indices, input_shape, dim))


@operator(method=True, result="int64", check=_check_sort)
def argsort(input: Tensor, dim: Dim = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """Indices that sort `input` along `dim`; see `sort`. int64.

    Source: https://pytorch.org/docs/stable/generated/torch.argsort.html
    """
    return input.sort(dim, descending)[1]


@operator(method=True)
def msort(input: Tensor) -> Tensor:
    """`input` sorted along its first axis.

    Source: https://pytorch.org/docs/stable/generated/torch.msort.html
    """
    return input.sort(0)[0]


def _check_topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> None:
    if input.dtype.is_complex or input.dtype is dtypes.bool_:
        raise DTypeError(f"topk does not support {input.dtype} dtypes. Convert first, for example input.to(uint8).")
    length = input.shape[dim] if input.ndim else 1
    if not 0 <= k <= length:
        raise ShapeError(
            f"selected index k out of range: topk got k={k}, but axis {dim} of input with shape {tuple(input.shape)} "
            f"has {length} elements."
        )


@operator(method=True, outputs=("values", "indices"), differentiable=(0,), check=_check_topk, out="exact")
def topk(input: Tensor, k: int, dim: Dim = -1, largest: bool = True, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The `k` largest (or smallest) elements along `dim`, with their indices, as a named tuple.

    They come in order whatever `sorted` says; among equal elements the ones with lower indices are taken first.
    Raises: RuntimeError unless ``0 <= k <= input.shape[dim]``.
    Source: https://pytorch.org/docs/stable/generated/torch.topk.html
    """
    if input.ndim == 0:
        # Zero or one element chosen of a single one.
        chosen = input.reshape(1).narrow(0, 0, k).clone()
        return (
            (chosen.reshape(()), chosen.new_zeros((), dtype=dtypes.int64))
            if k
            else (
                chosen,
                chosen.new_zeros((0,), dtype=dtypes.int64),
            )
        )
    values, indices = input.sort(dim, largest)
    return values.narrow(dim, 0, k).clone(), indices.narrow(dim, 0, k).clone()


topk.gradient(input=lambda grad, indices, input_shape, dim: at_index(grad, indices, input_shape, dim))


def _runs(differs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where runs of equal neighbours start, the run each place belongs to, and the runs' lengths.

    `differs` tells, for every place but the first, whether it differs from the one before.
    """
    start = torchere.cat([differs.new_ones((1,)), differs])
    run = start.cumsum(0) - 1
    return start, run, run.bincount()


@operator(dtypes=BOOL + REAL, outputs=("values", "inverse", "counts"), differentiable=())
def _unique_flat(input: Tensor, ordered: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Distinct elements of the flattened input, the index of each element among them, and their counts.

    `ordered`: elements equal anywhere count as one and come sorted; otherwise only neighbours are merged.
    """
    flat = input.reshape(-1)
    if flat.shape[0] == 0:
        nothing = flat.new_zeros((0,), dtype=dtypes.int64)
        return flat.clone(), nothing.reshape(input.shape), nothing.clone()
    values, order = flat.sort(0) if ordered else (flat, None)
    start, run, counts = _runs(values.narrow(0, 1, values.shape[0] - 1) != values.narrow(0, 0, values.shape[0] - 1))
    inverse = run if order is None else run.new_zeros(run.shape).scatter(0, order, run)
    return values.masked_select(start), inverse.reshape(input.shape), counts


@operator(dtypes=BOOL + REAL, outputs=("values", "inverse", "counts"), differentiable=())
def _unique_slices(input: Tensor, dim: Dim, ordered: bool) -> tuple[Tensor, Tensor, Tensor]:
    """As `_unique_flat` for whole slices along `dim`, ordered lexicographically."""
    count = input.shape[dim]
    rows = input.movedim(dim, 0).reshape(count, -1)
    if count == 0:
        nothing = input.new_zeros((0,), dtype=dtypes.int64)
        return input.clone(), nothing, nothing.clone()
    order = torchere.arange(count, device=input.device)
    if ordered:
        # Stable sorts from the last column to the first leave the rows in lexicographic order.
        for column in range(rows.shape[1] - 1, -1, -1):
            order = order.gather(0, rows.select(1, column).gather(0, order).argsort(0))
        rows = rows.index_select(0, order)
    differs = (rows.narrow(0, 1, count - 1) != rows.narrow(0, 0, count - 1)).any(1)
    start, run, counts = _runs(differs)
    inverse = run.new_zeros(run.shape).scatter(0, order, run)
    return input.index_select(dim, order.masked_select(start)), inverse, counts


def _chosen(
    found: tuple[Tensor, Tensor, Tensor], return_inverse: bool, return_counts: bool
) -> Tensor | tuple[Tensor, ...]:
    values, inverse, counts = found
    if not (return_inverse or return_counts):
        return values
    return (values, *([inverse] if return_inverse else []), *([counts] if return_counts else []))


def _require_slices(input: Tensor, dim: int) -> int:
    if input.ndim == 0:
        raise DimensionError(f"Dimension specified as {dim} but tensor has no dimensions. Call unique without dim.")
    if not -input.ndim <= dim < input.ndim:
        raise DimensionError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got {dim})"
        )
    dim %= input.ndim
    if 0 in (*input.shape[:dim], *input.shape[dim + 1 :]):
        raise ShapeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied "
            f"(input has shape {tuple(input.shape)}, dim is {dim})."
        )
    return dim


@operator(method=True, out=False)
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Tensor | tuple[Tensor, ...]:
    """Distinct elements in ascending order, or distinct slices along `dim`.

    Returns the values ``(U,)``; with `return_inverse` also the index of every element among them (input's shape, or
    ``(input.shape[dim],)``), with `return_counts` also how often each occurs. NaNs are all distinct. Sorted always.
    Source: https://pytorch.org/docs/stable/generated/torch.unique.html
    """
    if dim is None:
        return _chosen(_unique_flat(input, True), return_inverse, return_counts)
    return _chosen(_unique_slices(input, _require_slices(input, dim), True), return_inverse, return_counts)


@operator(method=True, out=False)
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Tensor | tuple[Tensor, ...]:
    """`input` flattened (or its slices along `dim`) with runs of equal neighbours merged; returns as `unique`.

    Source: https://pytorch.org/docs/stable/generated/torch.unique_consecutive.html
    """
    if dim is None:
        return _chosen(_unique_flat(input, False), return_inverse, return_counts)
    return _chosen(_unique_slices(input, _require_slices(input, dim), False), return_inverse, return_counts)
