"""Cases of searchsorted, bucketize, bincount and histc."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
#: Integers that combine with int64 indices.
SMALL_INTEGRAL = ("uint8", "int8", "int16", "int32", "int64")


def _search(
    rows: Array,
    values: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array | None = None,
) -> Array:
    """Count, value by value, the elements that lie before it."""
    right = right or side == "right"
    values = np.asarray(values)
    if sorter is not None:
        rows = np.take_along_axis(rows, sorter, -1)
    found = np.zeros(values.shape, dtype=np.int32 if out_int32 else np.int64)
    for index in np.ndindex(values.shape):
        row, value = rows if rows.ndim == 1 else rows[index[:-1]], values[index]
        found[index] = len(row) if value != value else (row <= value).sum() if right else (row < value).sum()
    return found


def _bucketize(values: Any, rows: Array, **options: Any) -> Array:
    return _search(rows, values, **options)


def _bincount(x: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    return np.bincount(x, weights, minlength)


def _histc(x: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    if min == max and x.size:
        min, max = float(x.min()), float(x.max())
    if min == max:
        min, max = min - 1, max + 1
    return np.histogram(x[x == x], bins, (min, max))[0].astype(x.dtype)


ROW = Values([-1.0, 0.0, 0.0, 1.5])
ROWS = Values([[-1.0, 0.0, 0.0, 1.5], [0.0, 1.0, 2.0, 3.0]])
QUERIES = Values([[-2.0, 0.0, 1.0], [1.5, nan, 9.0]])

CASES = [
    *(
        Case("searchsorted", row, QUERIES, reference=_search, gradient=False, **options)
        for row in (ROW, ROWS)
        for options in ({}, {"right": True}, {"side": "right", "out_int32": True}, {"side": "left"})
    ),
    Case("searchsorted", ROW, 0.5, reference=_search, gradient=False),
    Case("searchsorted", ROW, A(), reference=_search, gradient=False),
    Case(
        "searchsorted", Values([1, 3, 5, 7]), I(2, 3, high=9), reference=_search, dtypes=SMALL_INTEGRAL, gradient=False
    ),
    Case(
        "searchsorted",
        Values([5.0, 1.0, 3.0]),
        A(4, low=0, high=6),
        sorter=Values([1, 2, 0], dtype="int64"),
        reference=_search,
        gradient=False,
    ),
    Case("searchsorted", A(0), A(3), reference=_search, gradient=False),
    Case("searchsorted", A(2, 0), A(2, 3), reference=_search, gradient=False),
    Case("searchsorted", ROW, A(0, 2), reference=_search, gradient=False),
    Case(
        "_searchsorted", ROWS, QUERIES, True, reference=lambda r, v, right: _search(r, v, right=right), gradient=False
    ),
    Case(
        "_searchsorted", ROW, QUERIES, False, reference=lambda r, v, right: _search(r, v, right=right), gradient=False
    ),
    Case("bucketize", QUERIES, ROW, reference=_bucketize, gradient=False),
    Case("bucketize", QUERIES, ROW, right=True, out_int32=True, reference=_bucketize, gradient=False),
    Case("bucketize", 3, ROW, reference=_bucketize, gradient=False),
    Case("bincount", I(20, high=6), reference=_bincount, dtypes=("int64",), gradient=False),
    Case("bincount", I(20, high=6, dtype="uint8"), minlength=9, reference=_bincount, dtypes=("uint8",), gradient=False),
    Case("bincount", I(20, high=6), A(20), reference=_bincount, dtypes=("float32", "float64"), gradient=False),
    Case("bincount", I(0), minlength=3, reference=_bincount, dtypes=("int64",), gradient=False),
    Case("_bincount", I(20, high=6), None, 9, reference=_bincount, dtypes=("int64",), gradient=False),
    Case("histc", A(200), 7, -1.5, 1.3, reference=_histc, gradient=False, dtypes=("float64",)),
    Case("histc", A(30), 4, reference=_histc, gradient=False, dtypes=("float64",)),
    Case("histc", Values([1.0, 1.0]), 4, reference=_histc, gradient=False),
    Case("histc", Values([1.0, nan, 0.0, 2.0, 5.0]), bins=4, min=0, max=2, reference=_histc, gradient=False),
    Case("histc", A(0), 4, reference=lambda x, bins: np.zeros(4), gradient=False),
    Case("_histogram", A(50), 5, -1.0, 1.0, reference=_histc, gradient=False, dtypes=("float64",)),
]

ERRORS = [
    ErrorCase("searchsorted", A(2, 3), A(2), raises=RuntimeError, match="boundaries tensor should be 1 dimension"),
    ErrorCase("searchsorted", A(2, 3), 3, raises=RuntimeError, match="can be a scalar only when"),
    ErrorCase("searchsorted", A(3), A(2), side="left", right=True, raises=RuntimeError, match="opposites"),
    ErrorCase("searchsorted", A(3), A(2), side="up", raises=RuntimeError, match="'left' or 'right' but got up"),
    ErrorCase("searchsorted", A(3), A(2), sorter=I(2), raises=RuntimeError, match="must have the same size"),
    ErrorCase("searchsorted", A(3), A(2), sorter=A(3), raises=RuntimeError, match="long dtype"),
    ErrorCase("searchsorted", A(3), A(2), sorter=I(3, low=3, high=4), raises=RuntimeError, match="out of range"),
    ErrorCase("bucketize", A(2), A(2, 2), raises=RuntimeError, match="boundaries tensor must be 1 dimension"),
    ErrorCase("bincount", I(2, 2), raises=RuntimeError, match="1-d non-negative integral"),
    ErrorCase("bincount", I(2, low=-2, high=-1), raises=RuntimeError, match="1-d non-negative integral"),
    ErrorCase("bincount", A(2), raises=NotImplementedError, match="not implemented for 'Float'"),
    ErrorCase("bincount", I(2), A(3), raises=RuntimeError, match="same length as input"),
    ErrorCase("bincount", I(2), minlength=-1, raises=RuntimeError, match="minlength should be >= 0"),
    ErrorCase("histc", A(2), 0, raises=RuntimeError, match="bins must be > 0"),
    ErrorCase("histc", A(2), 4, 3, 1, raises=RuntimeError, match="max must be larger than min"),
    ErrorCase("histc", Values([1.0, inf]), 4, raises=RuntimeError, match="is not finite"),
    ErrorCase("histc", A(2), 4, dtype="int64", raises=NotImplementedError, match="not implemented for 'Long'"),
]
