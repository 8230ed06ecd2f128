"""Cases of singular values and principal components by random projections."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _rebuilds(found: tuple[Array, Array, Array], x: Array) -> None:
    u, s, v = found
    np.testing.assert_allclose((u * s[..., None, :]) @ np.swapaxes(v, -1, -2), x, rtol=1e-3, atol=1e-3)
    gram = np.swapaxes(v, -1, -2) @ v
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[-1]), gram.shape), atol=1e-3)


def _is_whole(found: Any, x: Array, q: int | None = None, center: bool = True) -> None:
    """With as many values as the smaller size the projection loses nothing."""
    _rebuilds(found, x - x.mean(-2, keepdims=True) if center else x)


CASES = [
    Case("svd_lowrank", A(6, 4), 4, properties=lambda found, x, q: _rebuilds(found, x), dtypes=WIDE_FLOATING,
         gradient=False),
    Case("svd_lowrank", A(2, 3, 5), 3, properties=lambda found, x, q: _rebuilds(found, x), dtypes=WIDE_FLOATING,
         gradient=False),
    Case("svd_lowrank", A(6, 4), 4, M=A(6, 4), properties=lambda found, x, q, M: _rebuilds(found, x - M),
         dtypes=WIDE_FLOATING, gradient=False),
    Case("pca_lowrank", A(6, 4), properties=_is_whole, dtypes=WIDE_FLOATING, gradient=False),
    Case("pca_lowrank", A(4, 6), 4, center=False, properties=_is_whole, dtypes=WIDE_FLOATING, gradient=False),
]  # fmt: skip

ERRORS = [
    ErrorCase("pca_lowrank", A(3, 4), 5, raises=ValueError, match="not greater than"),
    ErrorCase("pca_lowrank", A(3, 4), niter=-1, raises=ValueError, match="non-negative"),
]
