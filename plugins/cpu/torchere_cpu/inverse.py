"""Inverses, determinants and solutions of linear equations on NumPy arrays (LAPACK)."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


@table.kernel("linalg_inv", dtypes=WIDE)
def linalg_inv(a: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(
            f"linalg.inv: the inversion of a matrix of shape {a.shape} could not be completed because the input matrix "
            "is singular. Solve a least-squares problem instead, or add a multiple of the unit matrix."
        ) from error


@table.kernel("linalg_det", dtypes=WIDE)
def linalg_det(a: np.ndarray) -> np.ndarray:
    return np.linalg.det(a)


@table.kernel("solved_matrix", dtypes=WIDE)
def solved_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(
            f"torch.linalg.solve: The solver failed because the input matrix is singular (shape {a.shape})."
        ) from error
