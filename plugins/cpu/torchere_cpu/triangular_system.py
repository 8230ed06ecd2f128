"""Triangular systems on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


def _substituted(triangle: Array, right: Array) -> Array:
    """Back substitution row by row: zeros on the diagonal give infinities and NaN."""
    batch = np.broadcast_shapes(triangle.shape[:-2], right.shape[:-2])
    found = np.broadcast_to(right, (*batch, *right.shape[-2:])).copy()
    with np.errstate(all="ignore"):
        for k in reversed(range(triangle.shape[-1])):
            found[..., k, :] /= triangle[..., k, k, None]
            found[..., :k, :] -= triangle[..., :k, k, None] * found[..., k, None, :]
    return found


@table.kernel("triangular_solution", dtypes=WIDE)
def triangular_solution(matrix: Array, right: Array, upper: bool, unitriangular: bool) -> Array:
    if not upper:
        # Turned by half a turn a lower triangle is an upper one, where LAPACK's elimination finds nothing to do.
        found = triangular_solution(matrix[..., ::-1, ::-1], right[..., ::-1, :], True, unitriangular)
        return np.ascontiguousarray(found[..., ::-1, :])
    triangle = np.triu(matrix, 1 if unitriangular else 0)
    if unitriangular:
        triangle = triangle + np.eye(matrix.shape[-1], dtype=matrix.dtype)
    if not np.diagonal(triangle, 0, -2, -1).all():
        return _substituted(triangle, right)
    with np.errstate(all="ignore"):
        return np.linalg.solve(triangle, right)
