"""Scans along one axis: cumulative sums, products, extremes and logarithms of summed exponentials; differences.

What Array-API namespaces have (`cumsum`, `cumprod`) is primitive. The other scans are expressed by doubling: after step
``s`` every element combines the ``2**s`` elements that end at it, which takes log2(n) passes over the array.
"""

from __future__ import annotations

from collections.abc import Callable

import torchere
from torchere import Tensor, dtypes
from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, REAL
from torchere.errors import ShapeError
from torchere.operators import Dim, DType, operator, primitive

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "diff", "logcumsumexp"]


@primitive(method=True, inplace=True, result="array")
def cumsum(input: Tensor, dim: Dim, *, dtype: DType | None = None) -> Tensor:
    """Sums of the elements up to and including each along `dim`.

    Dtype: `dtype` if given (the input is cast first), int64 for bool and integers, else the input's.
    Source: https://pytorch.org/docs/stable/generated/torch.cumsum.html
    """
    ...


cumsum.gradient(input=lambda grad, dim: grad.flip(dim).cumsum(dim).flip(dim) if grad.ndim else grad)


def _shifted(values: Tensor, dim: int, by: int, fill: float) -> Tensor:
    """`values` moved `by` places to higher indices along `dim`, with `fill` moving in."""
    shape = values.shape
    front = values.new_full((*shape[:dim], by, *shape[dim + 1 :]), fill)
    return torchere.cat([front, values.narrow(dim, 0, shape[dim] - by)], dim)


@operator(dtypes=FLOATING + COMPLEX)
def _linear_recurrence(factors: Tensor, terms: Tensor, dim: Dim) -> Tensor:
    """``y[k] = terms[k] + factors[k] * y[k - 1]`` along `dim`, with y before the first element 0."""
    step, length = 1, terms.shape[dim]
    while step < length:
        terms = terms + factors * _shifted(terms, dim, step, 0)
        factors = factors * _shifted(factors, dim, step, 0)
        step *= 2
    return terms


def _cumprod_gradient(grad: Tensor, input: Tensor, dim: int) -> Tensor:
    """Derivative without division, so that zeros in the input are exact.

    dL/dx[k] = (x[0] … x[k-1]) * s[k] with s[k] = grad[k] + x[k+1] * s[k+1].
    """
    if not grad.ndim:
        return grad
    length = grad.shape[dim]
    if length == 0:
        return grad
    values = input.to(grad.dtype)
    before = _shifted(values, dim, 1, 1).cumprod(dim)
    factors = _shifted(values.conj().flip(dim), dim, 1, 0)
    return before.conj() * _linear_recurrence(factors, grad.flip(dim), dim).flip(dim)


@primitive(method=True, inplace=True, result="array")
def cumprod(input: Tensor, dim: Dim, *, dtype: DType | None = None) -> Tensor:
    """Products of the elements up to and including each along `dim`. Dtype as `cumsum`.

    The gradient is exact where elements are zero.
    Source: https://pytorch.org/docs/stable/generated/torch.cumprod.html
    """
    ...


cumprod.gradient(input=_cumprod_gradient)


