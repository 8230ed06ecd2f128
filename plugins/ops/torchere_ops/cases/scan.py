"""Cases of the scans."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, INTEGRAL, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
NUMBERS = BOOL + INTEGRAL + FLOATING + COMPLEX
ORDERED = BOOL + INTEGRAL + FLOATING


def _scan(function: Any) -> Any:
    def reference(x: Array, dim: int, *, dtype: Any = None) -> Array:
        if dtype is not None:
            x = x.astype(dtype.numpy)
        elif x.dtype.kind in "bui":
            x = x.astype(np.int64)
        return function(x, axis=dim).astype(x.dtype) if x.ndim else x

    return reference


_cumsum, _cumprod = _scan(np.cumsum), _scan(np.cumprod)


def _running(wins: Any) -> Any:
    """Brute force: a later element replaces the extreme if it equals or beats it, or is NaN."""

    def reference(x: Array, dim: int) -> tuple[Array, Array]:
        if x.ndim == 0:
            return x, np.asarray(0)
        rows = np.moveaxis(x, dim, -1)
        values, places = np.empty_like(rows), np.zeros(rows.shape, dtype=np.int64)
        for index in np.ndindex(rows.shape[:-1]):
            best = 0
            for place, value in enumerate(rows[index]):
                if value != value or wins(value, rows[index][best]):
                    best = place
                values[index][place], places[index][place] = rows[index][best], best
        return np.moveaxis(values, -1, dim), np.moveaxis(places, -1, dim)

    return reference


_cummax, _cummin = _running(lambda a, b: a >= b), _running(lambda a, b: a <= b)


def _logcumsumexp(x: Array, dim: int) -> Array:
    if x.ndim == 0:
        return x
    if x.dtype.kind == "c":
        return np.log(np.cumsum(np.exp(x), axis=dim))
    return np.logaddexp.accumulate(x, axis=dim)


def _recurrence(factors: Array, terms: Array, dim: int) -> Array:
    factors, found = np.moveaxis(factors, dim, 0), np.moveaxis(terms.copy(), dim, 0)
    for place in range(1, len(found)):
        found[place] += factors[place] * found[place - 1]
    return np.moveaxis(found, 0, dim)


def _diff(x: Array, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Array:
    parts = [part for part in (prepend, x, append) if part is not None]
    return np.diff(np.concatenate(parts, axis=dim), n=n, axis=dim)


TIES = Values([[1.0, 3.0, 3.0, 2.0], [2.0, 0.0, 2.0, 0.0]], gradient=False)
BROKEN = Values([[1.0, 3.0, 3.0, nan, 2.0, nan, inf], [nan, 1.0, -inf, 2.0, 2.0, 1.0, nan]], gradient=False)

CASES = [
    Case("cumsum", A(3, 4), 1, reference=_cumsum, dtypes=NUMBERS),
    Case("cumsum", A(3, 4), dim=-2, reference=_cumsum),
    Case("cumsum", A(), 0, reference=_cumsum),
    Case("cumsum", A(0, 3), 0, reference=_cumsum),
    Case("cumsum", A(3, 4), 0, dtype=dtypes.float64, reference=_cumsum, dtypes=("float32", "int32")),
    Case("cumsum", A(3, 4), 0, dtype=dtypes.int16, reference=_cumsum, dtypes=("int64",)),
    Case("cumsum", A(5000, low=0.9, high=1), 0, reference=_cumsum, dtypes=WIDE_FLOATING, gradient=False),
    Case("cumprod", A(3, 4), 1, reference=_cumprod, dtypes=FLOATING + COMPLEX),
    Case("cumprod", A(3, 4), 0, reference=_cumprod, dtypes=(*BOOL, "int32", "int64")),
    Case("cumprod", A(), 0, reference=_cumprod),
    Case("cumprod", A(0, 3), 0, reference=_cumprod),
    Case("cumprod", A(2, 5), 1, dtype=dtypes.float64, reference=_cumprod, dtypes=("float32", "int32")),
    Case("cumprod", Values([[1.0, 0.0, 3.0, 2.0], [2.0, 0.0, 0.0, 1.0], [0.0, 2.0, 3.0, -1.0]]), 1, reference=_cumprod),
    Case("cummax", A(3, 4, distinct=True), 1, reference=_cummax, dtypes=ORDERED),
    Case("cummin", A(3, 4, distinct=True), 1, reference=_cummin, dtypes=ORDERED),
    Case("cummax", A(7, 2, distinct=True), -2, reference=_cummax),
    Case("cummin", A(7, 2, distinct=True), -2, reference=_cummin),
    Case("cummax", I(3, 9, high=4), 1, reference=_cummax, dtypes=("int64",)),
    Case("cummin", I(3, 9, high=4), 1, reference=_cummin, dtypes=("int64",)),
    *(Case("cummax", values, 1, reference=_cummax) for values in (TIES, BROKEN)),
    *(Case("cummin", values, 1, reference=_cummin) for values in (TIES, BROKEN)),
    Case("cummax", A(), 0, reference=_cummax),
    Case("cummin", A(), 0, reference=_cummin),
    Case("cummax", A(2, 0), 1, reference=lambda x, dim: (x, x.astype(np.int64)), gradient=False),
    Case("cummin", A(2, 0), 1, reference=lambda x, dim: (x, x.astype(np.int64)), gradient=False),
    Case("logcumsumexp", A(3, 5), 1, reference=_logcumsumexp, dtypes=FLOATING),
    Case("logcumsumexp", A(3, 5, low=-1, high=1), 1, reference=_logcumsumexp, dtypes=COMPLEX, second=False),
    Case("logcumsumexp", A(5, 2), 0, reference=_logcumsumexp),
    Case("logcumsumexp", A(), 0, reference=_logcumsumexp),
    Case("logcumsumexp", A(0), 0, reference=_logcumsumexp),
    Case("logcumsumexp", A(6, low=500, high=900), 0, reference=_logcumsumexp, dtypes=("float64",)),
    Case("logcumsumexp", Values([-inf, -inf, 1.0, inf, 2.0]), 0, reference=_logcumsumexp, gradient=False),
    Case("_linear_recurrence", A(4, 3), A(4, 3), 0, reference=_recurrence, dtypes=FLOATING + COMPLEX),
    Case("_linear_recurrence", A(2, 9), A(2, 9), 1, reference=_recurrence),
    Case("_linear_recurrence", A(3, 40), A(3, 40), 0, reference=_recurrence, gradient=False),
    Case("diff", A(3, 4), reference=_diff, dtypes=FLOATING + COMPLEX + ("int32", "bool")),
    Case("diff", A(3, 4), 2, 0, reference=_diff),
    Case("diff", A(3, 4), n=7, reference=_diff, gradient=False),
    Case("diff", A(3, 4), 0, reference=_diff),
    Case("diff", A(3, 4), dim=0, prepend=A(1, 4), append=A(2, 4), reference=_diff),
    Case("diff", A(0, 3), dim=0, reference=_diff),
]

ERRORS = [
    *(
        ErrorCase(name, A(2, 3), 2, raises=IndexError, match="Dimension out of range")
        for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp")
    ),
    ErrorCase("cummax", A(2), 0, dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"),
    ErrorCase("cummin", A(2), 0, dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"),
    ErrorCase("logcumsumexp", A(2), 0, dtype="int64", raises=NotImplementedError, match="not implemented for 'Long'"),
    ErrorCase("diff", A(), raises=RuntimeError, match="at least one-dimensional"),
    ErrorCase("diff", A(2), -1, raises=RuntimeError, match="order must be non-negative but got -1"),
    ErrorCase("diff", A(2, 3), 1, 0, A(3), raises=RuntimeError, match="to be the same dimension as input"),
    ErrorCase("diff", A(2, 3), 1, 0, A(1, 2), raises=RuntimeError, match="except along the differencing dimension"),
]
