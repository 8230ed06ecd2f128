"""QR factorisations by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("linalg_qr", dtypes=WIDE)
def qr(matrix: Array, mode: str) -> tuple[Array, Array]:
    if mode == "r":
        return np.empty((0,), matrix.dtype), np.linalg.qr(matrix, mode="r")
    return tuple(np.linalg.qr(matrix, mode=mode))


@table.kernel("geqrf", dtypes=WIDE)
def geqrf(matrix: Array) -> tuple[Array, Array]:
    if not matrix.size:
        return matrix.copy(), np.zeros((*matrix.shape[:-2], min(matrix.shape[-2:])), matrix.dtype)
    packed, factors = np.linalg.qr(matrix, mode="raw")
    # NumPy hands out the transposed matrix, and always computes in double precision.
    return (
        np.ascontiguousarray(np.swapaxes(packed, -1, -2)).astype(matrix.dtype, copy=False),
        factors.astype(matrix.dtype, copy=False),
    )
