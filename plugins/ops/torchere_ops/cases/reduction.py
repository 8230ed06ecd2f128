"""Cases of the sums, products, means and truth reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.dtype_sets import ALL, BOOL, COMPLEX, FLOATING, INTEGRAL, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
NUMBERS = BOOL + INTEGRAL + FLOATING + COMPLEX


def _axes(dim: Any, x: Array) -> Any:
    return None if dim is None or dim == () else () if x.ndim == 0 else dim


def _reduced(function: Any) -> Any:
    def reference(x: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
        if dtype is not None:
            x = x.astype(dtype.numpy)
        elif x.dtype.kind in "bui":
            x = x.astype(np.int64)
        return np.asarray(function(x, axis=_axes(dim, x), keepdims=keepdim), dtype=x.dtype)

    return reference


_sum, _prod, _mean, _nansum = (_reduced(function) for function in (np.sum, np.prod, np.mean, np.nansum))


def _nanmean(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.nansum(x, axis=dim, keepdims=keepdim) / (~np.isnan(x)).sum(axis=dim, keepdims=keepdim)


def _truth(function: Any) -> Any:
    def reference(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
        found = function(x != 0, axis=() if x.ndim == 0 and dim is not None else dim, keepdims=keepdim)
        return np.asarray(found, dtype=np.uint8 if x.dtype == np.uint8 else np.bool_)

    return reference


_all, _any = _truth(np.all), _truth(np.any)


def _count(x: Array, dim: Any = None) -> Array:
    return np.sum(x != 0, axis=dim, dtype=np.int64)


CASES = [
    Case("sum", A(3, 4), reference=_sum, dtypes=NUMBERS),
    Case("sum", A(3, 4), dim=1, reference=_sum, dtypes=NUMBERS),
    Case("sum", A(3, 4, 2), dim=(0, -1), keepdim=True, reference=_sum),
    Case("sum", A(3, 4, 2), (2, 1), reference=_sum),
    Case("sum", A(3, 4), dim=(), reference=_sum),
    Case("sum", A(3, 4), keepdim=True, reference=_sum),
    Case("sum", A(), reference=_sum),
    Case("sum", A(), dim=-1, reference=_sum),
    Case("sum", A(0, 3), dim=0, reference=_sum),
    Case("sum", A(0), reference=_sum, dtypes=FLOATING + INTEGRAL),
    Case("sum", A(3, 4), dtype=dtypes.float64, reference=_sum, dtypes=("float32", "int64")),
    Case("sum", I(3, 4, high=200), 0, dtype=dtypes.uint8, reference=_sum, dtypes=("int64",)),
    Case("sum", A(3, 4), 0, dtype=dtypes.int32, reference=_sum, dtypes=("float32",), gradient=False),
    # Long enough that careless accumulation shows: along the last axis, the first, a middle one, and a narrow one.
    Case("sum", A(20000, low=0.9, high=1), reference=_sum, dtypes=WIDE_FLOATING, gradient=False),
    Case("sum", A(20000, 2, low=0.9, high=1), 0, reference=_sum, dtypes=WIDE_FLOATING, gradient=False),
    Case("sum", A(2, 700, 33, low=0.9, high=1), 1, reference=_sum, dtypes=WIDE_FLOATING, gradient=False),
    Case("sum", A(3, 5000, low=0.9, high=1), -1, True, reference=_sum, dtypes=FLOATING, gradient=False),
    Case("sum", Values([[1.0, nan], [inf, 2.0]]), 0, reference=_sum, gradient=False),
    Case("prod", A(3, 4), reference=_prod, dtypes=FLOATING + COMPLEX),
    Case("prod", A(3, 4), dim=1, reference=_prod, dtypes=FLOATING + COMPLEX),
    Case("prod", A(3, 4), dim=-2, keepdim=True, reference=_prod),
    Case("prod", I(3, 4, low=1, high=4), 0, reference=_prod, dtypes=("int64",)),
    Case("prod", A(2, 3), reference=_prod, dtypes=(*BOOL, "int32", "int64")),
    Case("prod", Values([[1.0, 0.0, 3.0], [0.0, 0.0, 2.0], [1.5, 2.0, -1.0]]), 1, reference=_prod),
    Case("prod", Values([2.0, 0.0, 3.0]), reference=_prod),
    Case("prod", A(), reference=_prod),
    Case("prod", A(), 0, reference=_prod),
    Case("prod", A(0, 3), 0, reference=_prod),
    Case("prod", A(3, 4), 0, dtype=dtypes.float64, reference=_prod, dtypes=("float32", "int32")),
    Case("mean", A(3, 4), reference=_mean, dtypes=FLOATING + COMPLEX),
    Case("mean", A(3, 4), dim=0, reference=_mean),
    Case("mean", A(3, 4, 2), (0, 2), True, reference=_mean),
    Case("mean", A(), reference=_mean),
    Case("mean", A(), 0, reference=_mean),
    Case("mean", A(0, 2), 1, reference=_mean),
    Case("mean", A(3, 0), 1, reference=lambda x, dim: np.full(3, nan), gradient=False),
    Case("mean", A(3, 4), 1, dtype=dtypes.float64, reference=_mean, dtypes=("float32", "int64", "bool")),
    Case("mean", A(70000, low=0.9, high=1), reference=_mean, dtypes=("float32", "float16"), gradient=False),
    Case("nansum", Values([[1.0, nan], [nan, 2.0]]), reference=_nansum, gradient=False),
    Case("nansum", Values([[1.0, nan, inf], [nan, 2.0, 1.0]]), 1, True, reference=_nansum, gradient=False),
    Case("nansum", A(3, 4), 0, reference=_nansum),
    Case("nansum", A(3, 4), 0, reference=_nansum, dtypes=("int32", "bool")),
    Case("nansum", A(3, 4), dtype=dtypes.float64, reference=_nansum, dtypes=("float32",)),
    Case("nanmean", Values([[1.0, nan, 2.0], [4.0, 2.0, 1.0]]), reference=_nanmean, gradient=False),
    Case("nanmean", Values([[1.0, nan], [nan, nan]]), 1, reference=lambda x, dim: np.array([1.0, nan]), gradient=False),
    Case("nanmean", A(3, 4), 0, True, reference=_nanmean),
    Case("all", A(3, 4), reference=_all, dtypes=ALL, gradient=False),
    Case("all", I(3, 4), 1, reference=_all, gradient=False, dtypes=("int64",)),
    Case("all", I(2, 3, dtype="uint8"), 0, True, reference=_all, gradient=False, dtypes=("uint8",)),
    Case("all", I(2, 3, 4, dtype="bool"), (0, 2), reference=_all, gradient=False, dtypes=("bool",)),
    Case("all", A(0, 3), 0, reference=_all, gradient=False),
    Case("all", A(), reference=_all, gradient=False),
    Case("all", A(2), (), reference=_all, gradient=False),
    Case("all", Values([1.0, nan]), reference=_all, gradient=False),
    Case("any", A(3, 4), reference=_any, dtypes=ALL, gradient=False),
    Case("any", I(3, 4), 1, reference=_any, gradient=False, dtypes=("int64",)),
    Case("any", I(2, 3, dtype="uint8"), 0, True, reference=_any, gradient=False, dtypes=("uint8",)),
    Case("any", I(2, 3, 4, dtype="bool"), (0, 2), reference=_any, gradient=False, dtypes=("bool",)),
    Case("any", A(0, 3), 0, reference=_any, gradient=False),
    Case("any", A(), 0, reference=_any, gradient=False),
    Case("any", Values([0.0, nan]), reference=_any, gradient=False),
    Case("count_nonzero", I(3, 4), reference=_count, gradient=False, dtypes=("int64",)),
    Case("count_nonzero", I(3, 4), 1, reference=_count, gradient=False, dtypes=("int64",)),
    Case("count_nonzero", I(3, 4, 2), (0, 1), reference=_count, gradient=False, dtypes=("int64",)),
    Case("count_nonzero", Values([0.0, nan, -0.0, 2.0]), reference=_count, gradient=False),
    Case("count_nonzero", A(), reference=_count, gradient=False, dtypes=FLOATING + COMPLEX + BOOL),
    Case("count_nonzero", A(0, 2), 0, reference=_count, gradient=False),
    Case("trace", A(3, 4), reference=np.trace, dtypes=FLOATING + COMPLEX),
    Case("trace", A(3, 3), reference=lambda x: np.trace(x, dtype=np.int64), dtypes=("int32", "uint8"), gradient=False),
    Case("trace", A(0, 3), reference=np.trace),
]

ERRORS = [
    ErrorCase("sum", A(2, 3), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("sum", A(2, 3), (0, 0), raises=RuntimeError, match="dim 0 appears multiple times"),
    ErrorCase("prod", A(2, 3), -3, raises=IndexError, match="Dimension out of range"),
    ErrorCase("mean", A(2), raises=RuntimeError, match=r"mean\(\): could not infer output dtype.*Long", dtype="int64"),
    ErrorCase("mean", A(2), dtype="bool", raises=RuntimeError, match="Input dtype must be either a floating point"),
    ErrorCase("nansum", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex"),
    ErrorCase("nanmean", A(2), dtype="int64", raises=RuntimeError, match="floating point or complex"),
    ErrorCase("trace", A(3), raises=RuntimeError, match="trace: expected a matrix"),
    ErrorCase("all", A(2), 1, raises=IndexError, match="Dimension out of range"),
    ErrorCase("any", A(2), (0, 0), raises=RuntimeError, match="multiple times"),
    ErrorCase("count_nonzero", A(2), 1, raises=IndexError, match="Dimension out of range"),
]
