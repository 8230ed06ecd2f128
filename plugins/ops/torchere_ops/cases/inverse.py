"""Cases of inverses, determinants and linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

#: Well conditioned, so that float32 keeps its digits.
_M = Values([[4.0, 1.0, -1.0], [0.5, -3.0, 1.0], [1.0, 0.25, 2.5]])
_MM = Values([[[4.0, 1.0], [0.5, -3.0]], [[2.0, -1.0], [1.0, 1.5]]])
_C = Values([[2.0 + 1.0j, 1.0], [0.5j, -3.0 + 0.5j]])


def _solve(a: Array, b: Array, *, left: bool = True) -> Array:
    if not left:
        return np.swapaxes(np.linalg.solve(np.swapaxes(a, -1, -2), np.swapaxes(b, -1, -2)), -1, -2)
    if b.ndim == a.ndim - 1:
        return np.linalg.solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b)


CASES = [
    Case("linalg_inv", _M, reference=np.linalg.inv, dtypes=WIDE_FLOATING),
    Case("linalg_inv", _MM, reference=np.linalg.inv, dtypes=WIDE_FLOATING),
    Case("linalg_inv", _C, reference=np.linalg.inv, dtypes=("complex64", "complex128")),
    Case("linalg_inv", A(0, 0), reference=np.linalg.inv, dtypes=WIDE_FLOATING),
    Case("inverse", _M, reference=np.linalg.inv, dtypes=WIDE_FLOATING),
    Case("linalg_det", _M, reference=np.linalg.det, dtypes=WIDE_FLOATING),
    Case("linalg_det", _MM, reference=np.linalg.det, dtypes=WIDE_FLOATING),
    Case("linalg_det", _C, reference=np.linalg.det, dtypes=("complex64", "complex128")),
    Case("linalg_det", A(0, 0), reference=lambda a: np.ones(()), dtypes=WIDE_FLOATING),
    Case("linalg_det", Values([[1.0, 2.0], [2.0, 4.0]], gradient=False), reference=lambda a: 0.0, dtypes=WIDE_FLOATING),
    Case("det", _MM, reference=np.linalg.det, dtypes=WIDE_FLOATING),
    Case("solved_matrix", _M, A(3, 2), reference=np.linalg.solve, dtypes=WIDE_FLOATING),
    Case("solved_matrix", _MM, A(2, 3), reference=np.linalg.solve, dtypes=WIDE_FLOATING),
    Case("linalg_solve", _M, A(3), reference=_solve, dtypes=WIDE_FLOATING),
    Case("linalg_solve", _M, A(3, 2), reference=_solve, dtypes=WIDE_FLOATING),
    Case("linalg_solve", _M, A(2, 3), left=False, reference=_solve, dtypes=WIDE_FLOATING),
    Case("linalg_solve", _MM, A(2, 2), reference=_solve, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("linalg_inv", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_inv", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_inv", A(3, 3), raises=RuntimeError, match="floating point or complex", dtype="int64"),
    ErrorCase("linalg_inv", Values([[0.0, 0.0], [0.0, 1.0]]), raises=RuntimeError, match="singular"),
    ErrorCase("linalg_det", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_solve", A(3, 3), A(4, 2), raises=RuntimeError, match=r"AX = B \(3x3 and 4x2\)"),
    ErrorCase("linalg_solve", A(3, 3), A(3, 2), left=False, raises=RuntimeError, match="XA = B"),
    ErrorCase("linalg_solve", A(3, 3), A(3, dtype="float64"), raises=RuntimeError, match="same dtype"),
    ErrorCase("linalg_solve", A(3, 3), A(), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_solve", Values([[0.0]]), A(1), raises=RuntimeError, match="singular"),
]
