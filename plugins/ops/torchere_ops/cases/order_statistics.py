"""Cases of median, mode, kth value and quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING, INTEGRAL, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
REAL = INTEGRAL + FLOATING


def _along(position: Callable[[Array, Array], int], x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """Apply `position` (row, stable order of the row) → index to every row."""
    if x.ndim == 0:
        return x, np.asarray(0)
    places = np.apply_along_axis(lambda row: position(row, np.argsort(row, kind="stable")), dim, x)
    places = np.expand_dims(places, dim)
    values = np.take_along_axis(x, places, dim)
    return (values, places) if keepdim else (values.squeeze(dim), places.squeeze(dim))


def _middle(row: Array, order: Array) -> int:
    absent = np.flatnonzero(row != row)
    return int(absent[0] if len(absent) else order[(len(row) - 1) // 2])


def _present_middle(row: Array, order: Array) -> int:
    present = int((row == row).sum())
    return int(order[max((present - 1) // 2, 0)])


def _most_frequent(row: Array, order: Array) -> int:
    values, counts = np.unique(row, return_counts=True)
    return int(np.flatnonzero(row == values[counts.argmax()])[-1])


def median(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        return _along(_middle, x.reshape(-1), 0, False)[0] if x.size else np.asarray(nan)
    return _along(_middle, x, dim, keepdim)


def nanmedian(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        return _along(_present_middle, x.reshape(-1), 0, False)[0] if x.size else np.asarray(nan)
    return _along(_present_middle, x, dim, keepdim)


def mode(x: Array, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    return _along(_most_frequent, x, dim, keepdim)


def kthvalue(x: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    return _along(lambda row, order: int(order[k - 1]), x, dim, keepdim)


def _quantile(function: Callable[..., Any]) -> Callable[..., Array]:
    def reference(
        x: Array, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Array:
        if x.ndim == 0:
            x, dim, keepdim = x.reshape(1), None, False
        return np.asarray(function(x, q, axis=dim, keepdims=keepdim, method=interpolation))

    return reference


quantile, nanquantile = _quantile(np.quantile), _quantile(np.nanquantile)

HOLES = Values([[1.0, nan, 3.0, 2.0], [nan, nan, 1.0, -1.0], [nan, nan, nan, nan]], gradient=False)
HALVES = Values([0.1, 0.5, 1.0], gradient=False)

CASES = [
    Case("median", A(3, 5, distinct=True), reference=median, dtypes=REAL),
    Case("median", A(3, 4, distinct=True), 1, reference=median, dtypes=REAL),
    Case("median", A(3, 4, distinct=True), dim=0, keepdim=True, reference=median),
    Case("median", A(), reference=median),
    Case("median", A(), 0, reference=median),
    Case("median", HOLES, 1, reference=median),
    Case("median", HOLES, reference=median),
    Case("median", A(0), reference=median, gradient=False),
    Case("_median", A(4, 3, 2, distinct=True), 1, reference=median),
    Case("_median_all", A(4, 3, distinct=True), reference=median),
    Case("nanmedian", A(3, 5, distinct=True), reference=nanmedian, dtypes=REAL),
    Case("nanmedian", A(3, 4, distinct=True), 1, True, reference=nanmedian, dtypes=REAL),
    Case("nanmedian", HOLES, 1, reference=nanmedian),
    Case("nanmedian", HOLES, 0, reference=nanmedian),
    Case("nanmedian", HOLES, reference=nanmedian),
    Case("nanmedian", A(), 0, reference=nanmedian),
    Case("_nanmedian", A(4, 3, 2, distinct=True), 1, reference=nanmedian),
    Case("_nanmedian_all", A(4, 3, distinct=True), reference=nanmedian),
    Case("mode", I(4, 9, high=4), reference=mode, dtypes=("int64",)),
    Case("mode", I(9, 3, high=3), 0, True, reference=mode, dtypes=("int64",)),
    Case("mode", Values([2.0, 2.0, 1.0, 1.0, 3.0], gradient=False), reference=mode),
    Case("mode", A(3, 4, distinct=True), 1, reference=mode),
    Case("mode", A(), reference=mode),
    Case("kthvalue", A(3, 5, distinct=True), 2, reference=kthvalue, dtypes=REAL),
    Case("kthvalue", A(5, 3, distinct=True), 5, 0, True, reference=kthvalue),
    Case("kthvalue", A(2, 5, 3, distinct=True), k=1, dim=-2, reference=kthvalue),
    Case("kthvalue", Values([1.0, nan, 3.0, 3.0, 3.0], gradient=False), 3, reference=kthvalue),
    Case("kthvalue", Values([1.0, nan, 3.0, 3.0, 3.0], gradient=False), 5, reference=kthvalue),
    Case("kthvalue", A(), 1, reference=kthvalue),
    Case("quantile", A(3, 5, distinct=True), 0.3, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", A(3, 5, distinct=True), HALVES, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", A(3, 5, distinct=True), HALVES, 1, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", A(3, 5, 2, distinct=True), HALVES, 1, True, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", A(3, 5, distinct=True), 0.6, dim=0, keepdim=True, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", A(distinct=True), 0.5, reference=quantile, dtypes=WIDE_FLOATING),
    Case("quantile", HOLES, 0.5, 1, reference=quantile, dtypes=WIDE_FLOATING),
    Case("nanquantile", A(3, 5, distinct=True), HALVES, 1, reference=nanquantile, dtypes=WIDE_FLOATING),
    Case(
        "nanquantile",
        HOLES,
        0.5,
        1,
        reference=lambda x, q, dim: np.array([2.0, 0.0, nan]),
        dtypes=WIDE_FLOATING,
    ),
    *(
        Case("quantile", A(4, 5, distinct=True), 0.3, 1, interpolation=word, reference=quantile, dtypes=WIDE_FLOATING)
        for word in ("lower", "higher", "midpoint", "nearest")
    ),
]

ERRORS = [
    ErrorCase("median", A(0, 3), 0, raises=IndexError, match=r"median\(\): Expected reduction dim 0"),
    ErrorCase("median", A(2, 3), keepdim=True, raises=TypeError, match="needs a dim"),
    ErrorCase("nanmedian", A(0, 3), 0, raises=IndexError, match="Expected reduction dim 0"),
    ErrorCase("median", A(3), dtype="bool", raises=NotImplementedError, match="not implemented for 'Bool'"),
    ErrorCase("mode", A(0), raises=IndexError, match=r"mode\(\): Expected reduction dim 0"),
    ErrorCase("kthvalue", A(3), 4, raises=RuntimeError, match="selected number k out of range"),
    ErrorCase("kthvalue", A(3), 0, raises=RuntimeError, match="selected number k out of range"),
    ErrorCase("kthvalue", A(0), 1, raises=IndexError, match="non-zero size"),
    ErrorCase("quantile", A(3), 1.5, raises=RuntimeError, match=r"q must be in the range \[0, 1\] but got 1.5"),
    ErrorCase("quantile", A(3), Values([0.5, -1.0]), raises=RuntimeError, match="q values must be in the range"),
    ErrorCase("quantile", A(3), Values([[0.5]]), raises=RuntimeError, match="scalar or 1D"),
    ErrorCase("quantile", A(3), Values([0.5], dtype="float64"), raises=RuntimeError, match="same dtype as the input"),
    ErrorCase("quantile", A(0), 0.5, raises=RuntimeError, match="must be non-empty"),
    ErrorCase("quantile", A(3), 0.5, dtype="int64", raises=RuntimeError, match="either float or double"),
    ErrorCase("nanquantile", A(3), 0.5, interpolation="cubic", raises=RuntimeError, match="interpolation must be one"),
]
