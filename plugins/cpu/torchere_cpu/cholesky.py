"""Cholesky factors by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


def _failing_minor(matrix: Array) -> int:
    """The order of the first leading minor that is not positive definite; 0 if there is none."""
    low, high = 0, len(matrix) + 1
    while high - low > 1:
        middle = (low + high) // 2
        try:
            holds = bool(np.isfinite(np.linalg.cholesky(matrix[:middle, :middle])).all())
        except np.linalg.LinAlgError:
            holds = False
        low, high = (middle, high) if holds else (low, middle)
    return 0 if high > len(matrix) else high


@table.kernel("cholesky_parts", dtypes=WIDE)
def cholesky_parts(matrix: Array) -> tuple[Array, Array]:
    info = np.zeros(matrix.shape[:-2], np.int32)
    try:
        factor = np.linalg.cholesky(matrix)
        if np.isfinite(factor).all():
            return factor, info
    except np.linalg.LinAlgError:
        pass
    # One matrix fails: each by itself, with what could be factorised of it.
    factor = np.tril(matrix)
    for place in np.ndindex(info.shape):
        order = _failing_minor(matrix[place])
        info[place] = order
        done = order - 1 if order else matrix.shape[-1]
        factor[place][:done, :done] = np.linalg.cholesky(matrix[place][:done, :done])
    return factor, info
