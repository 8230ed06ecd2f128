"""Distances between all pairs of rows: of two matrices, or within one."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING, WIDE_FLOATING
from torchere.errors import ArgumentError, DTypeError, ShapeError
from torchere.operators import operator

from .matmul import matmul, summed_to

__all__ = ["cdist", "pdist"]

_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)

#: From this many rows on, the default mode computes Euclidean distances by a matrix product.
_MANY_ROWS = 25


def _check_cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = _MODES[0]) -> None:
    for name, tensor in (("X1", x1), ("X2", x2)):
        if tensor.ndim < 2:
            raise ShapeError(
                f"cdist only supports at least 2D tensors, {name} got: {tensor.ndim}D (shape {tuple(tensor.shape)})"
            )
        if tensor.dtype.name not in FLOATING:
            raise DTypeError(f"cdist only supports floating-point dtypes, {name} got: {tensor.dtype}")
    if x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]} in cdist()"
        )
    if not isinstance(p, int | float):
        raise TypeError(f"cdist(): argument 'p' (position 3) must be float, not {type(p).__name__}")
    if p < 0:
        raise ShapeError(f"cdist only supports non-negative p values, but got {p}")
    if compute_mode not in _MODES:
        raise ArgumentError(f"{compute_mode} is not a valid value for compute_mode: choose one of {', '.join(_MODES)}")


@operator(same_dtype="strict", check=_check_cdist)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = _MODES[0]) -> Tensor:
    """The p-norm of the difference of every row of `x1` and every row of `x2`.

    Shape: ``(*, n, m)`` and ``(*, r, m)`` to ``(*, n, r)``, leading dimensions broadcast. ``p=0`` counts different
    elements, ``p=inf`` takes the largest difference. For ``p=2`` and more than 25 rows the default mode expands the
    square and multiplies matrices: much faster, less exact for points close together. The gradient at distance zero
    is zero. Raises RuntimeError for other ranks, dtypes, differing columns or a negative `p`.
    """
    many = compute_mode == _MODES[0] and (x1.shape[-2] > _MANY_ROWS or x2.shape[-2] > _MANY_ROWS)
    if p == 2 and (many or compute_mode == _MODES[1]):
        # |a - b|^2 = |a|^2 - 2 a b + |b|^2; rounding can make it slightly negative.
        squares = (x1 * x1).sum(-1, keepdim=True) + (x2 * x2).sum(-1).unsqueeze(-2)
        return (squares - 2 * matmul(x1, x2.transpose(-2, -1))).clamp(min=0).sqrt()
    return _norms((x1.unsqueeze(-2) - x2.unsqueeze(-3)).abs(), p)


def _norms(gaps: Tensor, p: float) -> Tensor:
    """The p-norms of the last axis of absolute differences."""
    if p == 0:
        # Not (gaps != 0): NaN must stay one.
        return gaps.ceil().clamp(max=1).sum(-1)
    if p == 1:
        return gaps.sum(-1)
    if p == 2:
        return (gaps * gaps).sum(-1).sqrt()
    if gaps.shape[-1] == 0:
        return gaps.sum(-1)
    if p == float("inf"):
        return gaps.amax(-1)
    return gaps.pow(p).sum(-1).pow(1 / p)


def _gap_gradient(grad: Tensor, x1: Tensor, x2: Tensor, out: Tensor, p: float) -> Tensor:
    """Gradient of every difference ``x1[i, k] - x2[j, k]``: ``(*, n, r, m)``; zero where the distance is."""
    return _norm_gradient(grad, x1.unsqueeze(-2) - x2.unsqueeze(-3), out, p)


def _norm_gradient(grad: Tensor, gaps: Tensor, out: Tensor, p: float) -> Tensor:
    """Gradient by the differences ``(*, m)`` of their norms `out` ``(*)``."""
    grad, distance = grad.unsqueeze(-1), out.unsqueeze(-1)
    if p == 0:
        return torchere.zeros_like(gaps)
    if p == 1:
        return grad * gaps.sign()
    if p == float("inf"):
        return grad * gaps.sign() * (gaps.abs() == distance).to(gaps.dtype)
    nothing = distance == 0
    safe = distance.masked_fill(nothing, 1.0)
    if p == 2:
        return (grad * gaps / safe).masked_fill(nothing, 0.0)
    size = gaps.abs()
    still = size == 0
    powers = size.masked_fill(still, 1.0).pow(p - 1).masked_fill(still, 0.0)
    return (grad * gaps.sign() * powers / safe.pow(p - 1)).masked_fill(nothing, 0.0)


def _euclidean_gradient(grad: Tensor, own: Tensor, other: Tensor, out: Tensor) -> Tensor:
    """``sum over j of grad / distance * (own - other[j])`` without the ``(n, r, m)`` differences."""
    nothing = out == 0
    weights = (grad / out.masked_fill(nothing, 1.0)).masked_fill(nothing, 0.0)
    return weights.sum(-1, keepdim=True) * own - matmul(weights, other)


def _first_gradient(grad: Tensor, x1: Tensor, x2: Tensor, out: Tensor, p: float) -> Tensor:
    if p == 2:
        return summed_to(_euclidean_gradient(grad, x1, x2, out), x1.shape)
    return summed_to(_gap_gradient(grad, x1, x2, out, p).sum(-2), x1.shape)


def _second_gradient(grad: Tensor, x1: Tensor, x2: Tensor, out: Tensor, p: float) -> Tensor:
    if p == 2:
        turned = _euclidean_gradient(grad.transpose(-2, -1), x2, x1, out.transpose(-2, -1))
        return summed_to(turned, x2.shape)
    return summed_to(-_gap_gradient(grad, x1, x2, out, p).sum(-3), x2.shape)


cdist.gradient(x1=_first_gradient, x2=_second_gradient)


def _check_pdist(input: Tensor, p: float = 2.0) -> None:
    if input.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got: {input.ndim}D (shape {tuple(input.shape)})")
    if input.dtype.name not in FLOATING:
        raise DTypeError(f"pdist only supports floating-point dtypes, got {input.dtype}: convert with .float()")
    if not isinstance(p, int | float):
        raise TypeError(f"pdist(): argument 'p' (position 2) must be float, not {type(p).__name__}")
    if p < 0:
        raise ShapeError(f"pdist only supports non-negative p values, but got {p}")


def _pairs(input: Tensor) -> tuple[Tensor, Tensor]:
    """Row numbers ``i < j`` of all pairs, ordered by i, then j."""
    rows = input.shape[0]
    first, second = torchere.triu_indices(rows, rows, 1, device=input.device)
    return first, second


@operator(namespace=("", "nn.functional"), out=False, dtypes=WIDE_FLOATING, check=_check_pdist)
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm of the difference of every two rows: the upper triangle of ``cdist(input, input, p)``, in a row.

    Shape: ``(n, m)`` to ``(n (n - 1) / 2,)``. ``p=0`` counts different elements, ``p=inf`` takes the largest
    difference. The gradient at distance zero is zero. Raises RuntimeError for other ranks, dtypes that are not
    floating or a negative `p`; NotImplementedError, as PyTorch, for half precision.
    """
    first, second = _pairs(input)
    return _norms((input.index_select(0, first) - input.index_select(0, second)).abs(), p)


def _pdist_gradient(grad: Tensor, input: Tensor, out: Tensor, p: float) -> Tensor:
    first, second = _pairs(input)
    gaps = input.index_select(0, first) - input.index_select(0, second)
    parts = _norm_gradient(grad, gaps, out, p)
    return torchere.zeros_like(input).index_add(0, first, parts).index_add(0, second, -parts)


pdist.gradient(input=_pdist_gradient)
