"""Cases of logarithms of determinants, and of solutions that report singular matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")
_M = Values([[4.0, 1.0, -1.0], [0.5, 3.0, 1.0], [1.0, 0.25, 2.5]])
_MM = Values([[[4.0, 1.0], [0.5, -3.0]], [[2.0, -1.0], [1.0, 1.5]]])
_C = Values([[2.0 + 1.0j, 1.0], [0.5j, -3.0 + 0.5j]])
_HALF = Values([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 1.0]]], gradient=False)


def _signed(x: Array) -> tuple[Array, Array]:
    value = np.asarray(np.linalg.det(x))
    return value / np.abs(value), np.log(np.abs(value))


def _inverse(x: Array) -> tuple[Array, Array]:
    return np.linalg.inv(x), np.zeros(x.shape[:-2], np.int32)


def _solution(a: Array, b: Array, left: bool = True) -> tuple[Array, Array]:
    inverse = np.linalg.inv(a)
    return inverse @ b if left else b @ inverse, np.zeros(a.shape[:-2], np.int32)


CASES = [
    *(
        Case(name, item, reference=_signed, dtypes=WIDE_FLOATING)
        for name in ("linalg_slogdet", "slogdet")
        for item in (_M, _MM)
    ),
    Case("linalg_slogdet", _C, reference=_signed, dtypes=COMPLEX),
    Case("linalg_slogdet", A(0, 0), reference=lambda x: (np.ones(()), np.zeros(())), dtypes=WIDE_FLOATING),
    Case(
        "linalg_slogdet", _HALF, reference=lambda x: (np.array([1.0, 0.0]), np.array([0.0, -inf])), dtypes=WIDE_FLOATING
    ),
    Case("logdet", _M, reference=lambda x: np.log(np.linalg.det(x)), dtypes=WIDE_FLOATING),
    Case("logdet", _C, reference=lambda x: np.log(np.linalg.det(x)), dtypes=COMPLEX),
    Case("logdet", Values([[-1.0]], gradient=False), reference=lambda x: np.array(np.nan), dtypes=WIDE_FLOATING),
    Case("linalg_inv_ex", _MM, reference=_inverse, dtypes=WIDE_FLOATING),
    Case("linalg_inv_ex", _C, reference=_inverse, dtypes=COMPLEX),
    Case("linalg_inv_ex", _HALF, reference=lambda x: (None, np.array([0, 1], np.int32)), dtypes=WIDE_FLOATING),
    Case("linalg_solve_ex", _M, A(3, 2), reference=_solution, dtypes=WIDE),
    Case("linalg_solve_ex", _M, A(2, 3), left=False, reference=_solution, dtypes=WIDE_FLOATING),
    Case(
        "linalg_solve_ex",
        _HALF,
        A(2, 2, 1, gradient=False),
        dtypes=WIDE_FLOATING,
        reference=lambda a, b: (None, np.array([0, 1], np.int32)),
    ),
]

ERRORS = [
    ErrorCase("linalg_slogdet", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("logdet", A(3), raises=RuntimeError, match="logdet: .* at least 2 dimensions"),
    ErrorCase("linalg_slogdet", A(2, 2), raises=RuntimeError, match="Low precision", dtype="float16"),
    ErrorCase("linalg_inv_ex", _HALF, check_errors=True, raises=RuntimeError, match=r"\(Batch element 1\).*element 1"),
    ErrorCase("linalg_solve_ex", _HALF, A(2, 2, 1), check_errors=True, raises=RuntimeError, match="singular"),
]
ERRORS += [
    ErrorCase("slogdet", A(2, 3), raises=RuntimeError, match="batches of square matrices"),
    ErrorCase("slogdet", A(3), raises=RuntimeError, match="at least 2 dimensions"),
]
