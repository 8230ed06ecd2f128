"""Cases of Bessel functions."""

from __future__ import annotations

import numpy as np
from scipy import special

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

nan, inf = float("nan"), float("inf")

CASES = []
for name, function in (
    ("i0", special.i0),
    ("special_i0e", special.i0e),
    ("special_i1", special.i1),
    ("special_i1e", special.i1e),
):
    CASES += [
        Case(name, A(3, 4, low=-4, high=4), reference=function),
        Case(name, A(low=1, high=2), reference=function),
        Case(name, A(0, 2), reference=function),
        Case(name, A(4, low=0, high=5), reference=function, dtypes=("int64", "bool")),
        Case(name, Values([0.0, -0.0, 7.999, 8.001, -9.0, 20.0]), reference=function, gradient=False),
        Case(name, Values([nan]), reference=function, gradient=False),
        Case(name, A(200, low=-40, high=40), reference=function, dtypes=("float64",), gradient=False),
    ]
CASES += [
    Case("i0", Values([inf, -inf]), reference=lambda x: np.full(2, inf), gradient=False),
    Case("special_i1", Values([inf, -inf]), reference=lambda x: x, gradient=False),
]
for name, function, low in (
    ("bessel_j0", special.j0, -20),
    ("bessel_j1", special.j1, -20),
    ("bessel_y0", special.y0, 0.1),
    ("bessel_y1", special.y1, 0.1),
    ("modified_bessel_i0", special.i0, -20),
    ("modified_bessel_i1", special.i1, -20),
    ("modified_bessel_k0", special.k0, 0.1),
    ("modified_bessel_k1", special.k1, 0.1),
    ("scaled_modified_bessel_k0", special.k0e, 0.1),
    ("scaled_modified_bessel_k1", special.k1e, 0.1),
    ("spherical_bessel_j0", lambda x: np.sinc(x / np.pi), -20),
):
    CASES += [
        Case(f"special_{name}", A(3, 40, low=low, high=20), reference=function, dtypes=WIDE_FLOATING, gradient=False),
        Case(f"special_{name}", Values([0.0, 2.0, 8.0, nan]), reference=function, dtypes=WIDE_FLOATING, gradient=False),
        Case(f"special_{name}", A(0, 3), reference=function, dtypes=WIDE_FLOATING, gradient=False),
        Case(f"special_{name}", A(3, low=1, high=9), reference=function, dtypes=("int64",)),
    ]

ERRORS = [
    ErrorCase("i0", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("special_i1", A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("special_bessel_j0", A(2), dtype="float16", raises=NotImplementedError, match="'Half'"),
]
for name in (
    *("special_bessel_j1", "special_bessel_y0", "special_bessel_y1", "special_i0e", "special_i1e"),
    *("special_modified_bessel_i0", "special_modified_bessel_i1"),
    *("special_modified_bessel_k0", "special_modified_bessel_k1"),
    *("special_scaled_modified_bessel_k0", "special_scaled_modified_bessel_k1", "special_spherical_bessel_j0"),
):
    ERRORS.append(ErrorCase(name, A(2), dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"))
