"""Cases of exponentials, logarithms, trigonometry and rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from torchere.dtype_sets import COMPLEX, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 1e-4, inf, -inf, nan]


def _quiet(function: Any) -> Any:
    def reference(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*[x.astype(np.float64) if _is_integer(x) else x for x in args], **kwargs)

    return reference


def _is_integer(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iub"


#: Operator, reference, and where its real argument may lie for gradients.
UNARY = {
    "exp": (np.exp, -2, 2),
    "exp2": (np.exp2, -2, 2),
    "expm1": (np.expm1, -2, 2),
    "log": (np.log, 0.2, 3),
    "log2": (np.log2, 0.2, 3),
    "log10": (np.log10, 0.2, 3),
    "log1p": (np.log1p, -0.8, 3),
    "sin": (np.sin, -5, 5),
    "cos": (np.cos, -5, 5),
    "tan": (np.tan, -1.3, 1.3),
    "asin": (np.arcsin, -0.9, 0.9),
    "acos": (np.arccos, -0.9, 0.9),
    "atan": (np.arctan, -3, 3),
    "sinh": (np.sinh, -2, 2),
    "cosh": (np.cosh, -2, 2),
    "tanh": (np.tanh, -2, 2),
    "asinh": (np.arcsinh, -3, 3),
    "acosh": (np.arccosh, 1.2, 4),
    "atanh": (np.arctanh, -0.9, 0.9),
}
CASES = []
for name, (function, low, high) in UNARY.items():
    reference = _quiet(function)
    CASES += [
        Case(name, A(3, 4, low=low, high=high), reference=reference),
        Case(name, A(3, 4, low=0.1, high=0.9), reference=reference, dtypes=COMPLEX),
        Case(name, A(low=low, high=high), reference=reference),
        Case(name, A(0, 2), reference=reference),
        Case(name, A(4, low=1, high=2), reference=reference, dtypes=("int64", "uint8", "bool")),
        Case(name, Values(EDGES), reference=reference, gradient=False),
    ]

ROWS, COLUMNS = Values([[x] for x in EDGES]), Values(EDGES)


def _logaddexp(x: Array, y: Array) -> Array:
    return np.log(np.exp(x) + np.exp(y)) if x.dtype.kind == "c" else np.logaddexp(x, y)


for name, function, dtypes in (
    ("atan2", np.arctan2, FLOATING),
    ("hypot", np.hypot, FLOATING),
    ("logaddexp", _logaddexp, FLOATING + COMPLEX),
    ("logaddexp2", np.logaddexp2, FLOATING),
    ("xlogy", special.xlogy, FLOATING),
):
    low = 0.2 if name == "xlogy" else -3
    CASES += [
        Case(name, A(3, 4, low=-3, high=3), A(4, low=low, high=3), reference=_quiet(function), dtypes=dtypes),
        Case(name, A(3, 1), A(low=low), reference=_quiet(function)),
        Case(name, A(0, 3), A(3), reference=_quiet(function)),
        Case(name, ROWS, COLUMNS, reference=_quiet(function), gradient=False),
    ]
CASES += [
    Case("atan2", A(3, low=-3, high=4), A(3, low=1, high=4), reference=np.arctan2, dtypes=("int64",)),
    Case("hypot", Values([1e300, 3e-300]), Values([1e300, 4e-300]), reference=np.hypot, dtypes=("float64",)),
    Case("logaddexp", A(5, low=-900, high=900), A(5, low=-900, high=900), reference=np.logaddexp, gradient=False),
    Case("xlogy", A(3), 2.0, reference=special.xlogy),
    Case("xlogy", 2.0, A(3, low=0.2), reference=special.xlogy),
    Case("xlogy", A(3, low=0, high=3), A(3, low=1, high=4), reference=special.xlogy, dtypes=("int64",)),
    Case("ldexp", A(3, 4), A(4), reference=lambda x, y: x * np.exp2(y)),
    Case("ldexp", A(3, low=1, high=5), A(3, low=-3, high=4), reference=lambda x, y: x * 2.0**y, dtypes=("int64",)),
    Case("sinc", A(3, 4), reference=np.sinc, dtypes=FLOATING + COMPLEX),
    Case("sinc", Values([0.0, 1.0, -2.0, 1e-4, 0.02]), reference=np.sinc, gradient=False),
    Case("deg2rad", A(3, 4, low=-360, high=360), reference=np.deg2rad),
    Case("deg2rad", A(3, low=0, high=90), reference=np.deg2rad, dtypes=("int64", "uint8")),
    Case("rad2deg", A(3, 4), reference=np.rad2deg),
]
FRACTIONS = [0.5, 1.5, -0.5, -2.5, 3.2, -3.7, 0.0, -0.0, inf, -inf, nan]
for name, function in (("floor", np.floor), ("ceil", np.ceil), ("round", np.round), ("trunc", np.trunc)):
    CASES += [
        Case(name, A(3, 4, low=-9, high=9), reference=function),
        Case(name, A(3, 4, low=-9, high=9), reference=function, dtypes=INTEGRAL),
        Case(name, A(), reference=function),
        Case(name, A(0), reference=function),
        Case(name, Values(FRACTIONS), reference=function, gradient=False),
    ]
for decimals in (1, 2, -1, -2):
    CASES.append(
        Case("round", A(20, low=-300, high=300), decimals=decimals, reference=np.round, dtypes=("float32", "float64"))
    )
CASES += [
    Case("round", Values([12.345, -0.25]), decimals=1, reference=np.round, dtypes=FLOATING, gradient=False),
    Case("frac", A(3, 4, low=-9, high=9), reference=lambda x: x - np.trunc(x)),
    Case("frac", Values(FRACTIONS), reference=_quiet(lambda x: x - np.trunc(x)), gradient=False),
]
ERRORS = [
    ErrorCase("atan2", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("hypot", A(2), A(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"),
    ErrorCase("logaddexp", A(2), A(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"),
    ErrorCase("logaddexp", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("deg2rad", A(2), dtype="complex64", raises=RuntimeError, match="deg2rad is not supported for complex"),
    ErrorCase("rad2deg", A(2), dtype="complex64", raises=RuntimeError, match="rad2deg is not supported for complex"),
    ErrorCase("floor", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("ceil", A(2), dtype="bool", raises=RuntimeError, match="not implemented for 'Bool'"),
    ErrorCase("round", A(2), dtype="bool", raises=RuntimeError, match="not implemented for 'Bool'"),
    ErrorCase("round", A(2), decimals=1, dtype="int64", raises=RuntimeError, match="not implemented for"),
    ErrorCase("frac", A(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"),
]
#: Their results are floating, also those of integers.
ERRORS += [
    ErrorCase(name, A(3), out=I(3), raises=RuntimeError, match="Float can't be cast to the desired output type Long")
    for name in (
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "cos",
        "cosh",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log10",
        "log1p",
        "log2",
        "sin",
        "sinc",
        "sinh",
        "tan",
        "tanh",
    )
]
ERRORS += [
    ErrorCase("ldexp", A(3), A(4), raises=RuntimeError, match=r"shapes \[3\] and \[4\] do not broadcast"),
    ErrorCase("ldexp", A(3), "1", raises=TypeError, match="must be Tensor, not str"),
    ErrorCase("logaddexp2", A(3), A(3), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
    ErrorCase("logaddexp2", A(3), A(2), raises=RuntimeError, match=r"shapes \[3\] and \[2\] do not broadcast"),
    ErrorCase("trunc", A(3), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
    ErrorCase("xlogy", A(3), A(3), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
    ErrorCase("xlogy", A(3), A(2), raises=RuntimeError, match=r"shapes \[3\] and \[2\] do not broadcast"),
]
