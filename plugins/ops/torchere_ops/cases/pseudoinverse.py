"""Cases of pseudoinverses, ranks, condition numbers and least squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")
_M = Values([[4.0, 1.0, -1.0], [0.5, -3.0, 1.0], [1.0, 0.25, 2.5]])
_TALL = Values([[4.0, 1.0], [0.5, -3.0], [1.0, 0.25]])
_WIDE = Values([[4.0, 1.0, 0.5], [0.5, -3.0, 2.0]])
_C = Values([[2.0 + 1.0j, 1.0], [0.5j, -3.0 + 0.5j], [1.0, 0.5]])
_DEFICIENT = Values([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 0.001]]], gradient=False)
_S = Values([[4.0, 1.0, -1.0], [1.0, -3.0, 0.5], [-1.0, 0.5, 2.5]], gradient=False)


def _is_pseudoinverse(found: Array, x: Array, *arguments: Any, **options: Any) -> None:
    """Penrose's four equations."""
    close = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(x @ found @ x, x, **close)
    np.testing.assert_allclose(found @ x @ found, found, **close)
    for product in (x @ found, found @ x):
        np.testing.assert_allclose(product, np.swapaxes(product.conj(), -1, -2), **close)


def _cond(x: Array, p: Any = None) -> Array:
    if x.shape[-1] == x.shape[-2] and p not in (None, 2, -2):
        return np.asarray(np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, (-2, -1)))
    values = np.sqrt(np.sort(np.linalg.eigvalsh(np.swapaxes(x.conj(), -1, -2) @ x).clip(0))[..., -min(x.shape[-2:]) :])
    quotient = values[..., -1] / values[..., 0]
    return np.asarray(1 / quotient if p == -2 else quotient)


def _least_squares(a: Array, b: Array, rcond: Any = None, driver: Any = None) -> tuple[Any, ...]:
    """By the normal equations: full rank, more rows than columns."""
    adjoint = a.conj().T
    x = np.linalg.solve(adjoint @ a, adjoint @ b)
    residuals = (np.abs(a @ x - b) ** 2).sum(0) if driver not in (None, "gelsy") else np.zeros(0)
    values = np.sqrt(np.sort(np.linalg.eigvalsh(adjoint @ a))[::-1]) if driver in ("gelsd", "gelss") else np.zeros(0)
    return x, residuals, np.zeros(0, np.int64) if driver == "gels" else np.array(a.shape[-1]), values


def _is_svd(found: tuple[Array, Array, Array], x: Array, some: bool = True) -> None:
    u, s, v = found
    size = s.shape[-1]
    rebuilt = (u[..., :size] * s[..., None, :]) @ np.swapaxes(v[..., :size].conj(), -1, -2)
    np.testing.assert_allclose(rebuilt, x, rtol=1e-4, atol=1e-4)
    rows, columns = x.shape[-2:]
    assert u.shape[-1] == (size if some else rows)
    assert v.shape[-1] == (size if some else columns)


CASES = [
    *(Case("linalg_pinv", item, properties=_is_pseudoinverse, dtypes=WIDE_FLOATING) for item in (_M, _TALL, _WIDE)),
    Case("linalg_pinv", _C, properties=_is_pseudoinverse, dtypes=COMPLEX),
    Case("linalg_pinv", A(2, 3, 4), properties=_is_pseudoinverse, dtypes=WIDE, gradient=False),
    Case("linalg_pinv", _S, hermitian=True, properties=_is_pseudoinverse, dtypes=WIDE_FLOATING),
    Case("linalg_pinv", _DEFICIENT, reference=np.linalg.pinv, dtypes=("float64",)),
    Case("linalg_pinv", _DEFICIENT, rtol=0.01, dtypes=WIDE_FLOATING,
         reference=lambda x, rtol: np.array([[[0.04, 0.08], [0.08, 0.16]], [[1.0, 0.0], [0.0, 0.0]]])),
    Case("linalg_pinv", A(0, 3), reference=lambda x: np.zeros((3, 0)), dtypes=WIDE_FLOATING),
    Case("pinverse", _TALL, properties=_is_pseudoinverse, dtypes=WIDE_FLOATING),
    Case("pseudoinverse", _TALL, Values(0.0, gradient=False), False, properties=_is_pseudoinverse,
         dtypes=WIDE_FLOATING),
    Case("linalg_matrix_rank", _DEFICIENT, reference=lambda x: np.array([1, 2]), dtypes=WIDE_FLOATING),
    Case("linalg_matrix_rank", _DEFICIENT, atol=0.01, reference=lambda x, atol: np.array([1, 1]), dtypes=WIDE_FLOATING),
    Case("linalg_matrix_rank", _S, hermitian=True, reference=lambda x, hermitian: np.array(3), dtypes=WIDE_FLOATING),
    Case("linalg_matrix_rank", _S, tol=3.5, reference=lambda x, tol: np.array(1), dtypes=WIDE_FLOATING),
    Case("linalg_matrix_rank", A(0, 3, gradient=False), reference=lambda x: np.array(0), dtypes=WIDE_FLOATING),
    *(Case("linalg_cond", _M, p, reference=_cond, dtypes=WIDE_FLOATING)
      for p in (None, 2, -2, "fro", "nuc", 1, -1, inf, -inf)),
    Case("linalg_cond", _C, reference=_cond, dtypes=COMPLEX),
    Case("linalg_cond", Values([[0.0, 0.0], [0.0, 1.0]], gradient=False), "fro",
         reference=lambda x, p: np.array(inf), dtypes=WIDE_FLOATING),
    Case("linalg_cond", A(2, 0, 0), reference=lambda x: np.zeros(2), dtypes=WIDE_FLOATING),
    *(Case("linalg_lstsq", _TALL, A(3, 2), driver=driver, reference=_least_squares, dtypes=WIDE_FLOATING)
      for driver in (None, "gels", "gelsd", "gelss")),
    Case("linalg_lstsq", _C, A(3, 2), reference=_least_squares, dtypes=COMPLEX),
    Case("linalg_lstsq", _TALL, A(3), dtypes=WIDE_FLOATING,
         reference=lambda a, b: (_least_squares(a, b[:, None])[0][:, 0], None, np.array(2), None)),
    *(Case("svd", A(4, 3), some, properties=_is_svd, dtypes=WIDE, gradient=False) for some in (True, False)),
    Case("svd", _TALL, compute_uv=False, dtypes=WIDE_FLOATING,
         reference=lambda x, compute_uv: (np.zeros((3, 3)), np.linalg.svd(x)[1], np.zeros((2, 2)))),
]  # fmt: skip

ERRORS = [
    ErrorCase("linalg_pinv", A(3), raises=RuntimeError, match="expected a tensor with 2 or more dimensions"),
    ErrorCase("linalg_pinv", A(3, 3), raises=RuntimeError, match="float, double", dtype="float16"),
    ErrorCase("linalg_matrix_rank", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_cond", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_cond", A(3, 3), 5, raises=RuntimeError, match="invalid norm type: 5"),
    ErrorCase("linalg_lstsq", A(3), A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_lstsq", A(3, 2), A(2, 2), raises=RuntimeError, match=r"should match other.size\(-2\)"),
    ErrorCase("linalg_lstsq", A(3, 2), A(3, 2), driver="qr", raises=RuntimeError, match="should be one of"),
    ErrorCase("svd", A(3), raises=RuntimeError, match="at least 2 dimensions"),
]
