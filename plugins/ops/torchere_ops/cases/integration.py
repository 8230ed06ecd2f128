"""Cases of the trapezoidal rule and of differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
MORE = (*FLOATING, *COMPLEX)


def _trapezoid(y: Array, x: Array | None = None, dx: float = 1.0, dim: int = -1) -> Array:
    return np.trapezoid(y, x, dx, dim)


def _cumulative(y: Array, x: Array | None = None, dx: float = 1.0, dim: int = -1) -> Array:
    y = np.moveaxis(y, dim, -1)
    gaps = dx if x is None else np.diff(x if x.ndim == 1 else np.moveaxis(x, dim, -1))
    return np.moveaxis(np.cumsum((y[..., 1:] + y[..., :-1]) * gaps / 2, -1), -1, dim)


def _gradient(x: Array, spacing: Any = 1.0, dim: Any = None, edge_order: int = 1) -> tuple[Array, ...]:
    steps = spacing if isinstance(spacing, (list, tuple)) else (spacing,)
    found = np.gradient(x, *steps, axis=dim, edge_order=edge_order)
    return tuple(found) if isinstance(found, (tuple, list)) else (found,)


CASES = []
for name, reference in (("trapezoid", _trapezoid), ("trapz", _trapezoid), ("cumulative_trapezoid", _cumulative)):
    CASES += [
        Case(name, A(3, 4), reference=reference, dtypes=MORE),
        Case(name, A(3, 4), dx=0.5, dim=0, reference=reference),
        Case(name, A(3, 4), A(4), reference=reference),
        Case(name, A(3, 4), A(3), dim=0, reference=reference),
        Case(name, A(3, 4), A(3, 4), dim=0, reference=reference),
        Case(name, A(5, low=0, high=9), reference=reference, dtypes=("int64",)),
        Case(name, A(1), reference=reference),
    ]
CASES += [
    Case("gradient", A(5), reference=_gradient, dtypes=MORE),
    Case("gradient", A(3, 4), reference=_gradient),
    Case("gradient", A(3, 4), spacing=0.25, dim=1, reference=_gradient),
    Case("gradient", A(3, 4), spacing=[0.5, 2.0], edge_order=2, reference=_gradient),
    Case("gradient", A(4, 3), spacing=[Values([0.0, 1.0, 1.5, 4.0])], dim=0, reference=_gradient),
    Case("gradient", A(4, 3), spacing=[Values([0.0, 1.0, 1.5, 4.0])], dim=0, edge_order=2, reference=_gradient),
    Case("gradient", A(2), reference=_gradient),
]

ERRORS = [
    ErrorCase("trapezoid", A(3, 4), A(3), raises=RuntimeError, match="There must be one `x` value for each sample"),
    ErrorCase("trapz", A(3, 4), A(3), raises=RuntimeError, match="There must be one `x` value for each sample"),
    ErrorCase("trapezoid", A(), raises=IndexError, match="tensor has no dimensions"),
    ErrorCase("trapezoid", A(3), dtype="bool", raises=RuntimeError, match="bool is not supported"),
    ErrorCase("cumulative_trapezoid", A(3), dim=2, raises=IndexError, match="out of range"),
    ErrorCase("gradient", A(1), raises=RuntimeError, match="each dimension size to be at least"),
    ErrorCase("gradient", A(3), edge_order=3, raises=RuntimeError, match="only supports edge_order=1 and edge_order=2"),
    ErrorCase("gradient", A(3, 3), dim=(0, 0), raises=RuntimeError, match="appears multiple times"),
    ErrorCase("gradient", A(3, 3), spacing=[1.0, 2.0, 3.0], raises=RuntimeError, match="list of length 3"),
]
