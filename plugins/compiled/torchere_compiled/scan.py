"""Cumulative sums, products and extremes by compiled loops."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array, row_major
from .late import Loops, is_usable
from .team import spread

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("scan")

#: Elements from which on a call is worth a loop.
LARGE = 2048


def _slabs(array: Array, dim: int) -> Array:
    shape = array.shape
    return row_major(array).reshape(prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :]))


def _accumulated(name: str, x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    if (dtype is not None and dtype != x.dtype) or not is_usable():
        return NotImplemented
    result = np.empty(x.shape, x.dtype)
    slabs = _slabs(x, dim)
    spread(getattr(loops, name), len(slabs), slabs, _slabs(result, dim))
    return result


@table.kernel("cumsum", dtypes=FLOATS, yields=True, smallest=LARGE)
def cumsum(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _accumulated("sums", x, dim, dtype)


@table.kernel("cumprod", dtypes=FLOATS, yields=True, smallest=LARGE)
def cumprod(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _accumulated("products", x, dim, dtype)


def _extremes(name: str, x: Array, dim: int) -> Any:
    if not is_usable():
        return NotImplemented
    values, places = np.empty(x.shape, x.dtype), np.empty(x.shape, np.int64)
    slabs = _slabs(x, dim)
    spread(getattr(loops, name), len(slabs), slabs, _slabs(values, dim), _slabs(places, dim))
    return values, places


@table.kernel("cummax", dtypes=FLOATS, yields=True, smallest=LARGE)
def cummax(x: Array, dim: int) -> Any:
    return _extremes("maxima", x, dim)


@table.kernel("cummin", dtypes=FLOATS, yields=True, smallest=LARGE)
def cummin(x: Array, dim: int) -> Any:
    return _extremes("minima", x, dim)
