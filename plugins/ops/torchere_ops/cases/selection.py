"""Cases of elementwise choice: where, limits, the larger and smaller, signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, BOOL, COMPLEX, FLOATING, INTEGRAL, NUMERIC, REAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, inf, -inf, nan]
ROWS, COLUMNS = Values([[x] for x in EDGES]), Values(EDGES)
MASK = I(3, 4, high=2, dtype="bool")


def _clamp(x: Array, min: Any = None, max: Any = None) -> Array:
    result = x
    if min is not None:
        result = np.maximum(result, min)
    return result if max is None else np.minimum(result, max)


def _heaviside(x: Array, values: Array) -> Array:
    return np.where(x == 0, values, x > 0).astype(x.dtype)


def _nan_to_num(x: Array, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Array:
    # Extremes of the run's dtype are unknown here: cases give both or keep infinities out.
    return np.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


CASES = [
    Case("where", MASK, A(3, 4), A(4), reference=np.where, dtypes=ALL),
    Case("where", I(4, high=2, dtype="bool"), A(3, 1), A(3, 4), reference=np.where),
    Case("where", I(high=2, dtype="bool"), A(), A(3), reference=np.where),
    Case("where", I(0, 3, dtype="bool"), A(3), A(0, 3), reference=np.where),
    Case("where", MASK, A(3, 4), 2.5, reference=np.where, dtypes=FLOATING + COMPLEX),
    Case("where", MASK, 0, A(3, 4), reference=np.where, dtypes=NUMERIC),
    Case(
        "where", MASK, Values([[nan], [inf], [1.0]]), Values([0.0, inf, nan, -inf]), reference=np.where, gradient=False
    ),
    Case("where", I(40, 30, high=2, dtype="bool"), A(40, 30), A(30), reference=np.where, dtypes=ALL, gradient=False),
    Case("where", I(40, 30, high=2, dtype="bool"), A(40, 30), 0, reference=np.where, dtypes=NUMERIC, gradient=False),
    Case("where", I(40, 1, high=2, dtype="bool"), 0, A(40, 30), reference=np.where, dtypes=REAL, gradient=False),
    Case(
        "where",
        Values([[True, False]] * 600, dtype="bool"),
        Values([[nan, inf]] * 600),
        Values([[inf, nan]] * 600),
        reference=np.where,
        gradient=False,
    ),
]
for name, function in (("maximum", np.maximum), ("minimum", np.minimum), ("fmax", np.fmax), ("fmin", np.fmin)):
    CASES += [
        Case(name, A(3, 4), A(4), reference=function, dtypes=BOOL + REAL),
        Case(name, A(3, 1), A(), reference=function),
        Case(name, A(0, 3), A(3), reference=function),
        Case(name, ROWS, COLUMNS, reference=function, gradient=False),
    ]
CASES += [
    Case("clamp", A(3, 4), -0.5, 0.7, reference=_clamp),
    Case("clamp", A(3, 4, low=0, high=9), 2, 5, reference=_clamp, dtypes=INTEGRAL),
    Case("clamp", A(3, 4), min=-0.5, reference=_clamp),
    Case("clamp", A(3, 4), max=0.5, reference=_clamp),
    Case("clamp", A(3, 4), 1, -1, reference=_clamp),
    Case("clamp", A(3, 4, distinct=True), A(4, low=-1, high=0), A(3, 1, low=0, high=1), reference=_clamp),
    Case("clamp", A(3, 4, distinct=True), A(4), None, reference=_clamp),
    Case("clamp", A(3, 4, distinct=True), None, A(3, 1), reference=_clamp),
    Case("clamp", A(4), A(3, 4), A(2, 1, 1), reference=_clamp, gradient=False),
    Case("clamp", Values(EDGES), -0.5, 0.5, reference=_clamp, gradient=False),
    Case("clamp", Values(EDGES), nan, 0.5, reference=_clamp, gradient=False),
    Case("clamp", A(), 0.0, 1.0, reference=_clamp),
    Case("clamp", A(0), 0.0, 1.0, reference=_clamp),
    Case("clamp_min", A(3, 4), 0.5, reference=np.maximum),
    Case("clamp_min", A(3, 4), A(4), reference=np.maximum),
    Case("clamp_max", A(3, 4), 0.5, reference=np.minimum),
    Case("clamp_max", A(3, 4, low=0, high=9), 3, reference=np.minimum, dtypes=INTEGRAL),
    Case("heaviside", A(3, 4), A(4), reference=_heaviside, dtypes=REAL, gradient=False),
    Case("heaviside", Values(EDGES), Values([0.5]), reference=_heaviside, gradient=False),
    Case("copysign", A(3, 4), A(4), reference=np.copysign),
    Case("copysign", A(3), -1.0, reference=np.copysign),
    Case("copysign", A(3, low=1, high=5), A(3, low=-4, high=-1), reference=np.copysign, dtypes=("int64",)),
    Case("copysign", Values([[1.0], [inf], [0.0]]), Values([0.0, -0.0, -inf]), reference=np.copysign, gradient=False),
    Case("signbit", A(3, 4), reference=lambda x: x < 0, dtypes=BOOL + REAL),
    Case("signbit", Values([0.0, -0.0, -inf, 1.0]), reference=np.signbit),
    Case("nan_to_num", Values([nan, 1.0, -2.0]), reference=_nan_to_num),
    Case("nan_to_num", Values([nan, inf, -inf, 1.0]), 1.0, 2.0, -3.0, reference=_nan_to_num, gradient=False),
    Case("nan_to_num", Values([nan, inf, -inf]), reference=np.nan_to_num, dtypes=("float64",), gradient=False),
    Case("nan_to_num", A(3, low=0, high=9), reference=np.positive, dtypes=("int64", "uint8")),
    Case("nan_to_num", A(3), reference=np.positive, dtypes=COMPLEX, gradient=False),
]
ERRORS = [
    ErrorCase("where", A(2), A(2), A(2), raises=RuntimeError, match="expected condition to be a boolean tensor"),
    ErrorCase("where", I(2, dtype="bool"), A(2), A(3), raises=RuntimeError, match="must match"),
    ErrorCase(
        "maximum", A(2), A(2), dtype="complex64", raises=RuntimeError, match="maximum not implemented for complex"
    ),
    ErrorCase(
        "minimum", A(2), A(2), dtype="complex64", raises=RuntimeError, match="minimum not implemented for complex"
    ),
    ErrorCase("fmax", A(2), A(2), dtype="complex64", raises=RuntimeError, match="fmax not implemented for complex"),
    ErrorCase("fmin", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("clamp", A(2), raises=RuntimeError, match="At least one of 'min' or 'max' must not be None"),
    ErrorCase("clamp", A(2), 0, 1, dtype="complex64", raises=RuntimeError, match="not supported for complex"),
    ErrorCase("clamp_min", A(2), 1j, raises=RuntimeError, match="complex"),
    ErrorCase("clamp_max", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("heaviside", A(2), A(2, dtype="float64"), raises=RuntimeError, match="different dtypes"),
    ErrorCase("heaviside", A(2), A(2), dtype="complex64", raises=RuntimeError, match="complex tensors"),
    ErrorCase("copysign", A(2), A(2), dtype="complex64", raises=RuntimeError, match="not implemented for"),
    ErrorCase("signbit", A(2), dtype="complex64", raises=RuntimeError, match="signbit is not implemented for complex"),
]
ERRORS += [
    ErrorCase("nan_to_num", A(2), A(3), raises=TypeError, match="'nan' .*must be .*not Tensor"),
    ErrorCase("nan_to_num", A(2), out=I(2), raises=RuntimeError, match="can't be cast to the desired output type Long"),
]
