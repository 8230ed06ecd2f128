"""Cases of complex numbers: parts, conjugates, angles."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, NUMERIC
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
PARTS = ("float32", "float64")


def _complex(real: Array, imag: Array) -> Array:
    return real + 1j * imag


def _angle(x: Array) -> Array:
    return np.where(np.isnan(x), nan, np.angle(x)) if x.dtype.kind == "f" else np.angle(x)


CASES = [
    Case("conj", A(3, 4), reference=np.conj, dtypes=NUMERIC),
    Case("conj", A(), reference=np.conj, dtypes=COMPLEX),
    Case("conj_physical", A(3, 4), reference=np.conj, dtypes=NUMERIC),
    Case("real", A(3, 4), reference=np.real, dtypes=NUMERIC),
    Case("real", A(0), reference=np.real, dtypes=COMPLEX),
    Case("imag", A(3, 4), reference=np.imag, dtypes=COMPLEX),
    Case("imag", A(), reference=np.imag, dtypes=COMPLEX),
    Case("view_as_real", A(3, 4), reference=lambda x: np.stack([x.real, x.imag], -1), dtypes=COMPLEX),
    Case("view_as_real", A(), reference=lambda x: np.array([x.real, x.imag]), dtypes=COMPLEX),
    Case("view_as_complex", A(3, 2), reference=lambda x: x[..., 0] + 1j * x[..., 1], dtypes=PARTS),
    Case("view_as_complex", A(2), reference=lambda x: x[0] + 1j * x[1], dtypes=PARTS),
    Case("complex", A(3, 4), A(4), reference=_complex, dtypes=PARTS),
    Case("complex", A(), A(), reference=_complex, dtypes=PARTS),
    Case("complex", A(0, 3), A(3), reference=_complex, dtypes=PARTS),
    Case("polar", A(3, 4, low=0), A(4), reference=lambda r, phi: r * np.exp(1j * phi), dtypes=PARTS),
    Case("angle", A(3, 4), reference=_angle, dtypes=COMPLEX),
    Case("angle", A(3, 4), reference=_angle, dtypes=FLOATING),
    Case("angle", Values([0.0, -1.0, inf, -inf, nan]), reference=_angle, gradient=False),
    Case("angle", Values([3, 0, 1]), reference=lambda x: np.zeros(3), dtypes=("int64", "bool", "uint8")),
]
ERRORS = [
    ErrorCase("imag", A(2), raises=RuntimeError, match="imag is not implemented for tensors with non-complex dtypes"),
    ErrorCase("view_as_real", A(2), raises=RuntimeError, match="only supported for complex tensors"),
    ErrorCase("view_as_complex", A(3), raises=RuntimeError, match="must have a last dimension of size 2"),
    ErrorCase("view_as_complex", A(), raises=RuntimeError, match="must have one or more dimensions"),
    ErrorCase("view_as_complex", A(2), dtype="int64", raises=RuntimeError, match="only supported for"),
    ErrorCase("complex", A(2), A(2), dtype="int64", raises=RuntimeError, match="Half, Float or Double"),
    ErrorCase("complex", A(2), A(2, dtype="float64"), raises=RuntimeError, match="for second argument"),
    ErrorCase("polar", A(2), A(2), dtype="int64", raises=RuntimeError, match="Half, Float or Double"),
]
ERRORS += [
    ErrorCase(
        "angle", A(3), out=I(3), raises=RuntimeError, match="Float can't be cast to the desired output type Long"
    ),
    ErrorCase(
        "conj_physical", A(3, dtype="complex64"), out=A(3), raises=RuntimeError, match="ComplexFloat can't be cast"
    ),
    ErrorCase("real", [1.0], raises=TypeError, match="must be Tensor, not list"),
    ErrorCase("conj", "1j", raises=TypeError, match="must be Tensor, not str"),
]
