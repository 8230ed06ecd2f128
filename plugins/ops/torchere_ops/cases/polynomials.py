"""Cases of orthogonal polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _third(n: Array, x: Array) -> Array:
    angle = np.arccos(x)
    return np.cos((n + 0.5) * angle) / np.cos(angle / 2)


def _fourth(n: Array, x: Array) -> Array:
    angle = np.arccos(x)
    return np.sin((n + 0.5) * angle) / np.sin(angle / 2)


KINDS = {
    "chebyshev_polynomial_t": special.eval_chebyt,
    "chebyshev_polynomial_u": special.eval_chebyu,
    "chebyshev_polynomial_v": _third,
    "chebyshev_polynomial_w": _fourth,
    "hermite_polynomial_h": special.eval_hermite,
    "hermite_polynomial_he": special.eval_hermitenorm,
    "laguerre_polynomial_l": special.eval_laguerre,
    "legendre_polynomial_p": special.eval_legendre,
}
CASES = []
for title, function in KINDS.items():
    for shifted in (False, True) if title.startswith("chebyshev") else (False,):
        name = f"special_shifted_{title}" if shifted else f"special_{title}"
        low = 0.05 if shifted else -0.95

        def run(x: Any, n: Any, f: Any = function, s: bool = shifted) -> Array:
            degree = np.asarray(n).astype(np.int64)
            return f(degree, 2 * x - 1 if s else x)

        options: dict[str, Any] = {"reference": run, "dtypes": WIDE_FLOATING, "gradient": False}
        CASES += [
            Case(name, A(3, 6, low=low, high=0.95), Values([0.0, 1.0, 2.0, 3.0, 5.0, 8.0]), **options),
            Case(name, A(4, low=low, high=0.95), 3.0, **options),
            Case(name, A(low=low, high=0.95), 2.0, **options),
            Case(name, A(0), 2.0, **options),
        ]

ERRORS = [
    ErrorCase(
        "special_legendre_polynomial_p", A(2), 2.0, dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"
    ),
]
for name in (
    *(f"special_chebyshev_polynomial_{kind}" for kind in "tuvw"),
    *(f"special_shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"),
    *("special_hermite_polynomial_h", "special_hermite_polynomial_he", "special_laguerre_polynomial_l"),
):
    ERRORS += [
        ErrorCase(name, A(2), 2.0, dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"),
        ErrorCase(name, A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ]
