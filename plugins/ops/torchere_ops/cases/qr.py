"""Cases of QR factorisations and Householder reflections."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

_TALL = Values([[4.0, 1.0], [0.5, -3.0], [1.0, 0.25]])
_WIDE = Values([[4.0, 1.0, 0.5], [0.5, -3.0, 2.0]])


def _adjoint(x: Array) -> Array:
    return np.swapaxes(x.conj(), -1, -2)


def _is_qr(found: tuple[Array, Array], x: Array, mode: Any = "reduced") -> None:
    q, r = found
    rows, columns = x.shape[-2:]
    size = rows if mode in ("complete", False) else min(rows, columns)
    assert r.shape[-2:] == (size, columns)
    assert not np.tril(r, -1).any()
    if mode == "r":
        assert q.shape == (0,)
        np.testing.assert_allclose(_adjoint(r) @ r, _adjoint(x) @ x, rtol=1e-4, atol=1e-4)
        return
    assert q.shape[-2:] == (rows, size)
    np.testing.assert_allclose(q @ r, x, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(_adjoint(q) @ q, np.broadcast_to(np.eye(size), (*x.shape[:-2], size, size)), atol=1e-4)


def _orthogonal(a: Array, tau: Array) -> Array:
    """The product of reflections, each as a whole matrix."""
    rows = a.shape[-2]
    found = np.broadcast_to(np.eye(rows), (*a.shape[:-2], rows, rows)).astype(a.dtype)
    for k in range(tau.shape[-1]):
        vector = a[..., k].copy()
        vector[..., :k], vector[..., k] = 0, 1
        outer = vector[..., :, None] * vector[..., None, :].conj()
        found = found @ (np.eye(rows) - tau[..., k, None, None] * outer)
    return found


def _product(a: Array, tau: Array) -> Array:
    return _orthogonal(a, tau)[..., : a.shape[-1]]


def _applied(a: Array, tau: Array, other: Array, left: bool = True, transpose: bool = False) -> Array:
    q = _orthogonal(a, tau)
    q = _adjoint(q) if transpose else q
    return q @ other if left else other @ q


def _is_packed(found: tuple[Array, Array], x: Array) -> None:
    a, tau = found
    size = min(x.shape[-2:])
    np.testing.assert_allclose(_orthogonal(a[..., :size], tau) @ np.triu(a), x, rtol=1e-4, atol=1e-4)


CASES = [
    *(Case("linalg_qr", A(*shape), mode, properties=_is_qr, dtypes=WIDE, gradient=False)
      for shape in ((4, 3), (3, 5), (2, 3, 3)) for mode in ("reduced", "complete", "r")),
    Case("linalg_qr", _TALL, properties=_is_qr, dtypes=WIDE_FLOATING),
    Case("linalg_qr", _WIDE, properties=_is_qr, dtypes=WIDE_FLOATING),
    Case("linalg_qr", A(0, 3), properties=_is_qr, dtypes=WIDE_FLOATING, gradient=False),
    Case("qr", A(4, 3), properties=lambda found, x: _is_qr(found, x), dtypes=WIDE, gradient=False),
    Case("qr", A(4, 3), False, properties=_is_qr, dtypes=WIDE, gradient=False),
    *(Case("geqrf", A(*shape), properties=_is_packed, dtypes=WIDE, gradient=False)
      for shape in ((4, 3), (3, 5), (2, 3, 3))),
    Case("linalg_householder_product", A(4, 3), A(2), reference=_product, dtypes=WIDE),
    Case("linalg_householder_product", A(2, 3, 3), A(2, 3), reference=_product, dtypes=WIDE_FLOATING),
    Case("orgqr", A(4, 3), A(3), reference=_product, dtypes=WIDE_FLOATING),
    *(Case("ormqr", A(4, 3), A(3), A(4, 4), left, transpose, reference=_applied, dtypes=WIDE)
      for left in (True, False) for transpose in (True, False)),
]  # fmt: skip

ERRORS = [
    ErrorCase("linalg_qr", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_qr", A(3, 3), "full", raises=RuntimeError, match="unrecognized mode 'full'"),
    ErrorCase("linalg_qr", A(3, 3), raises=RuntimeError, match="floating point or complex", dtype="int64"),
    ErrorCase("geqrf", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("linalg_householder_product", A(2, 3), A(2), raises=RuntimeError, match="greater than or equal"),
    ErrorCase("ormqr", A(4, 3), A(3), A(5, 2), raises=RuntimeError, match="must be equal to"),
]
ERRORS += [
    ErrorCase("qr", A(3), raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("orgqr", A(2, 3), A(2), raises=RuntimeError, match="greater than or equal"),
    ErrorCase("orgqr", A(3, 2), A(3), raises=RuntimeError, match="greater than or equal|less than or equal"),
]
