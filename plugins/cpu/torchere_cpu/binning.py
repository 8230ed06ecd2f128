"""Which bin a value falls into, on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("_searchsorted", dtypes=BOOL + INTEGRAL + WIDE_FLOATING)
def searchsorted(sequence: Array, values: Array, right: bool) -> Any:
    length = sequence.shape[-1]
    if sequence.ndim == 1:
        found = np.asarray(np.searchsorted(sequence, values, "right" if right else "left"), dtype=np.int64)
    else:
        found = _bisected(sequence, values, right)
    if values.dtype.kind == "f":
        # NumPy finds a NaN among the NaNs; here it lies behind them all.
        np.copyto(found, length, where=np.isnan(values))
    return found


def _bisected(sequence: Array, values: Array, right: bool) -> Array:
    """Binary search in all rows at once: log2(n) steps over whole arrays."""
    length = sequence.shape[-1]
    low = np.zeros(values.shape, dtype=np.int64)
    high = np.full(values.shape, length, dtype=np.int64)
    if not values.size:
        return low
    for _ in range(length.bit_length()):
        middle = (low + high) >> 1
        probe = np.take_along_axis(sequence, np.minimum(middle, length - 1), -1)
        # NaN in the sequence counts as larger than every number: "not smaller" instead of "larger or equal".
        before = probe <= values if right else probe < values
        before &= low < high
        low = np.where(before, middle + 1, low)
        high = np.where(before, high, middle)
    return low


@table.kernel("_bincount", dtypes=INTEGRAL)
def bincount(x: Array, weights: Array | None, length: int) -> Array:
    found = np.bincount(x.astype(np.int64, copy=False), weights, length)
    return found.astype(np.int64 if weights is None else weights.dtype, copy=False)


@table.kernel("_histogram", dtypes=WIDE_FLOATING)
def histogram(x: Array, bins: int, low: float, high: float) -> Array:
    flat = x.reshape(-1)
    low, high = x.dtype.type(low), x.dtype.type(high)
    inside = flat[(flat >= low) & (flat <= high)]
    place = ((inside - low) * x.dtype.type(bins) / (high - low)).astype(np.int64)
    return np.bincount(np.minimum(place, bins - 1), minlength=bins).astype(x.dtype)
