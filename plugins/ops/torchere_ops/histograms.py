"""Histograms of one and of several variables: torch.histogram and torch.histogramdd."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import composite
from torchere.promotion import scalar_type_name

from .binning import searchsorted

__all__ = ["histogram", "histogramdd"]


class Histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Tensor
    bin_edges: Tensor


class HistogramOfSeveral(NamedTuple):
    """What `histogramdd` returns."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]


def _edges(values: Tensor, bins: Any, bounds: tuple[float, float] | None, dimension: int) -> Tensor:
    if isinstance(bins, Tensor):
        if bins.ndim != 1 or not bins.numel():
            raise ShapeError(
                f"torch.histogramdd: bins tensor should have one dimension and at least one element, but got shape "
                f"{list(bins.shape)} for dimension {dimension}"
            )
        if bins.dtype is not values.dtype:
            raise DTypeError(
                f"torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with "
                f"dtype {scalar_type_name(values.dtype)} and bins for dimension {dimension} with dtype "
                f"{scalar_type_name(bins.dtype)}"
            )
        return bins
    if bins <= 0:
        raise ShapeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dimension}")
    if bounds is not None:
        low, high = (float(bound) for bound in bounds)
    elif values.numel():
        low, high = float(values.min()), float(values.max())
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ShapeError(f"torch.histogramdd: dimension {dimension}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise ShapeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dimension}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return torchere.linspace(low, high, bins + 1, dtype=values.dtype, device=values.device)


def _counts(points: Tensor, edges: Sequence[Tensor], weight: Tensor | None, density: bool) -> Tensor:
    """Weights of the points ``(n, variables)`` in the cells between the edges."""
    sizes = [one.numel() - 1 for one in edges]
    inside = torchere.ones(points.shape[:1], dtype=torchere.bool, device=points.device)
    flat = torchere.zeros(points.shape[:1], dtype=torchere.int64, device=points.device)
    for axis, (border, size) in enumerate(zip(edges, sizes, strict=True)):
        values = points.select(1, axis).contiguous()
        inside = inside & (values >= border[0]) & (values <= border[-1])
        # The last bin includes its upper edge.
        place = (searchsorted(border, values, right=True) - 1).clamp(0, max(size - 1, 0))
        flat = flat * size + place
    weights = points.new_ones(points.shape[:1]) if weight is None else weight
    total = points.new_zeros((math.prod(sizes),))
    if total.numel():
        total = total.scatter_add(0, flat.masked_select(inside), weights.masked_select(inside))
    found = total.reshape(sizes)
    if density:
        found = found / found.sum()
        for axis, border in enumerate(edges):
            found = found / border.diff().reshape((-1,) + (1,) * (len(sizes) - 1 - axis))
    return found


def _checked(input: Tensor, points: Tensor, weight: Tensor | None) -> Tensor | None:
    if not input.dtype.is_floating_point or input.dtype.itemsize < 4:
        raise UnsupportedDTypeError(
            f"\"histogramdd\" not implemented for '{scalar_type_name(input.dtype)}'. Convert first: input.float()."
        )
    if weight is None:
        return None
    if weight.numel() != points.shape[0]:
        raise ShapeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape {list(points.shape)} and weight with shape "
            f"{list(weight.shape)}"
        )
    if weight.dtype is not input.dtype:
        raise DTypeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({scalar_type_name(input.dtype)}), and weight({scalar_type_name(weight.dtype)})"
        )
    return weight.detach().reshape(-1)


@composite(method=True)
def histogram(
    input: Tensor,
    bins: int | Tensor = 100,
    *,
    range: tuple[float, float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: tuple[Tensor, Tensor] | None = None,
) -> Histogram:
    """Counts (or sums of `weight`) of all elements in bins, and the bins' edges.

    `bins` is a number of equal bins over `range` (that of the data by default), or a 1-d tensor of edges. Each bin
    includes its lower edge, the last also its upper one; what lies outside is left out. With `density` the histogram's
    integral is 1.
    Raises: RuntimeError for a range that is not finite or reversed, NotImplementedError for integers.
    Source: https://pytorch.org/docs/stable/generated/torch.histogram.html
    """
    points = input.detach().reshape(-1, 1)
    weights = _checked(input, points, weight)
    edges = _edges(points, bins, range, 0)
    found = Histogram(_counts(points, [edges], weights, density), edges)
    if out is None:
        return found
    for target, value in zip(out, found, strict=True):
        target.resize_(value.shape).copy_(value)
    return Histogram(*out)


@composite(method=True)
def histogramdd(
    input: Tensor,
    bins: int | Sequence[int] | Sequence[Tensor],
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> HistogramOfSeveral:
    """The histogram of points ``(*, variables)`` in as many dimensions, and the edges along each.

    `bins` is a number of bins for all variables, one for each, or a tensor of edges for each; `range` lists the lowest
    and highest value of each variable in turn. The rest is as in `histogram`.
    Raises: RuntimeError for bins or ranges that do not fit the variables.
    Source: https://pytorch.org/docs/stable/generated/torch.histogramdd.html
    """
    if input.ndim < 2:
        raise ShapeError(f"torch.histogramdd: input tensor should have at least 2 dimensions, but got {input.ndim}")
    count = input.shape[-1]
    points = input.detach().reshape(-1, count)
    weights = _checked(input, points, weight)
    several = [bins] * count if isinstance(bins, int) else list(bins)
    if len(several) != count:
        raise ShapeError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input: "
            f"got {len(several)} for {count}"
        )
    if range is not None and len(range) != 2 * count:
        raise ShapeError(
            f"torch.histogramdd: for a {count}-dimensional histogram range should have {2 * count} elements, but got "
            f"{len(range)}"
        )
    edges = []
    for axis, one in enumerate(several):
        bounds = None if range is None else (range[2 * axis], range[2 * axis + 1])
        edges.append(_edges(points.select(1, axis), one, bounds, axis))
    return HistogramOfSeveral(_counts(points, edges, weights, density), tuple(edges))
