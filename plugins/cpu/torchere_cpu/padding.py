"""Constant padding of NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import ALL
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


@table.kernel("constant_pad_nd", dtypes=ALL)
def constant_pad_nd(x: np.ndarray, pad: tuple[int, ...], value: complex) -> np.ndarray:
    shape, inside, taken = list(x.shape), [slice(None)] * x.ndim, [slice(None)] * x.ndim
    for pair in range(len(pad) // 2):
        axis = x.ndim - 1 - pair
        before, after = pad[2 * pair], pad[2 * pair + 1]
        size = x.shape[axis]
        taken[axis] = slice(max(0, -before), size - max(0, -after))
        shape[axis] = size + before + after
        inside[axis] = slice(max(0, before), shape[axis] - max(0, after))
    # Zeros come from the operating system without being written.
    out = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    out[tuple(inside)] = x[tuple(taken)]
    return out
