"""Factorisations of matrices: by LAPACK on the host, since few namespaces report failures the way they must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

table = RawTable()


def _factors(library: Library, name: str, function: Callable[..., Any], matrix: Array, *options: Any) -> Any:
    """What `function` makes of the matrix on the host; LinAlgError where it does not converge."""
    try:
        found = function(library.to_numpy(matrix), *options)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(
            f"{name}: The algorithm failed to converge for matrices of shape {tuple(matrix.shape)}: ill-conditioned, "
            "or with too many repeated eigenvalues."
        ) from error
    return tuple(library.asarray(np.asarray(part)) for part in found)


def _cholesky(matrices: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    info = np.zeros(matrices.shape[:-2], np.int32)
    factor = np.tril(matrices)
    for place in np.ndindex(info.shape):
        matrix = matrices[place]
        for order in range(len(matrix), -1, -1):
            # The largest leading minor that can be factorised.
            try:
                part = np.linalg.cholesky(matrix[:order, :order])
            except np.linalg.LinAlgError:
                continue
            if np.isfinite(part).all():
                factor[place][:order, :order] = part
                info[place] = 0 if order == len(matrix) else order + 1
                break
    return factor, info


@table.kernel("cholesky_parts", WIDE, "cholesky")
def cholesky_parts(library: Library, matrix: Array) -> Any:
    return _factors(library, "linalg.cholesky", _cholesky, matrix)


@table.kernel("linalg_eigh", WIDE, "eigh")
def eigh(library: Library, matrix: Array, triangle: str) -> Any:
    return _factors(library, "linalg.eigh", np.linalg.eigh, matrix, triangle.upper())


def _eig(matrix: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    if not np.isfinite(matrix).all():
        raise LinAlgError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    wide = np.result_type(matrix.dtype, np.complex64)
    values, vectors = np.linalg.eig(matrix)
    return values.astype(wide), vectors.astype(wide)


@table.kernel("linalg_eig", WIDE, "eig")
def eig(library: Library, matrix: Array) -> Any:
    return _factors(library, "linalg.eig", _eig, matrix)


def _qr(matrix: np.ndarray[Any, Any], mode: str) -> tuple[Any, Any]:
    if mode == "r":
        return np.empty((0,), matrix.dtype), np.linalg.qr(matrix, mode="r")
    found = np.linalg.qr(matrix, mode=mode)  # type: ignore[call-overload]
    return found[0], found[1]


@table.kernel("linalg_qr", WIDE, "pair")
def qr(library: Library, matrix: Array, mode: str) -> Any:
    return _factors(library, "linalg.qr", _qr, matrix, mode)
