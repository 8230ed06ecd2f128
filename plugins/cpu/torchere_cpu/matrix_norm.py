"""Singular value decomposition by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("linalg_svd", dtypes=WIDE)
def svd(matrix: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    try:
        found = np.linalg.svd(matrix, full_matrices=full_matrices)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values "
            "(or has too many repeated singular values). Check it with torchere.isfinite(A).all()."
        ) from error
    return tuple(found)
