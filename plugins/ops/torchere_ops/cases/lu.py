"""Cases of LU factorisations."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

#: Each column's largest element stands out: a small step does not change the pivots.
_M = Values([[1.0, 4.0, -1.0], [4.0, -1.0, 1.0], [0.5, 0.25, 2.5]])
_TALL = Values([[1.0, 4.0], [4.0, -1.0], [0.5, 0.25]])
_WIDE = Values([[1.0, 4.0, 0.5], [4.0, -1.0, 2.0]])
_C = Values([[0.5j, -3.0 + 0.5j], [2.0 + 1.0j, 1.0]])
_SINGULAR = Values([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]], gradient=False)
#: LU of _M, as made by hand: row 1 first, then row 0.
_LU = Values([[4.0, -1.0, 1.0], [0.25, 4.25, -1.25], [0.125, 0.375 / 4.25, 2.375 + 0.46875 / 4.25]])
_PIVOTS = Values([2, 2, 3], dtype="int32")


def _order(pivots: Array, rows: int) -> Array:
    order = np.broadcast_to(np.arange(rows), (*pivots.shape[:-1], rows)).copy()
    for place in np.ndindex(pivots.shape[:-1]):
        for k, other in enumerate(pivots[place]):
            order[place][[k, other - 1]] = order[place][[other - 1, k]]
    return order


def _parts(packed: Array, pivots: Array) -> tuple[Array, Array, Array]:
    rows, columns = packed.shape[-2:]
    size = min(rows, columns)
    p = np.swapaxes(np.eye(rows)[_order(pivots, rows)], -1, -2)
    return p, np.tril(packed[..., :size], -1) + np.eye(rows, size), np.triu(packed[..., :size, :])


def _is_packed(found: tuple[Array, ...], x: Array) -> None:
    packed, pivots = found[:2]
    assert pivots.dtype == np.int32
    assert packed.shape == x.shape
    p, lower, upper = _parts(packed, pivots)
    # A complex pivot is chosen by |real| + |imaginary|, so another's modulus may exceed its own by up to √2.
    assert (np.abs(lower) <= (np.sqrt(2) if lower.dtype.kind == "c" else 1) + 1e-6).all()
    np.testing.assert_allclose(p @ lower @ upper, x, rtol=1e-4, atol=1e-4)


def _is_lu(found: tuple[Array, Array, Array], x: Array) -> None:
    p, lower, upper = found
    np.testing.assert_allclose(p @ lower @ upper, x, rtol=1e-4, atol=1e-4)
    assert not np.triu(lower, 1).any()
    assert not np.tril(upper, -1).any()
    np.testing.assert_array_equal(p.sum(-1), np.ones(p.shape[:-1]))


def _solution(packed: Array, pivots: Array, b: Array, left: bool = True, adjoint: bool = False) -> Array:
    p, lower, upper = _parts(packed, pivots)
    inverse = np.linalg.inv(p @ lower @ upper)
    inverse = np.swapaxes(inverse.conj(), -1, -2) if adjoint else inverse
    return inverse @ b if left else b @ inverse


CASES = [
    *(
        Case(name, item, properties=_is_packed, dtypes=WIDE_FLOATING)
        for name in ("lu_parts", "linalg_lu_factor", "linalg_lu_factor_ex")
        for item in (_M, _TALL, _WIDE)
    ),
    *(Case("lu_parts", A(*shape), properties=_is_packed, dtypes=WIDE, gradient=False)
      for shape in ((2, 4, 4), (5, 3), (3, 5), (60, 60), (0, 0), (0, 2, 2))),
    Case("lu_parts", _C, properties=_is_packed, dtypes=COMPLEX),
    Case("lu", _M, properties=_is_packed, dtypes=WIDE_FLOATING),
    Case("lu", _SINGULAR, get_infos=True, reference=lambda x, get_infos: (x, None, np.array([0, 1], np.int32)),
         dtypes=WIDE_FLOATING),
    Case("linalg_lu_factor_ex", _SINGULAR, reference=lambda x: (x, None, np.array([0, 1], np.int32)),
         dtypes=WIDE_FLOATING),
    *(Case("linalg_lu", item, properties=_is_lu, dtypes=WIDE_FLOATING) for item in (_M, _TALL, _WIDE)),
    Case("linalg_lu", A(2, 3, 3), properties=_is_lu, dtypes=WIDE, gradient=False),
    Case("permuted_rows", I(2, 3, low=3, high=5, dtype="int32"), 4, reference=_order, dtypes=("float32",)),
    Case("permuted_rows", _PIVOTS, 5, reference=_order, dtypes=("float32",)),
    Case("lu_unpack", _LU, _PIVOTS, reference=_parts, dtypes=WIDE_FLOATING),
    Case("lu_unpack", _LU, _PIVOTS, unpack_data=False, dtypes=WIDE_FLOATING,
         reference=lambda x, pivots, unpack_data: (_parts(x, pivots)[0], np.zeros(0), np.zeros(0))),
    *(Case("linalg_lu_solve", _LU, _PIVOTS, A(3, 3), left=left, adjoint=adjoint, reference=_solution, dtypes=WIDE)
      for left in (True, False) for adjoint in (True, False)),
    Case("lu_solve", A(2, 3, 2), _LU, _PIVOTS, reference=lambda b, x, pivots: _solution(x, pivots, b),
         dtypes=WIDE_FLOATING),
]  # fmt: skip

ERRORS = [
    ErrorCase("linalg_lu_factor", _SINGULAR, raises=RuntimeError, match=r"\(Batch element 1\): U\[1,1\] is zero"),
    ErrorCase("linalg_lu_factor", A(3), raises=RuntimeError, match="2 or more dimensions"),
    ErrorCase("linalg_lu", A(3), raises=RuntimeError, match="2 or more dimensions"),
    ErrorCase("linalg_lu", A(3, 3), pivot=False, raises=RuntimeError, match="without pivoting"),
    ErrorCase("linalg_lu_solve", A(3, 3), _PIVOTS, A(2, 2), raises=RuntimeError, match=r"AX = B \(3x3 and 2x2\)"),
    ErrorCase("linalg_lu_solve", A(3, 3), A(3), A(3, 2), raises=RuntimeError, match="torch.int32"),
    ErrorCase("lu_unpack", A(3, 3), A(3), raises=RuntimeError, match="torch.int32"),
]
ERRORS += [
    ErrorCase("linalg_lu_factor_ex", A(3), raises=RuntimeError, match=r"2 or more dimensions. Got size: \[3\]"),
    ErrorCase("lu_solve", A(2, 2), A(3, 3), _PIVOTS, raises=RuntimeError, match=r"AX = B \(3x3 and 2x2\)"),
    ErrorCase("lu_solve", A(3, 2), A(3, 3), A(3), raises=RuntimeError, match="torch.int32"),
]
