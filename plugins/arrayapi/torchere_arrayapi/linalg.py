"""Linear algebra on arrays of any namespace: its own ``linalg`` where it has one, else LAPACK on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE
from torchere.errors import LinAlgError

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

table = RawTable()


def _solve(library: Library, name: str, message: str, *matrices: Array) -> Array:
    """``linalg.name`` of square matrices; RuntimeError with `message` if one is singular."""
    own = getattr(getattr(library.xp, "linalg", None), name, None)
    try:
        if own is None:
            return library.on_host(getattr(np.linalg, name))(*matrices)
        found = own(*matrices)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(message) from error
    # Libraries that cannot raise from compiled code return infinities or NaN.
    finite = library.xp.isfinite
    if not bool(library.xp.all(finite(found))) and all(bool(library.xp.all(finite(one))) for one in matrices):
        raise LinAlgError(message)
    return found


@table.kernel("linalg_inv", WIDE)
def inverse(library: Library, matrix: Array) -> Array:
    message = (
        f"linalg.inv: the inversion of a matrix of shape {tuple(matrix.shape)} could not be completed because the "
        "input matrix is singular. Solve a least-squares problem instead, or add a multiple of the unit matrix."
    )
    return _solve(library, "inv", message, matrix)


@table.kernel("solved_matrix", WIDE)
def solve(library: Library, matrix: Array, right: Array) -> Array:
    message = (
        f"torch.linalg.solve: The solver failed because the input matrix is singular (shape {tuple(matrix.shape)})."
    )
    return _solve(library, "solve", message, matrix, right)


@table.kernel("linalg_det", WIDE)
def determinant(library: Library, matrix: Array) -> Array:
    own = getattr(getattr(library.xp, "linalg", None), "det", None)
    return library.on_host(np.linalg.det)(matrix) if own is None else own(matrix)


@table.kernel("matmul", INTEGRAL + WIDE)
def matmul(library: Library, a: Array, b: Array) -> Array:
    return library.xp.matmul(a, b)


@table.kernel("linalg_svd", WIDE, "svd")
def svd(library: Library, matrix: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    own = getattr(getattr(library.xp, "linalg", None), "svd", None)
    try:
        if own is not None:
            found = own(matrix, full_matrices=full_matrices)
            return found[0], found[1], found[2]
        parts = np.linalg.svd(library.to_numpy(matrix), full_matrices=full_matrices)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values "
            "(or has too many repeated singular values). Check it with torchere.isfinite(A).all()."
        ) from error
    return library.asarray(parts[0]), library.asarray(parts[1]), library.asarray(parts[2])
