"""Scans of NumPy arrays along one axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")

_WHOLE = BOOL + INTEGRAL
_INT64 = np.dtype(np.int64)


def _accumulated(ufunc: np.ufunc, x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    if dtype is None:
        dtype = x.dtype if x.dtype.kind in "fc" else _INT64
    if x.dtype != dtype:
        x = x.astype(dtype)
    if not x.ndim:
        return x.copy()
    if dtype == np.float32 and x.shape[dim] > 2048:
        # The rounding errors of a long chain add up: keep the running value in float64.
        return ufunc.accumulate(x, axis=dim, dtype=np.float64).astype(dtype)
    return ufunc.accumulate(x, axis=dim, dtype=dtype)


@table.kernel("cumsum", dtypes=_WHOLE + WIDE)
def cumsum(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    return _accumulated(np.add, x, dim, dtype)


@table.kernel("cumprod", dtypes=_WHOLE + WIDE)
def cumprod(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    return _accumulated(np.multiply, x, dim, dtype)


def _running_extreme(ufunc: np.ufunc, x: Array, dim: int) -> tuple[Array, Array]:
    if x.ndim == 0:
        return x.copy(), np.zeros((), dtype=_INT64)
    values = ufunc.accumulate(x, axis=dim)
    # An element is the extreme so far if it equals it; the last such place is its index.
    here = values == x
    if x.dtype.kind == "f":
        here |= np.isnan(x)
    places = np.arange(x.shape[dim], dtype=_INT64).reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    return values, np.maximum.accumulate(np.where(here, places, 0), axis=dim)


@table.kernel("cummax", dtypes=_WHOLE + WIDE_FLOATING)
def cummax(x: Array, dim: int) -> tuple[Array, Array]:
    return _running_extreme(np.maximum, x, dim)


@table.kernel("cummin", dtypes=_WHOLE + WIDE_FLOATING)
def cummin(x: Array, dim: int) -> tuple[Array, Array]:
    return _running_extreme(np.minimum, x, dim)


@table.kernel("logcumsumexp", dtypes=WIDE_FLOATING)
def logcumsumexp(x: Array, dim: int) -> Array:
    return np.logaddexp.accumulate(x, axis=dim) if x.ndim else x.copy()


@table.kernel("_linear_recurrence", dtypes=WIDE_FLOATING + COMPLEX)
def linear_recurrence(factors: Array, terms: Array, dim: int) -> Array:
    factors, result = np.moveaxis(factors, dim, 0), np.array(np.moveaxis(terms, dim, 0), order="C")
    length = len(result)
    if result.size >= length * 16:
        for place in range(1, length):
            result[place] += factors[place] * result[place - 1]
    else:
        # Few elements side by side: log2(n) passes over whole arrays instead of n small steps.
        factors, step = np.array(factors, order="C"), 1
        while step < length:
            result[step:] += factors[step:] * result[:-step].copy()
            factors[step:] = factors[step:] * factors[:-step]
            factors[:step] = 0
            step *= 2
    return np.ascontiguousarray(np.moveaxis(result, 0, dim))
