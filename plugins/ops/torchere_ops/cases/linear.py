"""Cases of affine and bilinear maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, NUMERIC, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    y = np.tensordot(x, weight, (-1, -1))
    return y if bias is None else y + bias


def _bilinear(a: Array, b: Array, weight: Array, bias: Array | None = None) -> Array:
    y = np.einsum("...i,oij,...j->...o", a, weight, b)
    return y if bias is None else y + bias


CASES = [
    Case("linear", A(2, 3), A(4, 3), A(4), reference=_linear, dtypes=NUMERIC),
    Case("linear", A(2, 3), A(4, 3), reference=_linear, dtypes=FLOATING + COMPLEX),
    Case("linear", A(2, 5, 3), A(4, 3), A(4), reference=_linear, dtypes=FLOATING + COMPLEX),
    Case("linear", A(3), A(4, 3), A(4), reference=_linear),
    Case("linear", A(2, 3), A(3), reference=_linear),
    Case("linear", A(2, 3), A(4, 3), A(1), reference=_linear),
    Case("linear", A(0, 3), A(4, 3), A(4), reference=_linear),
    Case("linear", A(2, 5, 0), A(4, 0), A(4), reference=_linear),
    Case("bilinear", A(2, 3), A(2, 4), A(5, 3, 4), A(5), reference=_bilinear, dtypes=WIDE_FLOATING),
    Case("bilinear", A(3), A(4), A(5, 3, 4), reference=_bilinear, dtypes=WIDE_FLOATING),
    Case("bilinear", A(2, 0, 3), A(2, 0, 4), A(5, 3, 4), reference=_bilinear, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("linear", A(2, 3), A(4, 5), raises=RuntimeError, match=r"cannot be multiplied \(2x3 and 5x4\)"),
    ErrorCase("linear", A(2, 3), A(4, 3), A(5), raises=RuntimeError, match="must match the existing size"),
    ErrorCase("linear", A(2, 3), A(1, 4, 3), raises=RuntimeError, match="expects a tensor with <= 2 dimensions"),
    ErrorCase("linear", A(), A(4, 3), raises=RuntimeError, match="need to be at least 1D"),
    ErrorCase("linear", A(2, 3), A(4, 3, dtype="float64"), raises=RuntimeError, match="same dtype"),
    ErrorCase("bilinear", A(2, 3), A(2, 3), A(5, 3, 4), raises=RuntimeError, match="input2 size does not match"),
    ErrorCase("bilinear", A(2, 3), A(3, 4), A(5, 3, 4), raises=RuntimeError, match="batch dimensions do not match"),
    ErrorCase("bilinear", A(2, 3), A(2, 4), A(5, 3, 4), A(4), raises=RuntimeError, match="bias size does not match"),
    ErrorCase("bilinear", A(2, 3), A(1, 2, 4), A(5, 3, 4), raises=RuntimeError, match="input dimensions do not match"),
]
