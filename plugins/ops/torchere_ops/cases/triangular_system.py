"""Cases of triangular systems."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

_M = Values([[4.0, 1.0, -1.0], [0.5, -3.0, 1.0], [1.0, 0.25, 2.5]])
_MM = Values([[[4.0, 1.0], [0.5, -3.0]], [[2.0, -1.0], [1.0, 1.5]]])
_C = Values([[2.0 + 1.0j, 1.0], [0.5j, -3.0 + 0.5j]])


def _triangle(a: Array, upper: bool, unitriangular: bool) -> Array:
    found = np.triu(a) if upper else np.tril(a)
    if unitriangular:
        found = found - found * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
    return found


def _solution(a: Array, b: Array, upper: bool, left: bool = True, unitriangular: bool = False) -> Array:
    inverse = np.linalg.inv(_triangle(a, upper, unitriangular))
    return inverse @ b if left else b @ inverse


def _older(b: Array, a: Array, upper: bool = True, transpose: bool = False, unitriangular: bool = False) -> Any:
    matrix = _triangle(a, upper, unitriangular)
    return np.linalg.inv(np.swapaxes(matrix, -1, -2) if transpose else matrix) @ b, a


CASES = [
    *(
        Case(
            "linalg_solve_triangular",
            _M,
            A(3, 3),
            upper=upper,
            left=left,
            unitriangular=unit,
            reference=_solution,
            dtypes=WIDE_FLOATING,
        )
        for upper in (False, True)
        for left in (False, True)
        for unit in (False, True)
    ),
    Case("linalg_solve_triangular", _MM, A(2, 3), upper=True, reference=_solution, dtypes=WIDE_FLOATING),
    Case("linalg_solve_triangular", _C, A(2, 3), upper=False, reference=_solution, dtypes=COMPLEX),
    Case("linalg_solve_triangular", A(0, 0), A(0, 2), upper=True, reference=_solution, dtypes=WIDE_FLOATING),
    Case(
        "triangular_solution",
        _M,
        A(3, 2),
        True,
        False,
        reference=lambda a, b, upper, unit: _solution(a, b, upper, True, unit),
        dtypes=WIDE_FLOATING,
    ),
    Case(
        "linalg_solve_triangular",
        Values([[2.0, 1.0], [9.0, 0.0]], gradient=False),
        Values([[1.0], [2.0]], gradient=False),
        upper=True,
        reference=lambda a, b, upper: np.array([[-np.inf], [np.inf]]),
        dtypes=WIDE_FLOATING,
    ),
    *(
        Case("triangular_solve", A(3, 2), _M, upper, transpose, reference=_older, dtypes=WIDE_FLOATING)
        for upper in (False, True)
        for transpose in (False, True)
    ),
]

ERRORS = [
    ErrorCase("linalg_solve_triangular", A(2, 3), A(2, 2), upper=True, raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase(
        "linalg_solve_triangular", A(2, 2), A(3, 2), upper=True, raises=RuntimeError, match=r"AX = B \(2x2 and 3x2\)"
    ),
]
ERRORS += [
    ErrorCase("triangular_solve", A(3, 2), A(2, 2), raises=RuntimeError, match=r"AX = B \(2x2 and 3x2\)"),
    ErrorCase("triangular_solve", A(3), A(3, 3), raises=RuntimeError, match="at least 2 dimensions"),
]
