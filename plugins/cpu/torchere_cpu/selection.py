"""Elementwise choice on NumPy arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, BOOL, INTEGRAL, WIDE_FLOATING
from torchere_cpu.blending import INTEGERS, SMALLEST, drop, keep, select
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
_BOOL = np.dtype(bool)
_NUMBERS = (float, int)
ORDERED = BOOL + INTEGRAL + WIDE_FLOATING
table.ufuncs(ORDERED, fmax=np.fmax, fmin=np.fmin)
table.ufuncs(WIDE_FLOATING, copysign=np.copysign)
# Not through `ufuncs`: these two take their output by keyword only.
table.add("maximum", np.maximum, dtypes=ORDERED)
table.add("minimum", np.minimum, dtypes=ORDERED)


@lru_cache(maxsize=256)
def _constant(value: float, dtype: np.dtype[Any]) -> np.ndarray:
    """A number as ufuncs take it fastest. Not for zeros, whose signs a cache cannot tell apart."""
    return np.array(value, dtype)


@table.kernel("clamp_min", dtypes=ORDERED, writes_out=True)
def clamp_min(x: np.ndarray, low: Any, out: np.ndarray | None = None) -> np.ndarray:
    return np.maximum(x, low, out=out)


@table.kernel("clamp_max", dtypes=ORDERED, writes_out=True)
def clamp_max(x: np.ndarray, high: Any, out: np.ndarray | None = None) -> np.ndarray:
    return np.minimum(x, high, out=out)


@table.kernel("where", dtypes=ALL)
def where(condition: np.ndarray, x: Any, y: Any) -> np.ndarray:
    if condition.dtype is not _BOOL:
        condition = condition.astype(np.bool_)
    if not isinstance(x, np.ndarray):
        if x == 0 and isinstance(y, np.ndarray) and condition.size >= SMALLEST and y.itemsize in INTEGERS:
            return drop(condition, y)
        x = np.array(x, dtype=y.dtype)
    elif not isinstance(y, np.ndarray):
        if y == 0 and condition.size >= SMALLEST and x.itemsize in INTEGERS:
            return keep(condition, x)
        y = np.array(y, dtype=x.dtype)
    if condition.size >= SMALLEST and x.itemsize in INTEGERS:
        return select(condition, x, y)
    return np.where(condition, x, y)


@table.kernel("clamp", dtypes=ORDERED, writes_out=True)
def clamp(x: np.ndarray, low: Any, high: Any, out: np.ndarray | None = None) -> np.ndarray:
    if high is None:
        return np.maximum(x, low, out=out)
    if low is None:
        return np.minimum(x, high, out=out)
    if out is None and x.shape and x.dtype.kind == "f" and low.__class__ in _NUMBERS and high.__class__ in _NUMBERS:
        return x.clip(_constant(low, x.dtype) if low else low, _constant(high, x.dtype) if high else high)
    limited = np.maximum(x, low)
    if (
        out is None
        and isinstance(limited, np.ndarray)
        and (not isinstance(high, np.ndarray) or limited.shape == np.broadcast_shapes(limited.shape, high.shape))
    ):
        out = limited
    return np.minimum(limited, high, out=out)


@table.kernel("signbit", dtypes=WIDE_FLOATING)
def signbit(x: np.ndarray) -> np.ndarray:
    return np.signbit(x)


@table.kernel("signbit", dtypes=BOOL + INTEGRAL)
def signbit_of_integers(x: np.ndarray) -> np.ndarray:
    return np.less(x, 0)
