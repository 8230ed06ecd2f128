"""Cases of divisors and multiples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, Values

DIVISIBLE = ("uint8", "int8", "int16", "int32", "int64")
Array = np.ndarray[Any, Any]

CASES = []
for name, function in (("gcd", math.gcd), ("lcm", math.lcm)):

    def run(x: Any, y: Any, f: Any = function) -> Array:
        kind = x.dtype if isinstance(x, np.ndarray) else y.dtype
        return np.vectorize(f, otypes=[kind])(x, y)

    CASES += [
        Case(name, A(3, 4, low=0, high=11), A(4, low=0, high=11), reference=run, dtypes=DIVISIBLE),
        Case(
            name,
            Values([-6, 4, 0, 9, -8]),
            Values([4, -6, 0, 0, -12]),
            reference=run,
            dtypes=("int8", "int32", "int64"),
        ),
        Case(name, A(low=0, high=11), A(low=0, high=11), reference=run, dtypes=("int64",)),
        Case(name, A(0, 3), A(3), reference=lambda x, y: np.empty((0, 3), x.dtype), dtypes=("int64",)),
    ]

ERRORS = [
    ErrorCase("gcd", A(2), A(2), raises=NotImplementedError, match="not implemented for 'Float'"),
    ErrorCase("lcm", A(2), A(2), raises=NotImplementedError, match="not implemented for 'Float'"),
]
