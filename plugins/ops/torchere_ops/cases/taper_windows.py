"""Cases of torch.hann_window and its like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtypes import float64, int64
from torchere.testing import Case, ErrorCase

Array = np.ndarray[Any, Any]
ONE = ("float32",)


def _periodic(function: Callable[..., Array]) -> Callable[..., Array]:
    def run(length: int, periodic: bool = True, *more: float, beta: float | None = None, **_: Any) -> Array:
        if length <= 1:
            return np.ones(length)
        more = more if beta is None else (*more, beta)
        return function(length + 1, *more)[:-1] if periodic else function(length, *more)

    return run


CASES = []
for name, function in (
    ("hann_window", np.hanning),
    ("hamming_window", np.hamming),
    ("bartlett_window", np.bartlett),
    ("blackman_window", np.blackman),
    ("kaiser_window", lambda m, beta=12.0: np.kaiser(m, beta)),
):
    reference = _periodic(function)
    CASES += [
        *[Case(name, length, reference=reference, dtypes=ONE) for length in (0, 1, 2, 7, 16)],
        Case(name, 6, False, reference=reference, dtypes=ONE),
        Case(name, 9, periodic=False, dtype=float64, reference=reference, dtypes=ONE),
    ]
CASES += [
    Case("kaiser_window", 9, True, 3.0, reference=_periodic(np.kaiser), dtypes=ONE),
    Case("kaiser_window", 9, beta=5.0, reference=_periodic(np.kaiser), dtypes=ONE),
    Case(
        "hamming_window",
        4,
        False,
        0.5,
        0.25,
        reference=lambda n, p, a, b, **_: a - b * np.cos(np.arange(4) * 2 * np.pi / 3),
        dtypes=ONE,
    ),
]

ERRORS = [
    ErrorCase(name, -1, raises=RuntimeError, match="requires non-negative window_length")
    for name in ("hann_window", "hamming_window", "bartlett_window", "blackman_window", "kaiser_window")
]
ERRORS += [
    ErrorCase("hann_window", 4, dtype=int64, raises=RuntimeError, match="expects floating point dtypes"),
]
