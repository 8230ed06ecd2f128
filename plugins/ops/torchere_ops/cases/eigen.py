"""Cases of eigenvalues. Gradients of symmetric input: plugins/ops/tests/test_factorizations.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")
_S = Values([[4.0, 1.0, -1.0], [1.0, 3.0, 0.5], [-1.0, 0.5, -2.5]], gradient=False)
_H = Values([[[4.0, 1.0 + 1.0j], [1.0 - 1.0j, 3.0]]], gradient=False)
#: Real, distinct eigenvalues: none leaves the real line under a small step.
_M = Values([[4.0, 1.0, -1.0], [0.5, -3.0, 1.0], [1.0, 0.25, 1.5]])


def _hermitian(x: Array, triangle: str) -> Array:
    kept = np.tril(x) if triangle.upper() == "L" else np.triu(x)
    strict = np.tril(x, -1) if triangle.upper() == "L" else np.triu(x, 1)
    return kept + np.swapaxes(strict.conj(), -1, -2)


def _is_eigh(found: tuple[Array, Array], x: Array, UPLO: str = "L") -> None:
    values, vectors = found
    whole = _hermitian(x, UPLO)
    assert (np.diff(values) >= 0).all()
    np.testing.assert_allclose(whole @ vectors, vectors * values[..., None, :], rtol=1e-4, atol=1e-4)
    gram = np.swapaxes(vectors.conj(), -1, -2) @ vectors
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), atol=1e-4)


def _is_eig(found: tuple[Array, Array], x: Array) -> None:
    values, vectors = found
    assert values.dtype.kind == vectors.dtype.kind == "c"
    np.testing.assert_allclose(x @ vectors, vectors * values[..., None, :], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(np.abs(vectors * vectors).sum(-2), np.ones(values.shape), rtol=1e-4)


def _are_eigenvalues(found: Array, x: Array) -> None:
    """Newton's sums: the power sums of eigenvalues are traces of powers, in whatever order they come."""
    assert found.dtype.kind == "c"
    power = x
    for exponent in range(1, x.shape[-1] + 1):
        traces = np.trace(power, axis1=-2, axis2=-1)
        np.testing.assert_allclose((found**exponent).sum(-1), traces, rtol=1e-3, atol=1e-3)
        power = power @ x


def _values(x: Array, UPLO: str = "L") -> Array:
    """Of a symmetric matrix: its singular values, signed by a shift that makes it positive."""
    whole = _hermitian(x, UPLO)
    shift = np.abs(whole).sum(-1).max() + 1.0
    return np.sort(np.linalg.svd(whole + shift * np.eye(x.shape[-1]), compute_uv=False) - shift)


CASES = [
    Case("linalg_eigh", _S, properties=_is_eigh, dtypes=WIDE_FLOATING),
    Case("linalg_eigh", _H, properties=_is_eigh, dtypes=COMPLEX),
    Case("linalg_eigh", A(3, 3, gradient=False), "U", properties=_is_eigh, dtypes=WIDE_FLOATING),
    Case("linalg_eigh", A(2, 3, 3, gradient=False), properties=_is_eigh, dtypes=WIDE_FLOATING),
    Case("linalg_eigvalsh", _S, reference=_values, dtypes=WIDE_FLOATING),
    Case("linalg_eigvalsh", _H, reference=_values, dtypes=COMPLEX),
    Case("linalg_eigvalsh", A(3, 3, gradient=False), UPLO="U", reference=_values, dtypes=WIDE_FLOATING),
    Case("linalg_eigvalsh", A(0, 2, 2, gradient=False), reference=lambda x: np.zeros((0, 2)), dtypes=WIDE_FLOATING),
    Case("linalg_eig", A(3, 3), properties=_is_eig, dtypes=WIDE, gradient=False),
    Case("linalg_eig", A(2, 3, 3), properties=_is_eig, dtypes=WIDE, gradient=False),
    Case("linalg_eigvals", A(3, 3), properties=_are_eigenvalues, dtypes=WIDE, gradient=False),
    Case("linalg_eigvals", _M, properties=_are_eigenvalues, dtypes=WIDE_FLOATING),
    Case("linalg_eigvals", A(2, 2, 2), properties=_are_eigenvalues, dtypes=WIDE, gradient=False),
]

ERRORS = [
    ErrorCase("linalg_eigh", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_eigh", A(2, 2), "X", raises=RuntimeError, match="'L' or 'U', but got X"),
    ErrorCase("linalg_eigvalsh", A(2), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_eig", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_eig", Values([[inf]]), raises=RuntimeError, match="should not contain infs or NaNs"),
    ErrorCase("linalg_eigvals", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
]
