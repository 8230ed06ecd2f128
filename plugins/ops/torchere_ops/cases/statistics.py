"""Cases of covariances and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, I

Array = np.ndarray[Any, Any]
BOTH = WIDE_FLOATING + COMPLEX


def _cov(x: Array, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Array:
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


CASES = [
    Case("cov", A(3, 5), reference=_cov, dtypes=BOTH),
    Case("cov", A(3, 5), correction=0, reference=_cov, dtypes=FLOATING),
    Case("cov", A(6), reference=_cov),
    Case("cov", A(2, 5), fweights=I(5, low=1, high=4), reference=_cov),
    Case("cov", A(2, 5), aweights=A(5, low=0.1, high=1, gradient=False), reference=_cov, dtypes=WIDE_FLOATING),
    Case(
        "cov",
        A(2, 5),
        correction=2,
        fweights=I(5, low=1, high=4),
        aweights=A(5, low=0.1, high=1, gradient=False),
        reference=_cov,
        dtypes=WIDE_FLOATING,
    ),
    Case("cov", A(2, 5, low=0, high=9), reference=_cov, dtypes=("int64",)),
    Case("corrcoef", A(3, 5), reference=np.corrcoef, dtypes=BOTH, gradient=False, why="limited at the diagonal's 1"),
    Case("corrcoef", A(6), reference=np.corrcoef, gradient=False, why="constant"),
    Case("corrcoef", A(2, 5, low=0, high=9), reference=np.corrcoef, dtypes=("int64",)),
]

ERRORS = [
    ErrorCase("cov", A(1, 1, 1), raises=RuntimeError, match="two or fewer dimensions"),
    ErrorCase("cov", A(3), dtype="bool", raises=RuntimeError, match="bool dtype is not supported"),
    ErrorCase("cov", A(3, 4), fweights=I(2), raises=RuntimeError, match="same numel as there are observations"),
    ErrorCase("cov", A(3, 4), fweights=A(4), raises=RuntimeError, match="integral dtype"),
    ErrorCase("cov", A(3, 4), aweights=I(4), raises=RuntimeError, match="floating point dtype"),
    ErrorCase("cov", A(3, 4), fweights=I(4, low=-3, high=-1), raises=RuntimeError, match="fweights cannot be negative"),
    ErrorCase("corrcoef", A(1, 1, 1), raises=RuntimeError, match="two or fewer dimensions"),
]
