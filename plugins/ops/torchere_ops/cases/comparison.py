"""Cases of comparisons and of tests of floating values."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, NUMERIC, REAL
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
EDGES = [0.0, -0.0, 1.0, -1.0, inf, -inf, nan]
ROWS, COLUMNS = Values([[x] for x in EDGES]), Values(EDGES)
ANY = BOOL + NUMERIC

CASES = []
for name, function, dtypes in (
    ("eq", np.equal, ANY),
    ("ne", np.not_equal, ANY),
    ("lt", np.less, BOOL + REAL),
    ("le", np.less_equal, BOOL + REAL),
    ("gt", np.greater, BOOL + REAL),
    ("ge", np.greater_equal, BOOL + REAL),
):
    CASES += [
        Case(name, A(3, 4, low=0, high=3), A(4, low=0, high=3), reference=function, dtypes=dtypes),
        Case(name, Values([[1, 0, 1]]), Values([[1], [0]]), reference=function, dtypes=dtypes),
        Case(name, A(), A(2), reference=function),
        Case(name, A(0, 3), A(3), reference=function),
        Case(name, A(4, low=0, high=3), 1, reference=function, dtypes=REAL),
        Case(name, A(4), 0.25, reference=function, dtypes=("int64", *FLOATING)),
        Case(name, ROWS, COLUMNS, reference=function),
    ]
for name, function in (("isnan", np.isnan), ("isinf", np.isinf), ("isfinite", np.isfinite)):
    CASES += [
        Case(name, Values(EDGES), reference=function),
        Case(name, A(3, 4), reference=function, dtypes=ANY),
        Case(
            name, Values([complex(0, nan), complex(inf, 0), complex(1, -inf), 1j]), reference=function, dtypes=COMPLEX
        ),
        Case(name, A(), reference=function),
        Case(name, A(0), reference=function),
    ]
CASES += [
    Case("isposinf", Values(EDGES), reference=np.isposinf),
    Case("isposinf", A(3), reference=lambda x: np.zeros(3, bool), dtypes=("int64", "bool")),
    Case("isneginf", Values(EDGES), reference=np.isneginf),
    Case("isneginf", A(3), reference=lambda x: np.zeros(3, bool), dtypes=("int64", "bool")),
    Case("isreal", A(3, 4), reference=np.isreal, dtypes=ANY),
    Case("isreal", Values([1 + 0j, 1j, 0j]), reference=np.isreal, dtypes=COMPLEX),
]


def _isclose(x: Array, y: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    with np.errstate(all="ignore"):
        return np.isclose(x, y, rtol, atol, equal_nan)


NEAR = Values([1.0, 1.25, 2.0, 1e6])
CASES += [
    Case("isclose", NEAR, Values([1.0, 1.0, 2.5, 1e6]), reference=_isclose, dtypes=("float32", "float64", *COMPLEX)),
    Case("isclose", NEAR, Values([[1.0], [1.1]]), 0.2, 0.1, reference=_isclose, dtypes=("float32", "float64")),
    Case("isclose", ROWS, COLUMNS, reference=_isclose),
    Case("isclose", ROWS, COLUMNS, equal_nan=True, reference=_isclose),
    Case("isclose", Values([1, 2, 30]), Values([1, 3, 31]), 0.1, 0, reference=_isclose, dtypes=("int64", "uint8")),
    Case("isclose", Values([1, 2]), Values([1, 3]), 0.0, 0.0, reference=_isclose, dtypes=("int64", "float32", "bool")),
    Case("allclose", NEAR, NEAR, reference=lambda x, y: True),
    Case("allclose", NEAR, Values([1.0, 1.25, 2.5, 1e6]), reference=lambda x, y: False),
    Case("allclose", Values([nan]), Values([nan]), equal_nan=True, reference=lambda x, y, equal_nan: True),
    Case("allclose", A(0), A(0), reference=lambda x, y: True),
    Case("equal", NEAR, NEAR, reference=lambda x, y: True, dtypes=ANY),
    Case("equal", NEAR, Values([1.0, 1.25, 2.5, 1e6]), reference=lambda x, y: False, dtypes=FLOATING),
    Case("equal", A(3), A(3, 1), reference=lambda x, y: False),
    Case("equal", Values([nan]), Values([nan]), reference=lambda x, y: False),
]
ERRORS = [
    ErrorCase("eq", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("ne", A(2), None, raises=TypeError, match="argument 'other'"),
    ErrorCase("lt", A(2), 1, dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("le", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("gt", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("ge", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for 'ComplexFloat'"),
    ErrorCase("isposinf", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex inputs"),
    ErrorCase("isneginf", A(2), dtype="complex64", raises=RuntimeError, match="does not support complex inputs"),
    ErrorCase("isclose", A(2), A(2, dtype="float64"), raises=RuntimeError, match="did not match"),
    ErrorCase("isclose", A(2), A(2), -1.0, raises=RuntimeError, match="rtol must be greater than or equal to zero"),
    ErrorCase("isclose", A(2), A(2), atol=-1.0, raises=RuntimeError, match="atol must be greater than or equal to"),
    ErrorCase("allclose", A(2), A(2, dtype="int64"), raises=RuntimeError, match="did not match"),
]
ERRORS += [
    ErrorCase("equal", A(3), 1.0, raises=TypeError, match=r"'other' \(position 2\) must be Tensor, not float"),
    *[
        ErrorCase(name, [1.0], raises=TypeError, match=r"'input' \(position 1\) must be Tensor, not list")
        for name in ("isfinite", "isinf", "isnan", "isreal")
    ],
]
