"""Eigenvalues and eigenvectors by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


def _unconverged(name: str, matrix: Array, error: Exception) -> LinAlgError:
    found = LinAlgError(
        f"{name}: The algorithm failed to converge for matrices of shape {matrix.shape}: ill-conditioned, or with too "
        "many repeated eigenvalues."
    )
    found.__cause__ = error
    return found


def _check_finite(matrix: Array) -> None:
    if not np.isfinite(matrix).all():
        raise LinAlgError("torch.linalg.eig: input tensor should not contain infs or NaNs.")


@table.kernel("linalg_eigh", dtypes=WIDE)
def eigh(matrix: Array, triangle: str) -> tuple[Array, Array]:
    try:
        return tuple(np.linalg.eigh(matrix, triangle.upper()))
    except np.linalg.LinAlgError as error:
        raise _unconverged("linalg.eigh", matrix, error) from error


@table.kernel("linalg_eigvalsh", dtypes=WIDE)
def eigvalsh(matrix: Array, triangle: str) -> Array:
    try:
        return np.linalg.eigvalsh(matrix, triangle.upper())
    except np.linalg.LinAlgError as error:
        raise _unconverged("linalg.eigh", matrix, error) from error


@table.kernel("linalg_eig", dtypes=WIDE)
def eig(matrix: Array) -> tuple[Array, Array]:
    _check_finite(matrix)
    wide = np.result_type(matrix.dtype, np.complex64)
    try:
        values, vectors = np.linalg.eig(matrix)
    except np.linalg.LinAlgError as error:
        raise _unconverged("linalg.eig", matrix, error) from error
    return values.astype(wide, copy=False), vectors.astype(wide, copy=False)


@table.kernel("linalg_eigvals", dtypes=WIDE)
def eigvals(matrix: Array) -> Array:
    _check_finite(matrix)
    try:
        found = np.linalg.eigvals(matrix)
    except np.linalg.LinAlgError as error:
        raise _unconverged("linalg.eig", matrix, error) from error
    return found.astype(np.result_type(matrix.dtype, np.complex64), copy=False)
