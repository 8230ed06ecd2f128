"""Cases of sample frequencies and their order."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, INTEGRAL
from torchere.dtypes import float64, int64
from torchere.testing import A, Case, ErrorCase

ONE = ("float32",)
CASES = []
for name, function in (("fft_fftfreq", np.fft.fftfreq), ("fft_rfftfreq", np.fft.rfftfreq)):
    CASES += [
        *[Case(name, n, reference=lambda n, f=function, **_: f(n), dtypes=ONE) for n in (1, 2, 7, 8)],
        Case(name, 5, 0.25, reference=lambda n, d, f=function, **_: f(n, d), dtypes=ONE),
        Case(name, 6, d=-3.0, dtype=float64, reference=lambda n, d, f=function, **_: f(n, d), dtypes=ONE),
    ]
for name, function in (("fft_fftshift", np.fft.fftshift), ("fft_ifftshift", np.fft.ifftshift)):
    CASES += [
        Case(name, A(5), reference=function, dtypes=FLOATING + COMPLEX + INTEGRAL),
        Case(name, A(3, 4, 5), reference=function),
        Case(name, A(3, 4, 5), 1, reference=function),
        Case(name, A(3, 4, 5), dim=(0, -1), reference=lambda x, dim, f=function: f(x, dim)),
        Case(name, A(0, 3), reference=function),
    ]

ERRORS = [
    ErrorCase("fft_fftfreq", 4, dtype=int64, raises=RuntimeError, match="requires a floating point or complex dtype"),
    ErrorCase("fft_fftfreq", -1, raises=RuntimeError, match="negative dimension -1"),
    ErrorCase("fft_rfftfreq", 4, dtype=int64, raises=RuntimeError, match="requires a floating point or complex dtype"),
    ErrorCase("fft_fftshift", A(3), 2, raises=IndexError, match="out of range"),
]
