"""Cases of the logistic, error and gamma functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from torchere.dtype_sets import COMPLEX
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, inf, -inf, nan]


def _logistic(x: Array) -> Array:
    return special.expit(x) if x.dtype.kind != "c" else 1 / (1 + np.exp(-x))


def _logit(x: Array, eps: float | None = None) -> Array:
    return special.logit(x if eps is None else np.clip(x, eps, 1 - eps))


def _lgamma(x: Array) -> Array:
    return np.where(np.isinf(x), inf, special.gammaln(x))


def _digamma(x: Array) -> Array:
    # SciPy gives nan at 0; PyTorch minus the sign's infinity.
    x = x.astype(np.float64)
    with np.errstate(all="ignore"):
        return np.where(x == 0, np.copysign(inf, -x), special.digamma(x))


CASES = []
for name, function, low, high in (
    ("sigmoid", _logistic, -6, 6),
    ("erf", special.erf, -4, 4),
    ("erfc", special.erfc, -3, 5),
    ("erfinv", special.erfinv, -0.95, 0.95),
    ("lgamma", _lgamma, 0.3, 20),
    ("digamma", _digamma, 0.3, 20),
    ("logit", _logit, 0.1, 0.9),
):
    CASES += [
        Case(name, A(3, 4, low=low, high=high), reference=function),
        Case(name, A(low=low, high=high), reference=function),
        Case(name, A(0, 2), reference=function),
        Case(name, A(3, low=0, high=2), reference=function, dtypes=("int64", "uint8", "bool")),
        Case(name, Values(EDGES), reference=function, gradient=False),
    ]
CASES += [
    Case("sigmoid", A(3, 4), reference=_logistic, dtypes=COMPLEX),
    Case("sigmoid", Values([-800.0, -90.0, 90.0]), reference=_logistic, gradient=False),
    Case("logit", A(8, low=-0.3, high=1.3), 0.2, reference=_logit, gradient=False),
    Case("logit", A(8, low=0.3, high=0.7), 0.2, reference=_logit),
    Case("erf", A(200, low=-6, high=6), reference=special.erf, gradient=False),
    Case("erf", Values([1e-30, 1e-8, 0.999999, 1.000001, 28.0, 1e30]), reference=special.erf, gradient=False),
    Case("erf", A(300, 300, low=-6, high=6), reference=special.erf, dtypes=("float32", "float64"), gradient=False),
    Case(
        "erfc",
        A(200, low=0, high=26),
        # Relative to the tiny values themselves: their logarithms are compared through erfc / reference.
        reference=special.erfc,
        gradient=False,
    ),
    Case(
        "erfinv",
        Values([0.99999, -0.9999999, 1 - 1e-12, 1e-12]),
        reference=special.erfinv,
        dtypes=("float64",),
        gradient=False,
    ),
    Case("erfinv", A(200, low=-1, high=1), reference=special.erfinv, gradient=False),
    Case("lgamma", A(200, low=-4.9, high=30), reference=_lgamma, dtypes=("float64",), gradient=False),
    Case(
        "lgamma",
        Values([1.0, 2.0, 1e-10, 1e10, 1 + 1e-9, 170.5]),
        reference=_lgamma,
        dtypes=("float64",),
        gradient=False,
    ),
    Case("lgamma", Values([-0.5, -1.5, -2.25]), reference=_lgamma),
    Case("digamma", A(100, low=0.05, high=60), reference=_digamma, dtypes=("float64",), gradient=False),
    Case("digamma", Values([-0.5, -1.25, -2.75]), reference=_digamma),
    Case("digamma", Values([-1.0, -3.0]), reference=lambda x: np.full(2, nan), gradient=False),
]
for order in (0, 1, 2, 4):
    CASES.append(Case("polygamma", order, A(6, low=0.6, high=15), reference=special.polygamma))
CASES += [
    Case(
        "polygamma_",
        A(3, low=0.5, high=4),
        1,
        reference=lambda x, n: special.polygamma(n, x),
        gradient=False,
        writes=(0,),
    ),
    Case("polygamma", 1, Values([-0.5, -1.25]), reference=lambda n, x: _trigamma(x)),
    Case("polygamma", 1, A(3, low=1, high=5), reference=special.polygamma, dtypes=("int64",)),
    Case("polygamma", 2, Values([-0.5, 0.25]), reference=lambda n, x: _tetragamma(x), dtypes=("float64",)),
]


def _trigamma(x: Array) -> Array:
    terms = np.arange(200000)[:, None]
    return (1.0 / (x + terms) ** 2).sum(0) + 1 / (x + 200000 - 0.5)


def _tetragamma(x: Array) -> Array:
    terms = np.arange(200000)[:, None]
    return -2 * (1.0 / (x + terms) ** 3).sum(0) - 1 / (x + 200000 - 0.5) ** 2


ERRORS = [
    ErrorCase("erf", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("erfc", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("erfinv", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("lgamma", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("digamma", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("logit", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("polygamma", -1, A(2), raises=RuntimeError, match="does not support negative n"),
]
ERRORS += [
    ErrorCase(
        "sigmoid", A(3), out=I(3), raises=RuntimeError, match="Float can't be cast to the desired output type Long"
    ),
]
