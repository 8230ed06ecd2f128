"""Cases of singular values and matrix norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]

inf = float("inf")
WIDE = WIDE_FLOATING + COMPLEX


def _values(x: Array, full_matrices: bool = True) -> tuple[Any, Array, Any]:
    """Singular vectors are unique up to a factor only: the values are compared."""
    return None, np.linalg.svd(x, compute_uv=False), None


def _is_decomposition(found: tuple[Array, Array, Array], x: Array, full_matrices: bool = True) -> None:
    u, s, vh = found
    rank = s.shape[-1]
    rebuilt = (u[..., :rank] * s[..., None, :]) @ vh[..., :rank, :]
    np.testing.assert_allclose(rebuilt, x, rtol=1e-4, atol=1e-4)
    for vectors in (np.swapaxes(u.conj(), -1, -2) @ u, vh @ np.swapaxes(vh.conj(), -1, -2)):
        np.testing.assert_allclose(vectors, np.broadcast_to(np.eye(vectors.shape[-1]), vectors.shape), atol=1e-4)


def _norm(x: Array, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Array:
    return np.asarray(np.linalg.norm(x, ord, dim, keepdim))


def _any_norm(x: Array, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Array:
    return np.asarray(np.linalg.norm(x, ord, dim, keepdim))


CASES = [
    Case("linalg_svd", A(4, 3), properties=_is_decomposition, dtypes=WIDE, gradient=False),
    Case("linalg_svd", A(3, 5), False, properties=_is_decomposition, dtypes=WIDE, gradient=False),
    Case("linalg_svd", A(2, 4, 3), full_matrices=False, reference=_values, dtypes=WIDE, gradient=False),
    *(
        Case("linalg_matrix_norm", A(4, 3), ord, reference=_norm, dtypes=WIDE)
        for ord in ("fro", "nuc", 2, -2, 1, -1, inf, -inf)
    ),
    Case("linalg_matrix_norm", A(2, 4, 3), "nuc", (0, 1), True, reference=_norm, dtypes=WIDE_FLOATING),
    Case("linalg_matrix_norm", A(2, 4, 3), 1, dim=(2, 0), reference=_norm, dtypes=WIDE_FLOATING),
    Case("linalg_svdvals", A(4, 3), reference=lambda x: _values(x)[1], dtypes=WIDE),
    Case("linalg_norm", A(4, 3), reference=_any_norm, dtypes=WIDE),
    Case("linalg_norm", A(4, 3), 2, reference=_any_norm, dtypes=WIDE_FLOATING),
    Case("linalg_norm", A(4), 3, reference=_any_norm, dtypes=WIDE_FLOATING),
    Case("linalg_norm", A(4, 3), 1, 0, True, reference=_any_norm, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("linalg_svd", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_matrix_norm", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_matrix_norm", A(3, 3), 5, raises=RuntimeError, match="Order 5 not supported"),
    ErrorCase("linalg_matrix_norm", A(3, 3), dim=(0, 0), raises=RuntimeError, match="dims must be different"),
    ErrorCase("linalg_norm", A(2, 2, 2), 2, raises=RuntimeError, match="must be 1D or 2D"),
]
