"""What the compiled kernels ask of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["FLOATS", "Array", "row_major"]

Array = np.ndarray[Any, Any]

#: dtypes the loops are compiled for.
FLOATS = ("float32", "float64")


def row_major(array: Array) -> Array:
    """`array`, or a row-major copy; never 0-d and always aligned."""
    if array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.array(array, order="C")
