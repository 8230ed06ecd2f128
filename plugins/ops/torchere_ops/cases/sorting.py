"""Cases of sorting and what rests on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
REAL = INTEGRAL + FLOATING
ORDERED = BOOL + REAL


def _order(row: Array, descending: bool) -> list[int]:
    """Stable order by Python's sort; NaN is largest."""
    sign = -1 if descending else 1
    return sorted(
        range(len(row)), key=lambda i: (sign * int(row[i] != row[i]), sign * row[i] if row[i] == row[i] else 0)
    )


def _sort(x: Array, dim: int = -1, descending: bool = False, stable: bool | None = None) -> tuple[Array, Array]:
    if x.ndim == 0:
        return x, np.asarray(0)
    wide = x.astype(object) if x.dtype.kind in "bui" else x
    order = np.apply_along_axis(lambda row: np.array(_order(row.tolist(), descending), dtype=np.int64), dim, wide)
    order = order.astype(np.int64).reshape(x.shape)
    return np.take_along_axis(x, order, dim), order


def _argsort(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    return _sort(x, dim, descending)[1]


def _topk(x: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Array, Array]:
    if x.ndim == 0:
        return (x, np.asarray(0)) if k else (x.reshape(1)[:0], np.zeros(0, dtype=np.int64))
    values, order = _sort(x, dim, largest)
    return np.take(values, range(k), dim), np.take(order, range(k), dim)


def _unique(
    x: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    found = np.unique(x, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = found[1].reshape(x.shape) if dim is None else found[1].reshape(-1)
    chosen = (found[0], *([inverse] if return_inverse else []), *([found[2]] if return_counts else []))
    return chosen if len(chosen) > 1 else chosen[0]


def _consecutive(x: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None) -> Any:
    slices = list(x.reshape(-1)) if dim is None else list(np.moveaxis(x, dim, 0))
    kept: list[Any] = []
    inverse, counts = [], []
    for item in slices:
        if kept and np.array_equal(kept[-1], item):
            counts[-1] += 1
        else:
            kept.append(item)
            counts.append(1)
        inverse.append(len(kept) - 1)
    values = np.array(kept, dtype=x.dtype) if dim is None else np.moveaxis(np.array(kept, dtype=x.dtype), 0, dim)
    places = np.array(inverse, dtype=np.int64).reshape(x.shape if dim is None else (-1,))
    chosen = (values, *([places] if return_inverse else []), *([np.array(counts)] if return_counts else []))
    return chosen if len(chosen) > 1 else chosen[0]


TIES = Values([[3.0, 1.0, 3.0, -0.0, 0.0, 1.0], [2.0, 2.0, 0.0, -0.0, 2.0, -1.0]], gradient=False)
BROKEN = Values([[nan, 1.0, inf, -inf, nan, 1.0]], gradient=False)

CASES = [
    Case("sort", A(3, 5, distinct=True), reference=_sort, dtypes=ORDERED),
    Case("sort", A(3, 5, distinct=True), 0, True, reference=_sort, dtypes=ORDERED),
    Case("sort", A(3, 5, 2, distinct=True), stable=True, dim=1, descending=True, reference=_sort),
    Case("sort", A(2, 300), 1, reference=_sort, dtypes=("float32", "float64", "int8", "int64"), gradient=False),
    Case("sort", A(2, 300), 1, True, reference=_sort, dtypes=("float32", "uint8", "int64"), gradient=False),
    Case("sort", A(), reference=_sort),
    Case("sort", A(), 0, reference=_sort),
    Case("sort", A(3, 0), 1, reference=lambda x, dim: (x, x.astype(np.int64)), gradient=False),
    *(Case("sort", values, 1, flag, reference=_sort) for values in (TIES, BROKEN) for flag in (False, True)),
    Case("argsort", A(3, 5, distinct=True), reference=_argsort, dtypes=ORDERED, gradient=False),
    Case("argsort", I(4, 9, high=3), 0, True, reference=_argsort, dtypes=("int64",), gradient=False),
    Case("argsort", BROKEN, dim=-1, descending=True, stable=True, reference=_argsort, gradient=False),
    Case("argsort", A(), reference=_argsort, gradient=False),
    Case("msort", A(5, 3, distinct=True), reference=lambda x: np.sort(x, axis=0), dtypes=ORDERED),
    Case("msort", A(), reference=lambda x: x),
    Case("topk", A(3, 5, distinct=True), 2, reference=_topk, dtypes=REAL),
    Case("topk", A(5, 3, distinct=True), 4, 0, False, reference=_topk, dtypes=REAL),
    Case("topk", A(2, 5, 3, distinct=True), k=5, dim=-2, sorted=False, reference=_topk),
    Case("topk", TIES, 3, reference=_topk),
    Case("topk", BROKEN, 4, largest=False, reference=_topk),
    Case("topk", BROKEN, 2, reference=_topk),
    Case("topk", A(3), 0, reference=_topk, gradient=False),
    Case("topk", A(), 1, reference=_topk),
    Case("unique", I(3, 4, high=3), reference=_unique, dtypes=("int64",), gradient=False),
    Case("unique", A(12), reference=_unique, dtypes=ORDERED, gradient=False),
    Case("unique", I(3, 4, high=3), True, True, True, reference=_unique, dtypes=("int64",), gradient=False),
    Case("unique", I(3, 4, high=3), False, return_counts=True, reference=_unique, dtypes=("int64",), gradient=False),
    Case(
        "unique",
        I(9, 2, high=2),
        return_inverse=True,
        return_counts=True,
        dim=0,
        reference=_unique,
        dtypes=("int64",),
        gradient=False,
    ),
    Case("unique", I(2, 9, high=2), return_inverse=True, dim=-1, reference=_unique, dtypes=("int64",), gradient=False),
    Case("unique", Values([3.0, 1.0, nan, nan, 1.0]), return_counts=True, reference=_unique, gradient=False),
    Case("unique", A(0), True, True, True, reference=_unique, gradient=False),
    Case("unique", A(), return_inverse=True, reference=_unique, gradient=False),
    Case("unique_consecutive", I(12), True, True, reference=_consecutive, dtypes=("int64",), gradient=False),
    Case("unique_consecutive", I(9, 2), True, True, dim=0, reference=_consecutive, dtypes=("int64",), gradient=False),
    Case("unique_consecutive", I(2, 9), dim=1, reference=_consecutive, dtypes=("int64",), gradient=False),
    Case("unique_consecutive", Values([1.0, 1.0, nan, nan, 1.0]), reference=_consecutive, gradient=False),
    Case("unique_consecutive", A(), reference=_consecutive, gradient=False),
    Case(
        "_unique_flat",
        I(12, high=4),
        True,
        reference=lambda x, ordered: _unique(x, True, True, True),
        dtypes=("int64",),
        gradient=False,
    ),
    Case(
        "_unique_flat",
        I(12),
        False,
        reference=lambda x, ordered: _consecutive(x, True, True),
        dtypes=("int64",),
        gradient=False,
    ),
    Case(
        "_unique_slices",
        I(9, 2),
        0,
        True,
        reference=lambda x, dim, ordered: _unique(x, True, True, True, dim),
        dtypes=("int64",),
        gradient=False,
    ),
    Case(
        "_unique_slices",
        I(9, 2),
        0,
        False,
        reference=lambda x, dim, ordered: _consecutive(x, True, True, dim),
        dtypes=("int64",),
        gradient=False,
    ),
]

ERRORS = [
    ErrorCase("sort", A(2, 3), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("sort", A(2), dtype="complex64", raises=RuntimeError, match="Sort does not support complex"),
    ErrorCase("argsort", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex"),
    ErrorCase("msort", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex"),
    ErrorCase("topk", A(2, 3), 4, raises=RuntimeError, match="selected index k out of range"),
    ErrorCase("topk", A(2, 3), -1, raises=RuntimeError, match="selected index k out of range"),
    ErrorCase("topk", A(2), 1, dtype="bool", raises=RuntimeError, match="topk does not support"),
    ErrorCase(
        "unique", A(2), dtype="complex64", raises=NotImplementedError, match="not implemented for 'ComplexFloat'"
    ),
    ErrorCase("unique", A(), dim=0, raises=IndexError, match="tensor has no dimensions"),
    ErrorCase("unique", A(0, 3), dim=1, raises=RuntimeError, match="There are 0 sized dimensions"),
    ErrorCase("unique_consecutive", A(2, 3), dim=5, raises=IndexError, match="Dimension out of range"),
]
