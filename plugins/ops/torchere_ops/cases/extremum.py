"""Cases of the extremes and their positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
REAL = INTEGRAL + FLOATING
ORDERED = BOOL + REAL


def _extreme(function: Callable[..., Any]) -> Callable[..., Array]:
    def reference(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
        if dim == () or x.ndim == 0:
            dim = None
        return np.asarray(function(x, axis=dim, keepdims=keepdim and x.ndim > 0))

    return reference


def _first(better: Callable[[Any, Any], bool]) -> Callable[..., Array]:
    """Index of the first extreme by brute force; a NaN ends the search."""

    def position(row: Array) -> int:
        best = 0
        for place, value in enumerate(row):
            if row[best] != row[best]:
                return best
            if value != value or better(value, row[best]):
                best = place
        return best

    def reference(x: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        if x.ndim == 0:
            return np.asarray(0)
        if dim is None:
            found = np.asarray(position(x.reshape(-1)))
            return found.reshape((1,) * x.ndim) if keepdim else found
        found = np.apply_along_axis(position, dim, x) if x.size else np.zeros(np.delete(x.shape, dim), dtype=np.int64)
        return np.expand_dims(found, dim) if keepdim else found

    return reference


_amax, _amin = _extreme(np.max), _extreme(np.min)
_argmax, _argmin = _first(lambda a, b: a > b), _first(lambda a, b: a < b)


def _max(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _amax(x, dim, keepdim), _argmax(x, dim, keepdim)


def _min(x: Array, dim: int, keepdim: bool = False) -> tuple[Array, Array]:
    return _amin(x, dim, keepdim), _argmin(x, dim, keepdim)


TIES = Values([[2.0, 5.0, 5.0], [1.0, 1.0, 0.0], [-1.0, 3.0, -1.0]], gradient=False)
BROKEN = Values([[nan, 5.0, inf], [1.0, nan, nan], [-inf, 3.0, -1.0]], gradient=False)

CASES = []
for name, reference in (("amax", _amax), ("amin", _amin)):
    CASES += [
        Case(name, A(3, 4, distinct=True), reference=reference, dtypes=ORDERED),
        Case(name, A(3, 4, distinct=True), 1, reference=reference, dtypes=ORDERED),
        Case(name, A(3, 4, 2, distinct=True), dim=(0, 2), keepdim=True, reference=reference),
        Case(name, A(3, 4, distinct=True), dim=(), reference=reference),
        Case(name, A(distinct=True), reference=reference),
        Case(name, A(distinct=True), dim=-1, reference=reference),
        Case(name, A(0, 3), 1, reference=lambda x, dim: np.zeros(0, dtype=x.dtype), gradient=False),
        Case(name, TIES, 1, reference=reference),
        Case(name, BROKEN, 1, reference=reference),
        Case(name, BROKEN, reference=reference),
    ]
for name, reference in (("argmax", _argmax), ("argmin", _argmin)):
    CASES += [
        Case(name, A(3, 4, distinct=True), reference=reference, dtypes=REAL, gradient=False),
        Case(name, A(3, 4), 0, reference=reference, dtypes=REAL, gradient=False),
        Case(name, A(3, 4, 2, distinct=True), dim=-2, keepdim=True, reference=reference, gradient=False),
        Case(name, A(40, 70), 0, reference=reference, gradient=False, dtypes=("float32", "int8")),
        Case(name, A(3, 4, distinct=True), keepdim=True, reference=reference, gradient=False),
        Case(name, A(), reference=reference, gradient=False),
        Case(name, A(), 0, reference=reference, gradient=False),
        Case(name, A(0, 3), 1, reference=lambda x, dim: np.zeros(0, dtype=np.int64), gradient=False),
        Case(name, TIES, 1, reference=reference, gradient=False),
        Case(name, TIES, 0, reference=reference, gradient=False),
        Case(name, TIES, reference=reference, gradient=False),
        Case(name, BROKEN, 1, reference=reference, gradient=False),
        Case(name, BROKEN, 0, reference=reference, gradient=False),
        Case(name, Values([[1.0] * 70, [nan] * 70, [inf] * 70, [nan] * 70]), 0, reference=reference, gradient=False),
    ]
for name, inner, whole, along, extreme in (
    ("max", "_max", "_max_all", _max, _amax),
    ("min", "_min", "_min_all", _min, _amin),
):
    elementwise = np.maximum if name == "max" else np.minimum
    CASES += [
        Case(name, A(3, 4, distinct=True), reference=extreme, dtypes=ORDERED),
        Case(name, A(distinct=True), reference=extreme),
        Case(name, BROKEN, reference=extreme),
        Case(name, A(3, 4, distinct=True), 1, reference=along, dtypes=ORDERED),
        Case(name, A(3, 4, distinct=True), dim=-2, keepdim=True, reference=along),
        Case(name, A(), 0, reference=along),
        Case(name, TIES, 0, reference=along),
        Case(name, BROKEN, 1, reference=along),
        Case(name, A(3, 4, distinct=True), A(4, low=3, high=5), reference=elementwise),
        Case(
            name,
            A(3, 4, distinct=True),
            other=A(3, 1, low=-5, high=-3),
            reference=lambda x, other, f=elementwise: f(x, other),
        ),
        Case(inner, A(3, 4, distinct=True), 0, True, reference=along, dtypes=ORDERED),
        Case(inner, A(0, 3), 1, reference=lambda x, dim: (x[:, 0], np.zeros(0, dtype=np.int64)), gradient=False),
        Case(inner, A(), 0, reference=along),
        Case(whole, A(3, 4, distinct=True), reference=extreme, dtypes=ORDERED),
        Case(whole, A(), reference=extreme),
        Case(whole, BROKEN, reference=extreme),
    ]
CASES += [
    Case("aminmax", A(3, 4, distinct=True), reference=lambda x: (x.min(), x.max()), dtypes=ORDERED),
    Case("aminmax", A(3, 4, distinct=True), dim=1, reference=lambda x, dim: (x.min(dim), x.max(dim))),
    Case(
        "aminmax",
        A(3, 4, distinct=True),
        dim=0,
        keepdim=True,
        reference=lambda x, dim, keepdim: (x.min(dim, keepdims=True), x.max(dim, keepdims=True)),
    ),
    Case("aminmax", A(distinct=True), dim=0, reference=lambda x, dim: (x, x)),
    Case("aminmax", BROKEN, dim=0, reference=lambda x, dim: (x.min(dim), x.max(dim))),
]

ERRORS = [
    *(
        ErrorCase(name, A(0), raises=error, match="Expected reduction dim to be specified")
        for name, error in (
            ("amax", RuntimeError),
            ("amin", RuntimeError),
            ("max", RuntimeError),
            ("min", RuntimeError),
            ("_max_all", RuntimeError),
            ("_min_all", RuntimeError),
            ("argmax", IndexError),
            ("argmin", IndexError),
        )
    ),
    *(
        ErrorCase(name, A(0, 3), 0, raises=IndexError, match="Expected reduction dim 0 to have non-zero size")
        for name in ("amax", "amin", "argmax", "argmin", "max", "min", "_max", "_min")
    ),
    ErrorCase("aminmax", A(0), raises=RuntimeError, match="operation has no identity"),
    ErrorCase("aminmax", A(0, 3), dim=0, raises=IndexError, match="Expected reduction dim 0"),
    ErrorCase("argmax", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex input"),
    ErrorCase("argmin", A(2), dtype="bool", raises=RuntimeError, match="does not support bool input"),
    ErrorCase("amax", A(2), dtype="complex64", raises=NotImplementedError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("amin", A(2, 2), (0, 0), raises=RuntimeError, match="multiple times"),
    ErrorCase("max", A(2, 3), keepdim=True, raises=TypeError, match="needs a dim"),
    ErrorCase("max", A(2, 3), 5, raises=IndexError, match="Dimension out of range"),
    ErrorCase("max", A(2, 3), I(2, 2), raises=RuntimeError, match="must match the size of tensor"),
]
