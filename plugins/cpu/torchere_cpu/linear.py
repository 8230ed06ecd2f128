"""The affine map on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


@table.kernel("linear", dtypes=WIDE)
def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    if weight.ndim != 2 and (weight.ndim > 2 or not weight.ndim or (bias is not None and bias.ndim)):
        raise ValueError("linear: not a weight matrix")  # np.dot and += would find a meaning
    if not x.ndim:
        raise ValueError("linear of a 0-d array")
    y = np.dot(x, weight.T) if x.ndim <= 2 else np.dot(x.reshape(-1, x.shape[-1]) if x.size else x, weight.T)
    if x.ndim > 2:
        y = y.reshape(*x.shape[:-1], *weight.shape[:-1])
    if bias is not None:
        if y.ndim == 0:
            return y + bias
        y += bias
    return y
