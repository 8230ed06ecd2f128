"""Cases of the Airy function."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING
from torchere.testing import A, Case, ErrorCase, I, Values


def _airy(x: Any) -> Any:
    from scipy.special import airy

    found = np.asarray(airy(x)[0])
    return np.where(np.isinf(x), np.nan, found)


CASES = [
    Case("special_airy_ai", A(4, 5, low=-12, high=6), reference=_airy, dtypes=FLOATING, gradient=False),
    Case("special_airy_ai", Values([-2.0, 2.0, 0.0, float("inf"), float("nan"), -30.0, 40.0]), reference=_airy,
         dtypes=FLOATING, gradient=False),
    Case("special_airy_ai", A(0), reference=_airy, dtypes=FLOATING, gradient=False),
]  # fmt: skip

ERRORS = [ErrorCase("special_airy_ai", I(2, dtype="int64"), 3, raises=TypeError, match="positional")]
