"""Cases of factorisations of indefinite symmetric matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

#: The first needs a 2 by 2 block and a swap, the second neither.
_S = Values([[[0.0, 1.0, 2.0], [1.0, 0.0, 0.5], [2.0, 0.5, 0.0]], [[4.0, 1.0, 2.0], [1.0, -3.0, 0.5], [2.0, 0.5, 3.0]]])
_H = Values([[0.5, 2.0 + 1.0j], [2.0 - 1.0j, -3.0]])
_LD = Values([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.25, 0.5, -0.5]], gradient=False)
_PIVOTS = Values([-3, -3, 3], dtype="int32")
_FACTORED = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.5], [2.0, 0.5, 0.0]])


def _is_factor(found: tuple[Array, ...], x: Array, hermitian: bool = False) -> None:
    packed, pivots = found[:2]
    assert pivots.dtype == np.int32
    for place in np.ndindex(x.shape[:-2]):
        rebuilt = _rebuilt(packed[place], pivots[place], hermitian)
        np.testing.assert_allclose(rebuilt, x[place], rtol=1e-4, atol=1e-4)


def _rebuilt(packed: Array, pivots: Array, hermitian: bool) -> Array:
    size, at = len(packed), 0
    whole, middle = np.eye(size, dtype=packed.dtype), np.zeros_like(packed)
    while at < size:
        width = 1 if pivots[at] > 0 else 2
        swap = np.eye(size)
        rows = [at + width - 1, abs(pivots[at]) - 1]
        swap[rows] = swap[rows[::-1]]
        lower = np.eye(size, dtype=packed.dtype)
        lower[at + width :, at : at + width] = packed[at + width :, at : at + width]
        whole = whole @ swap @ lower
        corner = np.tril(packed[at : at + width, at : at + width])
        other = np.tril(corner, -1).T
        middle[at : at + width, at : at + width] = corner + (other.conj() if hermitian else other)
        at += width
    return whole @ middle @ (whole.conj().T if hermitian else whole.T)


CASES = [
    Case("linalg_ldl_factor", _S, properties=_is_factor, dtypes=WIDE_FLOATING, gradient=False),
    Case("linalg_ldl_factor", _H, hermitian=True, properties=_is_factor, dtypes=COMPLEX, gradient=False),
    Case(
        "linalg_ldl_factor",
        A(0, 0),
        reference=lambda x: (x, np.zeros(0, np.int32)),
        dtypes=WIDE_FLOATING,
        gradient=False,
    ),
    Case("linalg_ldl_factor_ex", _S, properties=_is_factor, dtypes=WIDE_FLOATING, gradient=False),
    Case(
        "linalg_ldl_factor_ex",
        Values([[0.0]]),
        reference=lambda x: (x, np.ones(1, np.int32), np.array(1, np.int32)),
        dtypes=WIDE_FLOATING,
        gradient=False,
    ),
    Case(
        "linalg_ldl_solve",
        _LD,
        _PIVOTS,
        A(2, 3, 2),
        reference=lambda packed, pivots, b: np.linalg.inv(_FACTORED) @ b,
        dtypes=WIDE_FLOATING,
    ),
]

ERRORS = [
    ErrorCase("linalg_ldl_factor", A(2, 3), raises=RuntimeError, match="2 by 3 matrices"),
    ErrorCase("linalg_ldl_factor", Values([[0.0]]), raises=RuntimeError, match="singular"),
    ErrorCase("linalg_ldl_solve", A(3, 3), A(3), A(3, 1), raises=RuntimeError, match="torch.int32"),
    ErrorCase("linalg_ldl_solve", A(3, 3), _PIVOTS, A(2, 1), raises=RuntimeError, match="3 rows"),
]
ERRORS += [
    ErrorCase("linalg_ldl_factor_ex", A(2, 3), raises=RuntimeError, match="batches of square matrices"),
    ErrorCase("linalg_ldl_factor_ex", A(3), raises=RuntimeError, match="at least 2 dimensions"),
]
