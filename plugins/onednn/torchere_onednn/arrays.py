"""Arrays as oneDNN takes them: dense, row-major or with the channels last."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LARGE", "Array", "dense", "has_nan", "row_major"]

Array = np.ndarray[Any, Any]

#: Elements from which on a call of a memory-bound primitive (some microseconds, then two threads) beats NumPy's.
LARGE = 8192


def row_major(array: Array) -> Array:
    """`array`, or a row-major copy."""
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def has_nan(array: Array) -> bool:
    """Whether a row-major array holds NaN, at the speed of one BLAS pass (a product of infinities is none)."""
    flat = array.reshape(-1)
    total = np.dot(flat, flat)
    return bool(total != total)


def dense(array: Array) -> tuple[Array, tuple[int, ...] | None]:
    """`array`, or a row-major copy unless it is row-major or has its channels last, and its strides in elements.

    The strides of a row-major array are None, so that they need no comparing in the keys of plans.
    """
    if array.flags.c_contiguous:
        return array, None
    if array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous:
        return array, tuple(step // array.itemsize for step in array.strides)
    return np.ascontiguousarray(array), None
