"""Comparisons and tests of floating values on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
table.ufuncs(
    BOOL + INTEGRAL + WIDE,
    eq=np.equal,
    ne=np.not_equal,
    isnan=np.isnan,
    isinf=np.isinf,
    isfinite=np.isfinite,
)
table.ufuncs(BOOL + INTEGRAL + WIDE_FLOATING, lt=np.less, le=np.less_equal, gt=np.greater, ge=np.greater_equal)
