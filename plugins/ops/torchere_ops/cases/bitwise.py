"""Cases of bitwise and logical operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, NUMERIC
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
BITS = BOOL + INTEGRAL


def _shifted(x: Array, count: Any, left: bool) -> Array:
    """Element by element with Python's integers, cut to the width."""
    x, count = np.broadcast_arrays(x, np.asarray(count, dtype=x.dtype))
    width = 8 * x.itemsize
    found = []
    for value, by in zip(x.reshape(-1).tolist(), count.reshape(-1).tolist(), strict=True):
        if left:
            found.append((value << by) % 2**width if 0 <= by < width else 0)
        else:
            found.append(value >> by if 0 <= by < width else (-1 if value < 0 else 0))
    result = np.array([v % 2**width for v in found], dtype=f"uint{width}")
    return result.view(x.dtype).reshape(x.shape)


def _left(x: Array, count: Any) -> Array:
    return _shifted(x, count, True)


def _right(x: Array, count: Any) -> Array:
    return _shifted(x, count, False)


CASES = []
for name, function in (
    ("bitwise_and", np.bitwise_and),
    ("bitwise_or", np.bitwise_or),
    ("bitwise_xor", np.bitwise_xor),
):
    CASES += [
        Case(name, A(3, 4, low=-90, high=90), A(4, low=-90, high=90), reference=function, dtypes=BITS),
        Case(name, A(3, 1, low=0, high=90), A(low=0, high=90), reference=function, dtypes=BITS),
        Case(name, A(3, low=0, high=90), 5, reference=function, dtypes=INTEGRAL),
        Case(name, 5, A(3, low=0, high=90), reference=function, dtypes=("int64",)),
        Case(name, A(0, 3), A(3), reference=function, dtypes=BITS),
    ]
CASES += [
    Case("bitwise_not", A(3, 4, low=-90, high=90), reference=np.invert, dtypes=BITS),
    Case("bitwise_not", A(low=-90, high=90), reference=np.invert, dtypes=BITS),
    Case("invert", A(3, 4, low=-90, high=90), reference=np.invert, dtypes=BITS),
]
for name, function in (("bitwise_left_shift", _left), ("bitwise_right_shift", _right)):
    CASES += [
        Case(name, A(3, 4, low=-90, high=90), A(4, low=0, high=7), reference=function, dtypes=INTEGRAL),
        Case(name, A(5, low=-90, high=90), 2, reference=function, dtypes=INTEGRAL),
        Case(name, Values([5, -5, 7]), Values([70, 70, -1]), reference=function, dtypes=("int8", "int32", "int64")),
        Case(name, Values([255, 1]), Values([9, 200]), reference=function, dtypes=("uint8",)),
        Case(name, A(0, 3), A(3, low=0), reference=function, dtypes=("int64",)),
    ]
for name, function in (
    ("logical_and", np.logical_and),
    ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
):
    CASES += [
        Case(name, A(3, 4, low=0, high=2), A(4, low=0, high=2), reference=function, dtypes=BITS),
        Case(name, A(3, 4), Values([0.0, -0.0, 1.0, 2.0]), reference=function, dtypes=NUMERIC),
        Case(name, Values([[nan], [0.0], [inf]]), Values([0.0, 1.0, nan]), reference=function),
        Case(name, A(0, 3), A(3), reference=function),
    ]
CASES += [
    Case("logical_not", A(3, 4, low=0, high=2), reference=np.logical_not, dtypes=BOOL + NUMERIC),
    Case("logical_not", Values([0.0, -0.0, nan, inf]), reference=np.logical_not),
    Case("logical_not", A(), reference=np.logical_not),
]
ERRORS = [
    ErrorCase("bitwise_and", A(2), A(2), raises=RuntimeError, match="not implemented for 'Float'"),
    ErrorCase("bitwise_or", A(2), 1.5, dtype="int64", raises=RuntimeError, match="not implemented for 'Float'"),
    ErrorCase("bitwise_xor", A(2), A(3), dtype="int64", raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("bitwise_not", A(2), raises=RuntimeError, match="not implemented for 'Float'"),
    ErrorCase("invert", A(2), raises=TypeError, match="only implemented on integer and Boolean-type tensors"),
    ErrorCase("bitwise_left_shift", A(2), 1, raises=RuntimeError, match="not implemented for 'Float'"),
    ErrorCase("bitwise_right_shift", A(2), A(2), dtype="bool", raises=RuntimeError, match="not implemented for 'Bool'"),
    ErrorCase("logical_and", A(2), A(3), raises=RuntimeError, match="must match the size of tensor b"),
]
for name in ("logical_or", "logical_xor"):
    ERRORS += [
        ErrorCase(name, A(2), A(3), raises=RuntimeError, match=r"shapes \[2\] and \[3\] do not broadcast"),
        ErrorCase(name, A(2), "x", raises=TypeError, match="must be Tensor, not str"),
    ]
ERRORS.append(ErrorCase("logical_not", [True], raises=TypeError, match="must be Tensor, not list"))
