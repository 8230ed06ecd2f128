"""Cases of equations between tensors, Vandermonde matrices and products in ``linalg``."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

_CUBE = Values([[[4.0, 1.0, -1.0, 0.5], [0.5, -3.0, 1.0, 0.25]], [[1.0, 0.25, 2.5, -0.5], [0.5, 1.0, -1.0, 3.5]]])


def _solved(a: Array, b: Array, dims: Any = None) -> Array:
    return np.linalg.tensorsolve(a, b, dims)


def _powers(x: Array, N: int | None = None) -> Array:
    return x[..., None] ** np.arange(x.shape[-1] if N is None else N)


CASES = [
    Case("linalg_tensorinv", _CUBE, reference=lambda x: np.linalg.tensorinv(x, 2), dtypes=WIDE_FLOATING),
    Case("linalg_tensorsolve", _CUBE, A(2, 2), reference=_solved, dtypes=WIDE_FLOATING),
    Case(
        "linalg_tensorsolve",
        _CUBE,
        A(4),
        dims=(0, 1),
        dtypes=WIDE_FLOATING,
        reference=lambda a, b, dims: np.linalg.solve(np.moveaxis(a, dims, (1, 2)).reshape(4, 4), b).reshape(2, 2),
    ),
    Case("linalg_vander", A(2, 3), reference=_powers, dtypes=WIDE),
    Case("linalg_vander", A(3), N=5, reference=_powers, dtypes=WIDE_FLOATING),
    Case("linalg_vander", I(3, low=-3, high=4), reference=_powers, dtypes=("float32",)),
    Case(
        "linalg_vecdot",
        A(3, 4),
        A(3, 4),
        reference=lambda x, y: (x.conj() * y).sum(-1),
        dtypes=WIDE_FLOATING + COMPLEX,
    ),
    Case("linalg_vecdot", A(3, 4), A(3, 1), dim=0, reference=lambda x, y, dim: (x.conj() * y).sum(0), dtypes=WIDE),
    Case("linalg_matmul", A(3, 4), A(4, 2), reference=np.matmul, dtypes=WIDE),
    Case("linalg_diagonal", A(2, 3, 4), reference=lambda x: np.diagonal(x, 0, 1, 2), dtypes=WIDE),
    Case(
        "linalg_diagonal",
        A(2, 3, 4),
        offset=1,
        dim1=0,
        dim2=2,
        dtypes=WIDE_FLOATING,
        reference=lambda x, offset, dim1, dim2: np.diagonal(x, offset, dim1, dim2),
    ),
]

ERRORS = [
    ErrorCase("linalg_tensorinv", A(4, 6), 1, raises=RuntimeError, match="but got 6 != 4"),
    ErrorCase("linalg_tensorinv", A(2, 2), 0, raises=RuntimeError, match="strictly positive integer for 'ind'"),
    ErrorCase("linalg_tensorsolve", A(2, 3), A(3), raises=RuntimeError, match="requirement"),
    ErrorCase("linalg_vander", A(3), N=0, raises=RuntimeError, match="N must be greater than 1"),
    ErrorCase("linalg_vecdot", A(3), A(2, 2), raises=RuntimeError, match="must match"),
]
ERRORS += [
    ErrorCase("linalg_matmul", A(2, 3), A(4, 5), raises=RuntimeError, match="2x3 and 4x5"),
    ErrorCase("linalg_matmul", A(2, 3), A(3, dtype="float64"), raises=RuntimeError, match="same dtype"),
]
