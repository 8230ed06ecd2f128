"""Cases of index_reduce."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]


def _reduced(x: Array, dim: int, index: Array, source: Array, reduce: str, include_self: bool = True) -> Array:
    found = np.moveaxis(x, dim, 0).copy()
    rows = np.moveaxis(source, dim, 0)
    function = {"prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    for place in set(index.tolist()):
        group = [rows[i] for i in range(len(index)) if index[i] == place]
        found[place] = function(np.stack([found[place], *group] if include_self else group), axis=0)
    return np.moveaxis(found, 0, dim)


CASES = []
for name in ("index_reduce", "index_reduce_"):
    more: dict[str, Any] = {"writes": (0,), "gradient": False} if name.endswith("_") else {}
    for reduce in ("prod", "mean", "amax", "amin"):
        CASES += [
            Case(
                name,
                A(3, 4, distinct=True),
                0,
                Values([2, 0, 2, 2], dtype="int64"),
                A(4, 4, distinct=True),
                reduce,
                reference=_reduced,
                **more,
            ),
            Case(
                name,
                A(3, 4, distinct=True),
                -1,
                Values([3, 1], dtype="int64"),
                A(3, 2, distinct=True),
                reduce,
                include_self=False,
                reference=_reduced,
                **more,
            ),
        ]

ERRORS = [
    ErrorCase("index_reduce", A(3), 0, I(2), A(2), "sum", raises=RuntimeError, match="Expected reduce to be one of"),
    ErrorCase("index_reduce", A(3), 0, I(2), A(3), "prod", raises=RuntimeError, match="Number of indices"),
    ErrorCase("index_reduce", A(3), 0, I(2, 1), A(2), "prod", raises=IndexError, match="supposed to be a vector"),
    ErrorCase(
        "index_reduce", A(3), 0, I(2, low=5, high=6), A(2), "prod", raises=IndexError, match="index out of range"
    ),
    ErrorCase("index_reduce", A(3), 0, A(2), A(2), "prod", raises=RuntimeError, match="Expected dtype int32/int64"),
    ErrorCase("index_reduce_", A(3), 0, I(2), A(2), "sum", raises=RuntimeError, match="Expected reduce to be one of"),
]
