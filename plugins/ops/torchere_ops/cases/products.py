"""Cases of Kronecker and cross products, chains and powers of matrices."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, NUMERIC, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I

Array = np.ndarray[Any, Any]


def _cross(a: Array, b: Array, dim: int | None = None) -> Array:
    a, b = np.broadcast_arrays(a, b)
    axis = list(a.shape).index(3) if dim is None else dim
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    terms = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    return np.moveaxis(np.stack(terms), 0, axis)


def _chain(*matrices: Any) -> Array:
    operands = matrices[0] if isinstance(matrices[0], list | tuple) else matrices
    return np.asarray(reduce(np.matmul, operands))


CASES = [
    Case("kron", A(2, 3), A(4), reference=np.kron, dtypes=NUMERIC),
    Case("kron", A(), A(2), reference=np.kron),
    Case("kron", A(2), A(3, 4, 1), reference=np.kron, dtypes=FLOATING + COMPLEX),
    Case("kron", A(0, 2), A(3), reference=lambda a, b: np.zeros((0, 6))),
    Case("cross", A(2, 3), A(2, 3), reference=_cross, dtypes=WIDE_FLOATING + COMPLEX),
    Case("cross", A(3, 2), A(3, 2), dim=0, reference=_cross, dtypes=WIDE_FLOATING),
    Case("linalg_cross", A(1, 3), A(2, 3), reference=lambda a, b: _cross(a, b, 1), dtypes=WIDE_FLOATING),
    Case("linalg_cross", A(3, 2), A(3, 2), dim=0, reference=_cross, dtypes=WIDE_FLOATING),
    Case("chain_matmul", A(2, 6), A(6, 3), A(3, 2), reference=_chain, dtypes=WIDE_FLOATING),
    Case("chain_matmul", A(2, 3), reference=_chain),
    Case("linalg_multi_dot", [A(2, 6), A(6, 3), A(3, 5), A(5, 2)], reference=_chain, dtypes=WIDE_FLOATING),
    Case("linalg_multi_dot", [A(3), A(3, 4), A(4)], reference=_chain, dtypes=WIDE_FLOATING),
    Case("matrix_power", A(3, 3), 5, reference=np.linalg.matrix_power, dtypes=WIDE_FLOATING + COMPLEX),
    Case("matrix_power", A(2, 3, 3), 0, reference=np.linalg.matrix_power),
    Case("matrix_power", A(2, 3, 3), 1, reference=np.linalg.matrix_power),
    Case("linalg_matrix_power", A(3, 3), 2, reference=np.linalg.matrix_power, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("cross", A(4, 2), A(4, 2), raises=RuntimeError, match="no dimension of size 3"),
    ErrorCase("cross", A(3), A(2, 3), raises=RuntimeError, match="same number of dimensions"),
    ErrorCase("linalg_cross", A(3, 2), A(3, 2), raises=RuntimeError, match="must have length 3. Got 2 and 2"),
    ErrorCase("linalg_cross", A(3), A(3), dim=4, raises=IndexError, match="out of range"),
    ErrorCase("chain_matmul", raises=RuntimeError, match="Expected one or more matrices"),
    ErrorCase("linalg_multi_dot", [A(2, 3)], raises=RuntimeError, match="at least 2 tensors but got 1"),
    ErrorCase("linalg_multi_dot", [A(2, 3), A(4, 5)], raises=RuntimeError, match="cannot be multiplied"),
    ErrorCase("linalg_multi_dot", [A(2, 3), A(3, 4, 4), A(2, 3)], raises=RuntimeError, match="tensor 1 must be 2D"),
    ErrorCase("matrix_power", A(2, 3), 2, raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_matrix_power", A(3), 2, raises=RuntimeError, match="at least 2 dimensions"),
]
ERRORS += [
    ErrorCase("kron", A(2), A(3), out=I(6), raises=RuntimeError, match="can't be cast to the desired output type Long"),
    ErrorCase("kron", A(2), 3.0, raises=TypeError, match="must be Tensor, not float"),
]
