"""Cases of incomplete gamma functions and the Hurwitz zeta function."""

from __future__ import annotations

import numpy as np
from scipy import special

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

inf, nan = float("inf"), float("nan")

CASES = []
for name, function in (
    ("igamma", special.gammainc),
    ("igammac", special.gammaincc),
    ("special_gammainc", special.gammainc),
    ("special_gammaincc", special.gammaincc),
):
    CASES += [
        Case(name, A(2, 2, low=0.2, high=6, gradient=False), A(2, low=0.2, high=8), reference=function),
        Case(name, A(low=1, high=2, gradient=False), A(low=1, high=2), reference=function),
        Case(name, A(0, gradient=False), A(0), reference=function),
        Case(
            name,
            Values([0.0, 1.0, 0.0, -1.0, inf, 1.0]),
            Values([0.0, 0.0, 1.0, 1.0, 1.0, inf]),
            reference=lambda a, x, f=function: np.array([nan, f(1, 0), f(1, inf), nan, f(1, 0), f(1, inf)]),
            gradient=False,
        ),
        Case(
            name,
            Values([1e-3, 50.0, 50.0, 200.0, 1000.0, 0.5]),
            Values([1e-5, 30.0, 80.0, 210.0, 900.0, 40.0]),
            reference=function,
            dtypes=("float64",),
            gradient=False,
        ),
    ]
CASES += [
    Case(
        "special_zeta",
        A(3, 4, low=1.1, high=6, gradient=False),
        A(4, low=0.3, high=8),
        reference=special.zeta,
        dtypes=WIDE_FLOATING,
    ),
    Case("special_zeta", 3.0, A(4, low=0.3, high=8), reference=special.zeta, dtypes=WIDE_FLOATING),
    Case("special_zeta", A(4, low=1.5, high=8, gradient=False), 2.5, reference=special.zeta, dtypes=WIDE_FLOATING),
    Case(
        "special_zeta",
        Values([1.0, 0.5, 2.0, 2.0, 2.5]),
        Values([1.0, 2.0, -1.0, -0.5, -0.5]),
        reference=lambda x, q: np.array([inf, nan, inf, 8.934802200544679, nan]),
        dtypes=WIDE_FLOATING,
        gradient=False,
    ),
]

ERRORS = [
    ErrorCase("igamma", A(2), A(2), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
    ErrorCase("special_zeta", A(2), A(2), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
]
for name in ("igammac", "special_gammainc", "special_gammaincc"):
    ERRORS += [
        ErrorCase(name, A(2), A(2), dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
        ErrorCase(name, A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ]
