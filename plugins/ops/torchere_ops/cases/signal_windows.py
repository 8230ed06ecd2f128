"""Cases of torch.signal.windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.signal import windows

from torchere.dtypes import float64, int64
from torchere.testing import Case, ErrorCase

Array = np.ndarray[Any, Any]
ONE = ("float32",)


def _reference(function: Callable[..., Array], *given: Any) -> Callable[..., Array]:
    def run(M: int, sym: bool = True, **options: Any) -> Array:
        options = {name: value for name, value in options.items() if name not in ("dtype", "device")}
        return function(M, *given, **options, sym=sym)

    return run


CASES = []
for name, function, given, options in (
    ("bartlett", windows.bartlett, (), {}),
    ("blackman", windows.blackman, (), {}),
    ("cosine", windows.cosine, (), {}),
    ("exponential", windows.exponential, (), {"tau": 3.0}),
    ("gaussian", windows.gaussian, (), {"std": 2.0}),
    ("general_cosine", windows.general_cosine, (), {"a": [0.5, 0.3, 0.2]}),
    ("general_hamming", windows.general_hamming, (), {"alpha": 0.6}),
    ("hamming", windows.hamming, (), {}),
    ("hann", windows.hann, (), {}),
    ("kaiser", windows.kaiser, (), {"beta": 5.0}),
    ("nuttall", windows.nuttall, (), {}),
):
    reference = _reference(function, *given)
    CASES += [
        *[Case(f"windows_{name}", M, **options, reference=reference, dtypes=ONE) for M in (0, 1, 2, 7, 8)],
        Case(f"windows_{name}", 6, **options, sym=False, dtype=float64, reference=reference, dtypes=ONE),
    ]
CASES += [
    Case("windows_kaiser", 5, reference=lambda M, **_: np.kaiser(M, 12.0), dtypes=ONE),
    Case(
        "windows_exponential",
        5,
        center=1.0,
        sym=False,
        dtypes=ONE,
        reference=lambda M, **_: np.exp(-np.abs(np.arange(5) - 1.0)),
    ),
]

ERRORS = [
    ErrorCase("windows_hann", -1, raises=ValueError, match="requires non-negative window length, got M=-1"),
    ErrorCase("windows_hann", 5, dtype=int64, raises=ValueError, match="expects float32 or float64 dtypes"),
    ErrorCase("windows_gaussian", 5, std=0.0, raises=ValueError, match="must be positive"),
    ErrorCase("windows_exponential", 5, tau=-1.0, raises=ValueError, match="must be positive"),
]
