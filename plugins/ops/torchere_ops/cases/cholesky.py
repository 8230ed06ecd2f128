"""Cases of Cholesky factorisations. Gradients of symmetric input: plugins/ops/tests/test_factorizations.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

_S = Values([[4.0, 1.0, -1.0], [1.0, 3.0, 0.5], [-1.0, 0.5, 2.5]], gradient=False)
_SS = Values([[[4.0, 1.0], [1.0, 3.0]], [[2.0, -1.0], [-1.0, 1.5]]], gradient=False)
_H = Values([[4.0, 1.0 + 1.0j], [1.0 - 1.0j, 3.0]], gradient=False)
_BAD = Values([[[4.0, 1.0], [1.0, 3.0]], [[1.0, 2.0], [2.0, 1.0]]], gradient=False)
#: Factors: triangles whose diagonal is far from zero.
_L = Values([[2.0, 0.0, 0.0], [0.5, -1.5, 0.0], [-1.0, 0.25, 1.25]])
_LC = Values([[2.0, 0.0], [0.5 - 1.0j, 1.5]], gradient=False)


def _upper(x: Array) -> Array:
    return np.swapaxes(x.conj(), -1, -2)


def _is_factor(found: Array, x: Array, upper: bool = False) -> None:
    lower = _upper(found) if upper else found
    assert not np.triu(lower, 1).any()
    np.testing.assert_allclose(lower @ _upper(lower), x, rtol=1e-5, atol=1e-5)


def _is_factor_with_info(found: tuple[Array, Array], x: Array, upper: bool = False) -> None:
    assert not found[1].any()
    assert found[1].dtype == np.int32
    _is_factor(found[0], x, upper)


def _solution(b: Array, factor: Array, upper: bool = False) -> Array:
    matrix = _upper(np.triu(factor)) @ np.triu(factor) if upper else np.tril(factor) @ _upper(np.tril(factor))
    return np.linalg.solve(matrix, b)


def _inverse(factor: Array, upper: bool = False) -> Array:
    return np.linalg.inv(
        _upper(np.triu(factor)) @ np.triu(factor) if upper else np.tril(factor) @ _upper(np.tril(factor))
    )


CASES = [
    *(Case(name, _S, properties=_is_factor, dtypes=WIDE_FLOATING) for name in ("linalg_cholesky", "cholesky")),
    *(
        Case(name, _SS, upper=True, properties=_is_factor, dtypes=WIDE_FLOATING)
        for name in ("linalg_cholesky", "cholesky")
    ),
    Case("linalg_cholesky", _H, properties=_is_factor, dtypes=COMPLEX),
    Case("linalg_cholesky", A(0, 3, 3, gradient=False), reference=lambda x: np.zeros((0, 3, 3)), dtypes=WIDE_FLOATING),
    Case("cholesky_parts", _SS, properties=_is_factor_with_info, dtypes=WIDE_FLOATING),
    Case("cholesky_parts", _H, properties=_is_factor_with_info, dtypes=COMPLEX),
    Case("linalg_cholesky_ex", _SS, properties=_is_factor_with_info, dtypes=WIDE_FLOATING),
    Case("linalg_cholesky_ex", _BAD, reference=lambda x: (None, np.array([0, 2], np.int32)), dtypes=WIDE_FLOATING),
    Case("linalg_cholesky_ex", _H, upper=True, properties=_is_factor_with_info, dtypes=COMPLEX),
    Case("cholesky_solve", A(3, 2), _L, reference=_solution, dtypes=WIDE_FLOATING),
    Case("cholesky_solve", A(2, 3, 2), _L, True, reference=_solution, dtypes=WIDE_FLOATING, gradient=False),
    Case("cholesky_solve", A(2, 1), _LC, reference=_solution, dtypes=COMPLEX),
    Case("cholesky_inverse", _L, reference=_inverse, dtypes=WIDE_FLOATING),
    Case("cholesky_inverse", _LC, reference=_inverse, dtypes=COMPLEX),
    Case("cholesky_inverse", _L, upper=True, reference=_inverse, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("linalg_cholesky", _BAD, raises=RuntimeError, match=r"\(Batch element 1\).*leading minor of order 2"),
    ErrorCase("linalg_cholesky", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_cholesky", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_cholesky", A(3, 3), raises=RuntimeError, match="floating point or complex", dtype="int64"),
    ErrorCase("cholesky", Values([[-1.0]]), raises=RuntimeError, match="cholesky: The factorization"),
    ErrorCase("cholesky_solve", A(2, 1), A(3, 3), raises=RuntimeError, match="Incompatible matrix sizes"),
    ErrorCase("cholesky_inverse", Values([[0.0]]), raises=RuntimeError, match="diagonal element 1 is zero"),
]
ERRORS += [
    ErrorCase("linalg_cholesky_ex", A(2, 3), raises=RuntimeError, match="batches of square matrices"),
    ErrorCase("linalg_cholesky_ex", A(3), raises=RuntimeError, match="at least 2 dimensions"),
]
