"""Concatenation of NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("cat", ALL)
def cat(arrays: Sequence[Array], dim: int) -> Array:
    try:
        return np.concatenate(arrays, dim)
    except ValueError:
        # PyTorch lets 1-d tensors without elements pass among others of any rank.
        solid = [array for array in arrays if array.ndim != 1 or array.size]
        return np.concatenate(solid, dim)


@table.kernel("stack", ALL)
def stack(arrays: Sequence[Array], dim: int) -> Array:
    if dim == 0 and arrays[0].size <= 64 and len(arrays) <= 8:
        return np.array(arrays)
    new_axis = (*(slice(None),) * dim, None)
    return np.concatenate([array[new_axis] for array in arrays], dim)
