"""Cases of functions of the namespace special."""

from __future__ import annotations

import numpy as np
from scipy import special

from torchere.testing import A, Case, ErrorCase, I, Values

nan, inf = float("nan"), float("inf")

CASES = []
for name, function, low, high, edges in (
    ("special_entr", special.entr, 0.1, 4, [0.0, -1.0, inf, nan]),
    ("special_erfcx", special.erfcx, -3, 5, [0.0, 30.0, inf, nan]),
    ("special_ndtr", special.ndtr, -3, 3, [0.0, inf, -inf, nan]),
    ("special_log_ndtr", special.log_ndtr, -6, 3, [0.0, -30.0, inf, nan]),
    ("special_ndtri", special.ndtri, 0.05, 0.95, [0.0, 1.0, 0.5, -1.0, 2.0, nan]),
    ("special_psi", special.psi, 0.3, 9, [1.0, 20.0, inf, nan]),
    ("special_expit", special.expit, -5, 5, [0.0, inf, -inf, nan]),
    ("special_gammaln", special.gammaln, 0.3, 9, [1.0, 2.0, inf, nan]),
):
    CASES += [
        Case(name, A(3, 4, low=low, high=high), reference=function),
        Case(name, A(low=low, high=high), reference=function),
        Case(name, A(0, 2), reference=function),
        Case(name, A(3, low=1, high=4), reference=function, dtypes=("int64",)),
        Case(name, Values(edges), reference=function, gradient=False),
        Case(name, A(100, low=low, high=high), reference=function, dtypes=("float64",), gradient=False),
    ]
CASES += [
    Case(
        "special_ndtri",
        Values([1e-300, 1e-20, 1e-5, 0.03, 0.0399, 0.05]),
        reference=special.ndtri,
        dtypes=("float64",),
        gradient=False,
    ),
    Case("special_xlog1py", A(3, 4, low=0.2), A(4, low=-0.5), reference=special.xlog1py),
    Case("special_xlog1py", 2.0, A(4, low=-0.5), reference=special.xlog1py),
    Case("special_xlog1py", A(4, low=0.2), 0.5, reference=special.xlog1py),
    Case(
        "special_xlog1py", Values([0.0, 0.0, 1.0]), Values([-1.0, nan, -1.0]), reference=special.xlog1py, gradient=False
    ),
    Case("special_xlog1py", A(0), A(0), reference=special.xlog1py),
]
for name in ("mvlgamma", "special_multigammaln"):
    CASES += [
        Case(name, A(3, 4, low=2.1, high=5), 3, reference=special.multigammaln),
        Case(name, A(3, low=1, high=5), 1, reference=special.multigammaln),
        Case(name, A(0), 2, reference=lambda x, p: np.empty(0)),
    ]

ERRORS = [
    ErrorCase("mvlgamma", A(2), 0, raises=RuntimeError, match="p has to be greater than or equal to 1"),
    ErrorCase("special_multigammaln", A(2), 0, raises=RuntimeError, match="p has to be greater than or equal to 1"),
    ErrorCase("special_ndtr", A(2), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
]
for name in ("special_entr", "special_erfcx", "special_gammaln", "special_log_ndtr", "special_ndtri", "special_psi"):
    ERRORS.append(ErrorCase(name, A(2), dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"))
ERRORS += [
    ErrorCase(
        "special_expit", A(2), out=I(2), raises=RuntimeError, match="can't be cast to the desired output type Long"
    ),
    ErrorCase("special_xlog1py", A(2), A(2), dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"),
    ErrorCase("special_xlog1py", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
]