def _running_extreme(input: Tensor, dim: int, wins: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Running extremes and their indices; `wins(later, earlier)` tells where the later element replaces the earlier."""
    if input.ndim == 0:
        return input.clone(), input.new_zeros((), dtype=dtypes.int64)
    length = input.shape[dim]
    places = torchere.arange(length, device=input.device).reshape((length,) + (1,) * (input.ndim - 1 - dim))
    values, indices = input, places.expand(input.shape)
    step = 1
    while step < length:
        rest = length - step
        earlier, later = values.narrow(dim, 0, rest), values.narrow(dim, step, rest)
        before, after = indices.narrow(dim, 0, rest), indices.narrow(dim, step, rest)
        stays = wins(later, earlier)
        later = torchere.where(stays, later, earlier)
        after = torchere.where(stays, after, before)
        values = torchere.cat([values.narrow(dim, 0, step), later], dim)
        indices = torchere.cat([indices.narrow(dim, 0, step), after], dim)
        step *= 2
    return values.clone(), indices.clone()


def _gradient_of_scan(grad: Tensor, indices: Tensor, dim: int) -> Tensor:
    """Every result's gradient goes to the element it was taken from."""
    if not grad.ndim:
        return grad
    return grad.new_zeros(grad.shape).scatter_add(dim, indices, grad)


@operator(method=True, dtypes=BOOL + REAL, outputs=("values", "indices"), differentiable=(0,))
def cummax(input: Tensor, dim: Dim) -> tuple[Tensor, Tensor]:
    """Largest elements so far along `dim`, and their indices (the last among equals). A NaN stays to the end.

    Source: https://pytorch.org/docs/stable/generated/torch.cummax.html
    """
    return _running_extreme(input, dim, lambda later, earlier: later.isnan() | (later >= earlier))


cummax.gradient(input=_gradient_of_scan)


@operator(method=True, dtypes=BOOL + REAL, outputs=("values", "indices"), differentiable=(0,))
def cummin(input: Tensor, dim: Dim) -> tuple[Tensor, Tensor]:
    """Smallest elements so far along `dim`, and their indices (the last among equals). A NaN stays to the end.

    Source: https://pytorch.org/docs/stable/generated/torch.cummin.html
    """
    return _running_extreme(input, dim, lambda later, earlier: later.isnan() | (later <= earlier))


cummin.gradient(input=_gradient_of_scan)


def _log_add(first: Tensor, second: Tensor) -> Tensor:
    """``log(exp(first) + exp(second))`` without overflow, for real and complex values."""
    swap = first.real < second.real if first.dtype.is_complex else first < second
    high, low = torchere.where(swap, second, first), torchere.where(swap, first, second)
    both_infinite = (high == low).logical_and(high.isinf())
    gap = torchere.where(both_infinite, low.new_zeros(()), low - high)
    return torchere.where(both_infinite.logical_and(_negative(high)), high, high + gap.exp().log1p())


def _negative(value: Tensor) -> Tensor:
    return (value.real if value.dtype.is_complex else value) < 0


@operator(method=True, dtypes=FLOATING + COMPLEX)
def logcumsumexp(input: Tensor, dim: Dim) -> Tensor:
    """``log Σ exp(x)`` of the elements up to and including each along `dim`.

    Raises: NotImplementedError for integers.
    Source: https://pytorch.org/docs/stable/generated/torch.logcumsumexp.html
    """
    if input.ndim == 0:
        return input.clone()
    values, step, length = input, 1, input.shape[dim]
    while step < length:
        rest = length - step
        combined = _log_add(values.narrow(dim, 0, rest), values.narrow(dim, step, rest))
        values = torchere.cat([values.narrow(dim, 0, step), combined], dim)
        step *= 2
    return values.clone()


def _logcumsumexp_gradient(grad: Tensor, input: Tensor, out: Tensor, dim: int) -> Tensor:
    """Σ over later results of grad * exp(input - out), computed in logarithms of both signs of grad."""
    if not grad.ndim:
        return grad * (input - out).exp() if not input.dtype.is_complex else grad
    if input.dtype.is_complex:
        # Magnitudes of complex powers stay moderate after the largest real part is taken out.
        level = input.detach().real.amax(dim, keepdim=True)
        weights = (grad * (level - out).exp().conj()).flip(dim).cumsum(dim).flip(dim)
        return weights * (input - level).exp().conj()
    log_grad = grad.abs().log()
    # Finite, because -inf - -inf would spoil the second derivative.
    lowest = float(torchere.finfo(grad.dtype).min)
    positive = torchere.where(grad > 0, log_grad, lowest)
    negative = torchere.where(grad < 0, log_grad, lowest)

    def collected(part: Tensor) -> Tensor:
        return ((part - out).flip(dim).logcumsumexp(dim).flip(dim) + input).exp()

    return collected(positive) - collected(negative)


logcumsumexp.gradient(input=_logcumsumexp_gradient)


def _check_diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> None:
    if input.ndim < 1:
        raise ShapeError("diff expects input to be at least one-dimensional. Give it an axis: input.reshape(1).")
    if n < 0:
        raise ShapeError(f"order must be non-negative but got {n}")
    for extra in (prepend, append):
        if extra is None:
            continue
        if extra.ndim != input.ndim:
            raise ShapeError(
                "diff expects prepend or append to be the same dimension as input, but got shapes "
                f"{tuple(extra.shape)} and {tuple(input.shape)}."
            )
        for axis, (wanted, got) in enumerate(zip(input.shape, extra.shape, strict=True)):
            if axis != dim and wanted != got:
                raise ShapeError(
                    "diff expects the shape of tensor to prepend or append to match that of input except along the "
                    f"differencing dimension; input.size({axis}) = {wanted}, but got tensor.size({axis}) = {got}"
                )


@operator(method=True, check=_check_diff)
def diff(
    input: Tensor, n: int = 1, dim: Dim = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Differences of neighbours along `dim`, taken `n` times; of bools, where neighbours differ.

    `prepend` and `append` are joined to the input along `dim` first.
    Raises: RuntimeError for 0-d input, negative `n`, or shapes that do not join.
    Source: https://pytorch.org/docs/stable/generated/torch.diff.html
    """
    parts = [part for part in (prepend, input, append) if part is not None]
    values = torchere.cat(parts, dim) if len(parts) > 1 else input
    if n == 0:
        return values.clone()
    for _ in range(n):
        length = values.shape[dim]
        if length == 0:
            break
        later, earlier = values.narrow(dim, 1, length - 1), values.narrow(dim, 0, length - 1)
        values = later.logical_xor(earlier) if values.dtype is dtypes.bool_ else later - earlier
    return values.clone() if values is input else values
