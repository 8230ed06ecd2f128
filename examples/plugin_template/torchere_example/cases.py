"""Cases of `softcap`, with an independent reference in NumPy. Every device that is checked runs them."""

import numpy as np
from torchere.testing import A, Case, ErrorCase, Values

__all__ = ["CASES", "ERRORS"]


def softcap(x: np.ndarray, cap: float = 30.0) -> np.ndarray:
    return np.tanh(x / cap) * cap


CASES = [
    Case("softcap", A(3, 4), reference=softcap),
    Case("softcap", A(2, 3, low=-90.0, high=90.0), cap=20.0, reference=softcap),
    Case("softcap", Values([np.inf, -np.inf, np.nan, 0.0], gradient=False), 5.0, reference=softcap),
]
ERRORS = [ErrorCase("softcap", A(2), 0.0, raises=ValueError, match="cap should be positive, got 0")]
