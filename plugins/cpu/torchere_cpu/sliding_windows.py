"""Sliding windows of NumPy arrays and their adjoint."""

from __future__ import annotations

from itertools import product

import numpy as np

from torchere.dtype_sets import ALL, INTEGRAL, WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")

Sizes = tuple[int, ...]


@table.kernel("extract_windows", dtypes=ALL)
def extract_windows(x: np.ndarray, kernel: Sizes, stride: Sizes, dilation: Sizes) -> np.ndarray:
    lead = x.ndim - len(kernel)
    counts = tuple(
        max(0, (n - d * (k - 1) - 1) // s + 1)
        for n, k, s, d in zip(x.shape[lead:], kernel, stride, dilation, strict=True)
    )
    shape = (*x.shape[:lead], *kernel, *counts)
    if 0 in shape:
        return np.empty(shape, x.dtype)
    steps = x.strides[lead:]
    strides = (
        *x.strides[:lead],
        *(step * d for step, d in zip(steps, dilation, strict=True)),
        *(step * s for step, s in zip(steps, stride, strict=True)),
    )
    return np.lib.stride_tricks.as_strided(x, shape, strides).copy()


@table.kernel("accumulate_windows", dtypes=WIDE + INTEGRAL)
def accumulate_windows(x: np.ndarray, sizes: Sizes, stride: Sizes, dilation: Sizes) -> np.ndarray:
    rank = len(sizes)
    lead = x.ndim - 2 * rank
    kernel, counts = x.shape[lead : lead + rank], x.shape[lead + rank :]
    out = np.zeros((*x.shape[:lead], *sizes), x.dtype)
    if 0 in counts:
        return out
    every = (slice(None),) * lead
    for offsets in product(*map(range, kernel)):
        places = tuple(
            slice(o * d, o * d + s * (n - 1) + 1, s)
            for o, s, d, n in zip(offsets, stride, dilation, counts, strict=True)
        )
        out[every + places] += x[every + offsets]
    return out
