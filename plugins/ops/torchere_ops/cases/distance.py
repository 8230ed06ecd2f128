"""Cases of pairwise distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")


def _cdist(a: Array, b: Array, p: float = 2.0, compute_mode: str = "") -> Array:
    gaps = np.abs(a[..., :, None, :] - b[..., None, :, :])
    if p == 0:
        return (gaps != 0).sum(axis=-1).astype(gaps.dtype)
    if p == inf:
        return gaps.max(axis=-1, initial=0)
    return (gaps**p).sum(axis=-1) ** (1 / p)


def _pdist(a: Array, p: float = 2.0) -> Array:
    return _cdist(a, a, p)[np.triu_indices(len(a), 1)]


_DIRECT = "donot_use_mm_for_euclid_dist"
_PRODUCT = "use_mm_for_euclid_dist"

CASES = [
    *(
        Case("cdist", A(4, 3, distinct=True), A(5, 3), p=p, reference=_cdist, dtypes=WIDE_FLOATING)
        for p in (0.0, 1.0, 1.5, 2.0, 3.0, inf)
    ),
    Case("cdist", A(2, 4, 3), A(5, 3), reference=_cdist, dtypes=WIDE_FLOATING),
    Case("cdist", A(4, 3), A(5, 3), compute_mode=_PRODUCT, reference=_cdist, dtypes=("float64",)),
    Case("cdist", A(30, 3), A(5, 3), compute_mode=_DIRECT, reference=_cdist, dtypes=WIDE_FLOATING, gradient=False),
    Case("cdist", A(4, 0), A(5, 0), reference=_cdist),
    Case("cdist", A(0, 3), A(5, 3), reference=_cdist),
    *(
        # Distinct elements lie at equal distances: the largest difference would be there twice.
        Case("pdist", A(4, 3, distinct=p != inf), p=p, reference=_pdist, dtypes=WIDE_FLOATING)
        for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, inf)
    ),
    Case("pdist", A(1, 3), reference=_pdist, dtypes=WIDE_FLOATING),
    Case("pdist", A(3, 0), reference=_pdist, dtypes=WIDE_FLOATING),
    Case("pdist", Values([[0.0, 1.0], [0.0, 1.0], [3.0, 5.0]]), reference=_pdist, gradient=False, dtypes=("float64",)),
    Case("cdist", Values([[0.0, 1.0]]), Values([[0.0, 1.0], [3.0, 5.0]]), reference=_cdist, gradient=False),
]

ERRORS = [
    ErrorCase("cdist", A(2, 3), A(4, 5), raises=RuntimeError, match="same number of columns. X1: 3 X2: 5"),
    ErrorCase("cdist", A(3), A(4, 3), raises=RuntimeError, match="at least 2D tensors, X1 got: 1D"),
    ErrorCase("cdist", A(2, 3), A(4, 3), p=-1.0, raises=RuntimeError, match="non-negative p"),
    ErrorCase("cdist", A(2, 3), A(4, 3), compute_mode="x", raises=ValueError, match="not a valid value"),
    ErrorCase("pdist", A(3), raises=RuntimeError, match="only supports 2D tensors, got: 1D"),
    ErrorCase("pdist", A(3, 2), p=-1.0, raises=RuntimeError, match="non-negative p"),
    ErrorCase("pdist", A(3, 2), raises=RuntimeError, match="only supports floating-point", dtype="int64"),
    ErrorCase("pdist", A(3, 2), raises=NotImplementedError, match="not implemented for 'Half'", dtype="float16"),
    ErrorCase("cdist", A(2, 3), A(4, 3), raises=RuntimeError, match="only supports floating-point", dtype="int64"),
]
