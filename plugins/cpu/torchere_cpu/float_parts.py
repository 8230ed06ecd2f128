"""Mantissas, exponents and neighbours of floating-point numbers."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
table.ufuncs(FLOATING, nextafter=np.nextafter)


@table.kernel("frexp", dtypes=FLOATING)
def frexp(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mantissa, exponent = np.frexp(x)
    return mantissa, exponent.astype(np.int32, copy=False)
