"""Cases of variance and standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _var(x: Array, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Array:
    axes = None if dim is None or dim == () else () if x.ndim == 0 else dim
    mean = x.mean(axis=axes, keepdims=True)
    squares = (np.abs(x - mean) ** 2).sum(axis=axes, keepdims=keepdim)
    with np.errstate(all="ignore"):
        return np.asarray(np.divide(squares, max(x.size // max(mean.size, 1) - correction, 0)))


def _std(x: Array, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Array:
    return np.sqrt(_var(x, dim, correction, keepdim))


def _public(inner: Any) -> Any:
    def reference(
        x: Array, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
    ) -> Array:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        divisor = 1 if correction is None else correction
        return inner(x, dim, divisor if unbiased is None else int(unbiased), keepdim)

    return reference


def _with_mean(public: Any) -> Any:
    def reference(
        x: Array, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
    ) -> tuple[Array, Array]:
        axes = None if isinstance(dim, bool) else dim
        spread = public(x, dim, unbiased, keepdim, correction=correction)
        return spread, np.asarray(x.mean(axis=axes, keepdims=keepdim))

    return reference


CASES = [
    Case("_var", A(3, 4), (1,), 1, False, reference=_var, dtypes=FLOATING + COMPLEX),
    Case("_std", A(3, 4), None, 0, True, reference=_std, dtypes=FLOATING + COMPLEX),
]
for name, public in (("var", _public(_var)), ("std", _public(_std))):
    CASES += [
        Case(name, A(3, 4), reference=public, dtypes=FLOATING + COMPLEX),
        Case(name, A(3, 4), 1, reference=public),
        Case(name, A(3, 4), False, reference=public),
        Case(name, A(3, 4), 0, False, True, reference=public),
        Case(name, A(3, 4, 2), dim=(0, 2), correction=0, keepdim=True, reference=public),
        Case(name, A(3, 4), dim=1, unbiased=False, reference=public),
        Case(name, A(3, 4), correction=1.5, reference=public),
        Case(name, A(), reference=public, gradient=False),
        Case(name, A(4, 1), 1, reference=public, gradient=False),
        Case(name, A(0, 3), 0, reference=lambda x, dim: np.full(3, np.nan), gradient=False),
        # The mean is large beside the deviations: the difference of sums of squares would lose all digits.
        Case(name, A(30, low=1000, high=1001), reference=public, dtypes=("float32", "float64")),
        Case(name, Values([[1.0, np.nan], [2.0, 3.0]], gradient=False), 1, reference=public),
        Case(name + "_mean", A(3, 4), reference=_with_mean(public), dtypes=FLOATING + COMPLEX),
        Case(name + "_mean", A(3, 4), 1, reference=_with_mean(public)),
        Case(name + "_mean", A(3, 4), dim=0, correction=0, keepdim=True, reference=_with_mean(public)),
        Case(name + "_mean", A(3, 4), False, reference=_with_mean(public)),
    ]

ERRORS = [
    *(
        ErrorCase(name, A(3), dtype="int64", raises=RuntimeError, match="only support floating point and complex")
        for name in ("var", "std", "var_mean", "std_mean")
    ),
    ErrorCase("var", A(3), (0, 0), raises=RuntimeError, match="multiple times"),
    ErrorCase("std", A(3), 1, raises=IndexError, match="Dimension out of range"),
]
