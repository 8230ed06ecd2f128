"""Logarithms of determinants by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("linalg_slogdet", dtypes=WIDE)
def slogdet(matrix: Array) -> tuple[Array, Array]:
    sign, logarithm = np.linalg.slogdet(matrix)
    return np.asarray(sign), np.asarray(logarithm)
