"""Cases of matrix exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

#: Far apart in norm: each is scaled by itself.
_MIXED = Values([[[3.0, 9.0], [-4.0, 1.0]], [[1e-3, 0.0], [0.0, -1e-3]]])


def _series(x: Array) -> Array:
    """The power series after eight halvings, then eight squarings."""
    small = x / 256
    found = term = np.broadcast_to(np.eye(x.shape[-1]), x.shape).astype(small.dtype)
    for k in range(1, 20):
        term = term @ small / k
        found = found + term
    for _ in range(8):
        found = found @ found
    return found


CASES = [
    *(Case(name, A(3, 3), reference=_series, dtypes=WIDE) for name in ("linalg_matrix_exp", "matrix_exp")),
    Case("linalg_matrix_exp", A(2, 2), reference=_series, dtypes=FLOATING[:2], gradient=False),
    Case(
        "linalg_matrix_exp",
        _MIXED,
        reference=_series,
        dtypes=WIDE_FLOATING,
        tolerance=10.0,
        why="numbers near exp(6) after squarings",
    ),
    Case("linalg_matrix_exp", A(2, 4, 4, low=-0.5, high=0.5), reference=_series, dtypes=COMPLEX),
    Case("linalg_matrix_exp", A(0, 0), reference=lambda x: x, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("linalg_matrix_exp", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("matrix_exp", A(2, 2), raises=RuntimeError, match="floating point or complex", dtype="int64"),
]
