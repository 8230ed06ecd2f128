"""Cases of grids and combinations."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _meshgrid(*tensors: Array, indexing: str = "ij") -> tuple[Array, ...]:
    return tuple(np.meshgrid(*[np.atleast_1d(x) for x in tensors], indexing=indexing))


def _combinations(x: Array, r: int = 2, with_replacement: bool = False) -> Array:
    choose = combinations_with_replacement if with_replacement else combinations
    rows = [[x[place] for place in places] for places in choose(range(len(x)), r)]
    return np.array(rows, dtype=x.dtype).reshape((len(rows), r) if r else (0,))


def _vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    count = len(x) if N is None else N
    powers = np.array([[value**k for k in range(count)] for value in x]).reshape(len(x), count)
    return powers if increasing else powers[:, ::-1]


CASES = [
    Case("meshgrid", A(2), A(3), indexing="ij", reference=_meshgrid),
    Case("meshgrid", A(2), A(3), A(4), indexing="xy", reference=_meshgrid),
    Case("meshgrid", A(), A(3), indexing="ij", reference=_meshgrid),
    Case("cartesian_prod", A(2), A(3), reference=lambda *x: np.array(list(product(*x)))),
    Case("cartesian_prod", A(3), reference=lambda x: x),
    Case("combinations", A(4), reference=_combinations, dtypes=INTEGRAL + FLOATING),
    Case("combinations", A(4), 3, with_replacement=True, reference=_combinations),
    Case("combinations", A(3), 0, reference=_combinations, gradient=False),
    Case("combinations", A(2), 3, reference=_combinations),
    Case("vander", A(3), reference=_vander),
    Case("vander", A(3), 4, increasing=True, reference=_vander),
    Case("vander", A(3), 0, reference=_vander, gradient=False),
]

ERRORS = [
    ErrorCase("meshgrid", A(2, 2), A(3), indexing="ij", raises=RuntimeError, match="Expected 0D or 1D tensor"),
    ErrorCase("meshgrid", A(2), A(3), indexing="xx", raises=RuntimeError, match='must be one of "xy" or "ij"'),
    ErrorCase("cartesian_prod", A(2, 2), raises=RuntimeError, match="Expect a 1D vector"),
    ErrorCase("combinations", A(2, 2), raises=RuntimeError, match="Expect a 1D vector"),
    ErrorCase("combinations", A(2), -1, raises=RuntimeError, match="Expect a non-negative number, but got -1"),
    ErrorCase("vander", A(2, 2), raises=RuntimeError, match="x must be a one-dimensional tensor"),
    ErrorCase("vander", A(2), -1, raises=RuntimeError, match="N must be non-negative"),
]
