"""Cases of a few eigenpairs of large matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, Values

SQUARE = np.diag(np.arange(1.0, 13.0)) + 0.1 * np.ones((12, 12))
SCALE = np.diag(np.linspace(1.0, 2.0, 12))


def _solves(found: Any, a: Any, k: int, b: Any = None, largest: bool = True, **_: Any) -> None:
    values, vectors = found
    b = np.eye(a.shape[-1]) if b is None else b
    everything = np.sort(np.linalg.eigvals(np.linalg.solve(b, a)).real)
    expected = everything[::-1][:k] if largest else everything[:k]
    np.testing.assert_allclose(values, expected, rtol=2e-3)
    np.testing.assert_allclose(a @ vectors, b @ vectors * values, atol=2e-2)
    np.testing.assert_allclose(vectors.T @ b @ vectors, np.eye(k), atol=1e-3)


CASES = [
    Case("lobpcg", Values(SQUARE.tolist()), 2, properties=_solves, dtypes=("float32", "float64"), gradient=False),
    Case("lobpcg", Values(SQUARE.tolist()), 3, largest=False, properties=_solves, dtypes=("float64",), gradient=False),
    Case("lobpcg", Values(SQUARE.tolist()), 2, Values(SCALE.tolist()), properties=_solves, dtypes=("float64",),
         gradient=False),
]  # fmt: skip

ERRORS = [
    ErrorCase("lobpcg", A(4, 4), 2, raises=ValueError, match="smaller than 3 x the number"),
    ErrorCase("lobpcg", A(6, 4), 1, raises=RuntimeError, match="expected square matrices"),
    ErrorCase("lobpcg", A(6, 6), 1, method="power", raises=ValueError, match="unknown method"),
]
