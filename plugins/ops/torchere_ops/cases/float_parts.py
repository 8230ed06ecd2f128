"""Cases of mantissas, exponents and neighbours."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

nan, inf = float("nan"), float("inf")


def _frexp(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mantissa, exponent = np.frexp(x)
    return mantissa, np.where(np.isfinite(x), exponent, 0)


CASES = [
    Case("frexp", A(3, 4, low=-20, high=20), reference=_frexp),
    Case("frexp", A(low=1, high=2), reference=_frexp),
    Case("frexp", A(0, 2), reference=_frexp),
    Case("frexp", Values([0.0, -0.0, 0.5, 1.0, -8.0, inf, -inf, nan]), reference=_frexp, gradient=False),
    Case("nextafter", A(3, 4), A(4), reference=np.nextafter, dtypes=("float64",), gradient=False),
    Case("nextafter", A(3, 4), A(4), reference=lambda x, y: x, dtypes=WIDE_FLOATING, gradient=False),
    Case(
        "nextafter",
        Values([0.0, 1.0, inf, nan]),
        Values([0.0, 2.0, 0.0, 1.0]),
        reference=np.nextafter,
        dtypes=("float64",),
        gradient=False,
    ),
]

ERRORS = [
    ErrorCase("frexp", A(2), dtype="int64", raises=RuntimeError, match="only supports floating-point dtypes"),
    ErrorCase("nextafter", A(2), A(2), dtype="int64", raises=NotImplementedError, match="not implemented for 'Long'"),
]
