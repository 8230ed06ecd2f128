"""Cases of norms and distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")


def _vector_norm(x: Array, p: float, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    size = np.abs(x) if dtype is None else np.abs(x).astype(dtype.numpy)
    axes = None if dim is None else () if x.ndim == 0 else dim
    if p == inf:
        return np.asarray(size.max(axis=axes, keepdims=keepdim))
    if p == -inf:
        return np.asarray(size.min(axis=axes, keepdims=keepdim))
    if p == 0:
        return np.asarray((size != 0).sum(axis=axes, keepdims=keepdim), dtype=size.dtype)
    with np.errstate(all="ignore"):
        return np.asarray((size**p).sum(axis=axes, keepdims=keepdim) ** (1 / p))


def _norm(x: Array, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return _vector_norm(x, 2.0 if p in ("fro", None) else p, dim, keepdim, dtype)


def _normalize(x: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Array:
    return x / np.maximum(_vector_norm(x, p, dim, True), eps)


def _linalg(x: Array, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return _vector_norm(x, ord, dim, keepdim, dtype)


def _renorm(x: Array, p: float, dim: int, maxnorm: float) -> Array:
    norms = _vector_norm(x, p, tuple(axis for axis in range(x.ndim) if axis != dim), True)
    return x * np.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


CASES = [
    Case("norm", A(3, 4), reference=_norm, dtypes=FLOATING + COMPLEX),
    Case("norm", A(3, 4), "fro", 1, reference=_norm),
    Case("norm", A(3, 4, 2), dim=(0, 2), keepdim=True, reference=_norm),
    *(
        Case("norm", A(3, 4, low=0.2, high=2, distinct=True), p, 1, reference=_norm)
        for p in (0, 0.5, 1, 1.5, 2, 3, -1, inf, -inf)
    ),
    Case("norm", A(3, 4, distinct=True), 1, reference=_norm),
    Case("norm", A(3, 4, distinct=True), 3, 0, reference=_norm),
    Case("norm", A(3, 4, low=-1, distinct=True), inf, reference=_norm, dtypes=FLOATING + COMPLEX, second=False),
    Case("norm", A(low=0.5), reference=_norm),
    Case("norm", A(0), reference=_norm, gradient=False),
    Case("norm", A(3, 4), dtype=dtypes.float64, reference=_norm, dtypes=("float32",)),
    Case("norm", Values([[0.0, 0.0], [3.0, 4.0]], gradient=False), 2, 1, reference=_norm),
    Case("norm", A(200, 300), reference=_norm, dtypes=("float32",), gradient=False),
    Case("norm", A(20, 300), 2, 1, reference=_norm, dtypes=("float32", "float16"), gradient=False),
    Case("linalg_vector_norm", A(3, 4), reference=_linalg, dtypes=FLOATING + COMPLEX),
    Case(
        "linalg_vector_norm",
        A(3, 4, low=0.2),
        3,
        -1,
        True,
        dtype=dtypes.float64,
        reference=_linalg,
        dtypes=("float32",),
    ),
    Case("renorm", A(3, 4, 2), 2, 1, 1.5, reference=_renorm),
    Case("renorm", A(3, 4, low=0.2), p=1, dim=0, maxnorm=3.0, reference=_renorm),
    Case("dist", A(3, 4), A(4), reference=lambda x, y: np.sqrt(((x - y) ** 2).sum())),
    Case("dist", A(3, 4), A(3, 4), 1, reference=lambda x, y, p: np.abs(x - y).sum()),
    Case("dist", A(3, 4, distinct=True), A(3, 4), p=inf, reference=lambda x, y, p: np.abs(x - y).max()),
    Case("normalize", A(3, 4), reference=_normalize),
    Case("normalize", A(3, 4, low=0.2), 1, 0, reference=_normalize),
    Case("normalize", A(3, 4), dim=(0, 1), reference=_normalize),
    Case("normalize", Values([[0.0, 0.0], [3.0, 4.0]], gradient=False), eps=1e-3, reference=_normalize),
]

ERRORS = [
    ErrorCase("norm", A(3), dtype="int64", raises=RuntimeError, match="Expected a floating point or complex"),
    ErrorCase("linalg_vector_norm", A(3), dtype="int64", raises=RuntimeError, match="Expected a floating point"),
    ErrorCase("renorm", A(3), 2, 0, 1.0, raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("norm", A(3), "abc", raises=RuntimeError, match="Order abc not supported"),
    ErrorCase("norm", A(0), inf, raises=RuntimeError, match="does not have an identity"),
    ErrorCase("norm", A(0, 3), -1, 0, raises=RuntimeError, match="on the dimension 0"),
    ErrorCase("dist", A(3), A(3), dtype="int64", raises=RuntimeError, match="either floating point or complex"),
    ErrorCase("normalize", A(3, 2), dtype="int64", raises=RuntimeError, match="Expected a floating point or complex"),
    ErrorCase("normalize", A(3), dim=1, raises=IndexError, match="Dimension out of range"),
]
