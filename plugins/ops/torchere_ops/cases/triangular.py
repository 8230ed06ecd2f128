"""Cases of triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")


def _triangle(lower: bool) -> Any:
    def reference(x: Array, diagonal: int = 0) -> Array:
        out = np.zeros_like(x)
        for row in range(x.shape[-2]):
            for column in range(x.shape[-1]):
                if column - row <= diagonal if lower else column - row >= diagonal:
                    out[..., row, column] = x[..., row, column]
        return out

    return reference


def _indices(lower: bool) -> Any:
    def reference(row: int, col: int, offset: int = 0) -> Array:
        pairs = [(r, c) for r in range(row) for c in range(col) if (c - r <= offset if lower else c - r >= offset)]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    return reference


CASES = [
    *[
        Case(name, A(*shape), *diagonal, reference=_triangle(name == "tril"), dtypes=ALL)
        for name in ("tril", "triu")
        for shape, diagonal in (((3, 4), ()), ((4, 3), (1,)), ((2, 3, 3), (-1,)), ((3, 3), (-7,)), ((3, 3), (7,)))
    ],
    Case("tril", A(0, 3), reference=_triangle(True)),
    Case("triu", A(2, 3, 0), 1, reference=_triangle(False)),
    # Not a product with a mask: what is cut away may be infinite.
    Case("tril", Values([[1.0, inf], [nan, 2.0]]), reference=_triangle(True), gradient=False),
    Case("triu", Values([[1.0, inf], [nan, 2.0]]), reference=_triangle(False), gradient=False),
    *[
        Case(f"{name}_indices", *arguments, reference=_indices(name == "tril"), dtypes=("float32",))
        for name in ("tril", "triu")
        for arguments in ((3, 4), (3, 4, 1), (4, 2, -1), (0, 3))
    ],
]

ERRORS = [
    ErrorCase("tril", A(3), raises=RuntimeError, match="tril: input tensor must have at least 2 dimensions"),
    ErrorCase("triu", A(3), raises=RuntimeError, match="triu: input tensor must have at least 2 dimensions"),
    ErrorCase("tril", A(3, 3), True, raises=TypeError, match="must be int, not bool"),
    ErrorCase("tril_indices", -3, 4, raises=RuntimeError, match="row must be non-negative"),
    ErrorCase("triu_indices", 3, -4, raises=RuntimeError, match="col must be non-negative"),
]
