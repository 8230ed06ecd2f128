"""Which bin a value falls into: searchsorted, bucketize, bincount, histc."""

from __future__ import annotations

from math import isfinite

import torchere
from torchere import Tensor, dtypes
from torchere.dtype_sets import FLOATING, INTEGRAL
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import Number, operator
from torchere.promotion import scalar_type_name

from .anywhere import anywhere
from .operand_kinds import require_dtypes

__all__ = ["bincount", "bucketize", "histc", "searchsorted"]


@operator(result="int64", differentiable=())
def _searchsorted(sorted_sequence: Tensor, values: Tensor, right: bool) -> Tensor:
    """How many elements of each sorted row lie before each value: ``<= value`` if `right`, else ``< value``.

    `sorted_sequence` is ``(n,)`` for all values, or ``(*, n)`` for values ``(*, m)``. NaN lies behind everything.
    """
    if sorted_sequence.ndim == 1:
        rows, wanted = sorted_sequence, values.unsqueeze(-1)
    else:
        rows, wanted = sorted_sequence.unsqueeze(-2), values.unsqueeze(-1)
    before = rows <= wanted if right else rows < wanted
    return before.logical_or(wanted.isnan()).sum(-1)


def _check_sequence(sequence: Tensor, values: Tensor, sorter: Tensor | None, is_number: bool) -> None:
    if is_number and sequence.ndim != 1:
        raise ShapeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({sequence.ndim}) and input value's dim(0) numel(1)"
        )
    if sequence.ndim != 1 and (sequence.ndim != values.ndim or sequence.shape[:-1] != values.shape[:-1]):
        raise ShapeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and input "
            f"value tensor {list(values.shape)}"
        )
    if sorter is None:
        return
    if sorter.dtype is not dtypes.int64:
        raise DTypeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{scalar_type_name(sorter.dtype)}. Use the indices that argsort returns."
        )
    if sorter.shape != sequence.shape:
        raise ShapeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
            f"{list(sequence.shape)} and got sorter tensor {list(sorter.shape)}"
        )
    if anywhere((sorter < 0) | (sorter >= sequence.shape[-1])):
        raise ShapeError("torch.searchsorted(): sorter index out of range")


@operator()
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Index at which each value would be inserted so that the row stays sorted.

    `sorted_sequence` ``(n,)`` serves any `input`; ``(*, n)`` goes with values ``(*, m)``. The index is the
    first possible one, with `right` (or ``side="right"``) the last. `sorter` holds indices that sort the sequence.
    Dtype: int64, or int32 with `out_int32`.
    Raises: RuntimeError for shapes that do not match or contradicting `right` and `side`.
    Source: https://pytorch.org/docs/stable/generated/torch.searchsorted.html
    """
    if side is not None:
        if side not in ("left", "right"):
            raise ShapeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
        if side == "left" and right:
            raise ShapeError(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
            )
        right = side == "right"
    is_number = not isinstance(input, Tensor)
    values = torchere.tensor(input, device=sorted_sequence.device) if is_number else input
    require_dtypes("searchsorted_out_cpu", values, INTEGRAL + FLOATING) if values.numel() else None
    _check_sequence(sorted_sequence, values, sorter, is_number or values.ndim == 0)
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    if sorted_sequence.dtype is not values.dtype:
        common = torchere.result_type(sorted_sequence, values)
        sorted_sequence, values = sorted_sequence.to(common), values.to(common)
    found = _searchsorted(sorted_sequence, values, right)
    return found.to(dtypes.int32) if out_int32 else found


@operator()
def bucketize(input: Tensor | Number, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Index of the bucket each value falls into; bucket ``i`` ends at ``boundaries[i]``, which it includes.

    With `right` a boundary belongs to the bucket that begins there.
    Raises: RuntimeError unless `boundaries` has one axis.
    Source: https://pytorch.org/docs/stable/generated/torch.bucketize.html
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@operator(result="array", differentiable=())
def _bincount(input: Tensor, weights: Tensor | None, length: int) -> Tensor:
    """Counts, or sums of weights, of the integers ``0 … length - 1``."""
    if weights is None:
        weights = input.new_ones(input.shape, dtype=dtypes.int64)
    return weights.new_zeros((length,)).scatter_add(0, input.to(dtypes.int64), weights)


@operator(method=True)
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer occurs in a 1-d tensor, or the sum of `weights` where it does.

    Shape: ``(max(input.max() + 1, minlength),)``. Dtype: int64; with weights float32 for float32, else float64.
    Raises: RuntimeError for negative values or other shapes, NotImplementedError for other than integers.
    Source: https://pytorch.org/docs/stable/generated/torch.bincount.html
    """
    if input.dtype.name not in INTEGRAL:
        raise UnsupportedDTypeError(
            f"\"bincount_cpu\" not implemented for '{scalar_type_name(input.dtype)}'. Convert first: input.long()."
        )
    if minlength < 0:
        raise ShapeError(f"minlength should be >= 0, but got {minlength}")
    if input.ndim != 1 or anywhere(input < 0):
        raise ShapeError(
            f"bincount only supports 1-d non-negative integral inputs. Got shape {tuple(input.shape)}; "
            "flatten it, or shift the values."
        )
    if input.shape[0] == 0:
        return torchere.zeros((minlength,), dtype=dtypes.int64, device=input.device)
    if weights is not None:
        if weights.shape != input.shape:
            raise ShapeError(
                "weights should be 1-d and have the same length as input, but got shapes "
                f"{tuple(weights.shape)} and {tuple(input.shape)}"
            )
        if weights.dtype is not dtypes.float32:
            weights = weights.to(dtypes.float64)
    length = int(input.max()) + 1
    return _bincount(input, weights, length if length > minlength else minlength)


@operator(dtypes=FLOATING, differentiable=())
def _histogram(input: Tensor, bins: int, low: float, high: float) -> Tensor:
    """Counts of the elements in `bins` equal parts of ``[low, high]``; others are left out."""
    flat = input.reshape(-1)
    inside = (flat >= low).logical_and(flat <= high)
    place = ((flat.masked_select(inside) - low) * bins / (high - low)).to(dtypes.int64).clamp(max=bins - 1)
    return input.new_zeros((bins,)).scatter_add(0, place, input.new_ones(place.shape))


@operator(method=True)
def histc(input: Tensor, bins: int = 100, min: Number = 0, max: Number = 0) -> Tensor:
    """Histogram of all elements in `bins` equal bins between `min` and `max`, in the input's dtype.

    With ``min == max`` the range is that of the data (one unit to both sides if the data are constant). Elements
    outside the range, and NaN, are ignored; the last bin includes `max`.
    Raises: RuntimeError for a range that is not finite or reversed, NotImplementedError for integers.
    Source: https://pytorch.org/docs/stable/generated/torch.histc.html
    """
    if not input.dtype.is_floating_point:
        raise UnsupportedDTypeError(
            f"\"histogram_cpu\" not implemented for '{scalar_type_name(input.dtype)}'. Convert first: input.float()."
        )
    if bins <= 0:
        raise ShapeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    low, high = float(min), float(max)
    if low == high and input.numel():
        low, high = float(input.min()), float(input.max())
    if not (isfinite(low) and isfinite(high)):
        raise ShapeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise ShapeError(f"torch.histc: max must be larger than min, but got min={low:g} and max={high:g}")
    if low == high:
        low, high = low - 1, high + 1
    return _histogram(input, bins, low, high)
