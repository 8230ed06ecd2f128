"""Cases of coordinates, ranges with their end, and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]
ONE = ("float32",)


def _unravel(x: Array, shape: Any) -> tuple[Array, ...]:
    return np.unravel_index(x, shape)


def _filled(x: Array, value: float, wrap: bool = False) -> Array:
    x = x.copy()
    np.fill_diagonal(x, value, wrap=wrap)
    return x


CASES = [
    Case("unravel_index", I(3, 2, high=24), (2, 3, 4), reference=_unravel, dtypes=ONE),
    Case("unravel_index", I(5, high=7), 7, reference=_unravel, dtypes=ONE),
    Case("unravel_index", I(high=6), (2, 3), reference=_unravel, dtypes=ONE),
    Case("fill_diagonal_", A(3, 3), 2.5, reference=_filled, gradient=False, writes=(0,)),
    Case("fill_diagonal_", A(3, 5), 1, reference=_filled, gradient=False, writes=(0,)),
    Case("fill_diagonal_", A(9, 3), 1, wrap=True, reference=_filled, gradient=False, writes=(0,)),
    Case("fill_diagonal_", A(9, 3), 1, reference=_filled, gradient=False, writes=(0,)),
    Case("fill_diagonal_", A(3, 3, 3), -1, reference=_filled, gradient=False, writes=(0,)),
    Case("range", 1, 4, reference=lambda *_, **__: np.arange(1.0, 5.0), dtypes=ONE),
    Case("range", 1, 3, 0.5, reference=lambda *_, **__: np.arange(1.0, 3.5, 0.5), dtypes=ONE),
    Case("range", 4, 0, -1.5, reference=lambda *_, **__: np.array([4.0, 2.5, 1.0]), dtypes=ONE),
]

ERRORS = [
    ErrorCase("unravel_index", Values([1.0]), (2, 3), raises=TypeError, match="to be integer dtype"),
    ErrorCase("unravel_index", I(2), (2, -3), raises=ValueError, match="cannot have negative values"),
    ErrorCase("fill_diagonal_", A(3), 1, raises=RuntimeError, match="dimensions must larger than 1"),
    ErrorCase("fill_diagonal_", A(3, 3, 4), 1, raises=RuntimeError, match="must be of equal length"),
    ErrorCase("range", 1, 4, 0, raises=RuntimeError, match="step must be nonzero"),
    ErrorCase("range", 4, 1, raises=RuntimeError, match="inconsistent with step sign"),
]
