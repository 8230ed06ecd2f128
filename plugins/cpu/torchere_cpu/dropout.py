"""Random masks on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


@table.kernel("dropout_mask", dtypes=WIDE)
def dropout_mask(
    like: np.ndarray, shape: tuple[int, ...], keep: float, scale: float, generator: np.random.Generator
) -> np.ndarray:
    # 24 random bits decide; float64 draws would cost twice as much.
    draws = generator.random(shape, dtype=np.float32)
    return np.multiply(np.less(draws, np.float32(keep)), scale, dtype=like.dtype)
