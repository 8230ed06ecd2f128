"""Cases of covariances and correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

_COUNTS = Values([1, 2, 3, 1, 2], dtype="int64")
_WEIGHTS = Values([0.5, 0.25, 1.0, 0.75, 0.5], gradient=False)


def _cov(x: Array, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Array:
    return np.asarray(np.cov(x, ddof=correction, fweights=fweights, aweights=aweights))


CASES = [
    Case("cov", A(3, 5), reference=_cov, dtypes=WIDE),
    Case("cov", A(5), reference=_cov, dtypes=WIDE_FLOATING),
    Case("cov", A(3, 5), correction=0, reference=_cov, dtypes=WIDE_FLOATING),
    Case("cov", A(3, 5), fweights=_COUNTS, reference=_cov, dtypes=WIDE_FLOATING),
    Case("cov", A(3, 5), fweights=_COUNTS, aweights=_WEIGHTS, reference=_cov, dtypes=WIDE_FLOATING),
    Case("cov", A(3, 5), correction=0, aweights=_WEIGHTS, reference=_cov, dtypes=WIDE_FLOATING),
    Case("corrcoef", A(3, 5), reference=np.corrcoef, dtypes=WIDE),
    Case("corrcoef", A(5), reference=np.corrcoef, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("cov", A(2, 2, 2), raises=RuntimeError, match="two or fewer dimensions"),
    ErrorCase("cov", A(2, 5), fweights=_WEIGHTS, raises=RuntimeError, match="fweights to have integral dtype"),
    ErrorCase("cov", A(2, 4), fweights=_COUNTS, raises=RuntimeError, match="same numel"),
    ErrorCase("corrcoef", A(2, 2, 2), raises=RuntimeError, match="two or fewer dimensions"),
]
