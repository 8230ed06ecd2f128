"""Sums, products, means and truth reductions of NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .accumulation import axes_of, count, total

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...] | None

table = KernelTable(device="cpu")

_INT64 = np.dtype(np.int64)
_WHOLE = BOOL + INTEGRAL
#: Up to here one plain pairwise reduction is both fastest and accurate.
_SMALL = 4096


@table.kernel("sum", dtypes=_WHOLE + WIDE)
def sum(x: Array, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    kind = x.dtype.kind
    if dtype is None:
        if kind == "f" and x.size <= _SMALL and x.ndim:
            if dim:
                return np.add.reduce(x, dim, None, None, keepdim)
            if not keepdim:
                return np.add.reduce(x, None, None, np.empty((), x.dtype))  # an array at once, instead of a scalar
        if kind in "fc":
            return total(x, axes_of(x, dim), keepdim)
        dtype = _INT64
    elif dtype.kind in "fc":
        return total(x if x.dtype == dtype else x.astype(dtype), axes_of(x, dim), keepdim)
    if kind == "b" and dtype == _INT64 and not dim:
        found = _INT64.type(np.count_nonzero(x))
        return found.reshape((1,) * x.ndim) if keepdim else found
    # The cast comes before the sum, as PyTorch's: fractions are cut off element by element.
    values = x.astype(dtype) if kind in "fc" else x
    return np.add.reduce(values, axis=axes_of(x, dim), dtype=dtype, keepdims=keepdim)


@table.kernel("prod", dtypes=_WHOLE + WIDE)
def prod(x: Array, dim: int | None, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    if dtype is None:
        dtype = x.dtype if x.dtype.kind in "fc" else _INT64
    elif x.dtype != dtype:
        x = x.astype(dtype)
    return np.multiply.reduce(x, axis=dim if x.ndim else None, dtype=dtype, keepdims=keepdim)


def divided(value: Any, number: int) -> Any:
    """`value` over a number of elements, NaN over none; in place where `value` is an array of its own."""
    if isinstance(value, np.ndarray) and value.ndim:
        return np.divide(value, value.dtype.type(number), out=value)
    return value / value.dtype.type(number)


@table.kernel("mean", dtypes=_WHOLE + WIDE)
def mean(x: Array, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    if dtype is not None and x.dtype != dtype:
        x = x.astype(dtype)
    axes = axes_of(x, dim)
    if axes == ():
        return x.copy()
    return divided(total(x, axes, keepdim), count(x, axes))


@table.kernel("nansum", dtypes=WIDE_FLOATING)
def nansum(x: Array, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    return sum(np.where(np.isnan(x), x.dtype.type(0), x), dim, keepdim, dtype)


def _flags(ufunc: np.ufunc, x: Array, dim: Axes, keepdim: bool) -> Any:
    axes = dim if x.ndim else None
    found = ufunc.reduce(x if x.dtype.kind == "b" else x != 0, axis=axes, keepdims=keepdim)
    if axes == () and found is x:
        found = x.copy()
    return found.astype(np.uint8) if x.dtype == np.uint8 else found


@table.kernel("all", dtypes=_WHOLE + WIDE_FLOATING + COMPLEX)
def all(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _flags(np.logical_and, x, dim, keepdim)


@table.kernel("any", dtypes=_WHOLE + WIDE_FLOATING + COMPLEX)
def any(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _flags(np.logical_or, x, dim, keepdim)


@table.kernel("count_nonzero", dtypes=_WHOLE + WIDE_FLOATING + COMPLEX)
def count_nonzero(x: Array, dim: Axes) -> Any:
    found = np.count_nonzero(x, axis=axes_of(x, dim)) if x.ndim else int(x != 0)
    return np.asarray(found, dtype=_INT64)


@table.kernel("trace", dtypes=_WHOLE + WIDE)
def trace(x: Array) -> Any:
    return np.trace(x, dtype=x.dtype if x.dtype.kind in "fc" else _INT64)
