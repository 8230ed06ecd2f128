"""Extremes of NumPy arrays and where they lie. NaN wins everywhere; the first of equal elements is returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .accumulation import axes_of

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...] | None

table = KernelTable(device="cpu")

_ORDERED = BOOL + INTEGRAL + WIDE_FLOATING


def _reduced(ufunc: np.ufunc, x: Array, dim: Axes, keepdim: bool) -> Any:
    if dim and x.ndim:
        return ufunc.reduce(x, dim, None, None, keepdim)
    axes = axes_of(x, dim)
    if axes == ():
        return x.copy()
    return ufunc.reduce(x, axes, None, None, keepdim)  # by position: half as long as by keyword


@table.kernel("amax", dtypes=_ORDERED)
def amax(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _reduced(np.maximum, x, dim, keepdim)


@table.kernel("amin", dtypes=_ORDERED)
def amin(x: Array, dim: Axes, keepdim: bool) -> Any:
    return _reduced(np.minimum, x, dim, keepdim)


@table.kernel("_max_all", dtypes=_ORDERED)
def max_all(x: Array) -> Any:
    return np.maximum.reduce(x, axis=None)


@table.kernel("_min_all", dtypes=_ORDERED)
def min_all(x: Array) -> Any:
    return np.minimum.reduce(x, axis=None)


@table.kernel("aminmax", dtypes=_ORDERED)
def aminmax(x: Array, dim: int | None, keepdim: bool) -> tuple[Any, Any]:
    axes = None if dim is None else (dim,)
    return _reduced(np.minimum, x, axes, keepdim), _reduced(np.maximum, x, axes, keepdim)


def _position(find: Callable[..., Any], x: Array, dim: int | None, keepdim: bool) -> Any:
    if x.ndim == 0:
        return np.int64(0)
    if x.size <= 64 and not keepdim:
        return x.argmax(dim) if find is np.argmax else x.argmin(dim)
    if dim is not None and x.shape[dim] > 1 and dim < x.ndim - 1 and x.size // x.shape[dim] > 64:
        # NumPy searches axis by axis; where the axis is not the innermost one, comparing whole slabs is faster.
        found = _slab_position(np.greater if find is np.argmax else np.less, x, dim)
        return np.expand_dims(found, dim) if keepdim else found
    return find(x, axis=dim, keepdims=keepdim)


def _slab_position(better: np.ufunc, x: Array, dim: int) -> Array:
    slabs = np.moveaxis(x, dim, 0)
    best = slabs[0].copy()
    found = np.zeros(best.shape, dtype=np.int64)
    floating = x.dtype.kind == "f"
    for place in range(1, len(slabs)):
        slab = slabs[place]
        wins = better(slab, best)
        if floating:
            # The first NaN replaces any number, and nothing replaces a NaN (comparisons with it are false).
            wins |= np.isnan(slab) & ~np.isnan(best)
        np.copyto(best, slab, where=wins)
        np.copyto(found, place, where=wins)
    return found


@table.kernel("argmax", dtypes=INTEGRAL + WIDE_FLOATING)
def argmax(x: Array, dim: int | None, keepdim: bool) -> Any:
    return _position(np.argmax, x, dim, keepdim)


@table.kernel("argmin", dtypes=INTEGRAL + WIDE_FLOATING)
def argmin(x: Array, dim: int | None, keepdim: bool) -> Any:
    return _position(np.argmin, x, dim, keepdim)


def _value_at_position(find: Callable[..., Any], x: Array, dim: int, keepdim: bool) -> tuple[Any, Any]:
    if x.ndim == 0:
        return x.copy(), np.zeros((), dtype=np.int64)
    places = _position(find, x, dim, True)
    if dim == x.ndim - 1 and x.flags.c_contiguous and x.size:
        starts = np.arange(0, x.size, x.shape[-1]).reshape(places.shape)
        values = x.reshape(-1).take(places + starts)
    else:
        values = np.take_along_axis(x, places, dim)
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


@table.kernel("_max", dtypes=_ORDERED)
def max_dim(x: Array, dim: int, keepdim: bool) -> tuple[Any, Any]:
    return _value_at_position(np.argmax, x, dim, keepdim)


@table.kernel("_min", dtypes=_ORDERED)
def min_dim(x: Array, dim: int, keepdim: bool) -> tuple[Any, Any]:
    return _value_at_position(np.argmin, x, dim, keepdim)
