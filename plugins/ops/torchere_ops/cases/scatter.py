"""Cases of scattering."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, COMPLEX, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

NUMBERS = INTEGRAL + FLOATING + COMPLEX
REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _scatter(x: Array, dim: int, index: Array, src: Any, reduce: str = "") -> Array:
    out = np.array(x).reshape(x.shape or (1,))
    index = index.reshape(index.shape or (1,))
    for place in np.ndindex(*index.shape):
        to = list(place)
        to[dim] = index[place]
        value = src if np.ndim(src) == 0 else src[place]
        old = out[tuple(to)]
        out[tuple(to)] = old + value if reduce == "add" else old * value if reduce == "multiply" else value
    return out.reshape(x.shape)


def _add(x: Array, dim: int, index: Array, src: Array) -> Array:
    return _scatter(x, dim, index, src, "add")


def _reduce(x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool = True) -> Array:
    sent: dict[tuple[int, ...], list[Any]] = {}
    for place in np.ndindex(*index.shape):
        to = list(place)
        to[dim] = index[place]
        sent.setdefault(tuple(to), [x[tuple(to)]] if include_self else []).append(src[place])
    out = x.copy()
    function = {"sum": np.sum, "prod": np.prod, "amax": np.max, "amin": np.min, "mean": np.mean}[reduce]
    for place, values in sent.items():
        found = function(np.array(values))
        out[place] = np.floor(found) if x.dtype.kind in "iu" and reduce == "mean" else found
    return out


INDEX = Values([[0, 2], [1, 1]], dtype="int64")
NAN = float("nan")

CASES = [
    Case("scatter", A(3, 4), 1, I(3, 2, high=4, unique=True), A(3, 2), reference=_scatter, dtypes=ALL),
    Case("scatter", A(3, 4), 0, I(2, 4, high=1), 1, reference=_scatter, dtypes=ALL),
    Case("scatter", A(2, 3, 4), -1, I(2, 2, 2, high=4, unique=True), A(2, 3, 4), reference=_scatter),
    Case("scatter", A(3, 4), 1, INDEX, value=-0.5, reference=lambda x, d, i, value: _scatter(x, d, i, value)),
    Case("scatter", A(3, 4), 1, INDEX, 3.0, reduce="add", reference=_scatter),
    Case("scatter", A(3, 4), 1, INDEX, 3.0, reduce="multiply", reference=_scatter),
    Case("scatter", A(), 0, I(high=1), A(), reference=_scatter),
    Case("scatter", A(2, 3), 1, I(2, 0), A(2, 3), reference=_scatter),
    Case("scatter_src", A(3, 4), 1, I(3, 2, high=4, unique=True), A(3, 4), reference=_scatter, dtypes=ALL),
    Case("scatter_value", A(3, 4), 1, I(3, 2, high=4), 2, reference=_scatter, dtypes=ALL),
    Case("scatter_", A(3, 4), 1, I(3, 2, high=4, unique=True), A(3, 4), reference=_scatter, dtypes=ALL),
    Case("scatter_", A(3, 4), 0, I(2, 3, high=3), 2, reference=_scatter, dtypes=ALL),
    Case("scatter_", A(3, 4), 1, INDEX, 3.0, reduce="add", reference=_scatter),
    Case("scatter_add", A(3, 4), 1, I(3, 6, high=4), A(3, 6), reference=_add, dtypes=NUMBERS),
    Case("scatter_add", A(3, 4), 0, I(2, 3, high=3, dtype="int32"), A(2, 4), reference=_add),
    Case("scatter_add", A(2, 3, 4), 1, I(2, 5, 3, high=3), A(2, 5, 3), reference=_add),
    Case("scatter_add", A(), 0, I(high=1), A(), reference=_add),
    Case("scatter_add", A(2, 3), 1, I(2, 0), A(2, 0), reference=_add),
    *[
        Case(
            "scatter_reduce",
            A(2, 3, low=0.5, distinct=True),
            1,
            INDEX,
            A(2, 2, low=0.5, distinct=True),
            reduce,
            include_self=include_self,
            reference=_reduce,
            dtypes=(INTEGRAL if reduce in ("amax", "amin") else ("int64",)) + FLOATING,
        )
        for reduce in REDUCTIONS
        for include_self in (True, False)
    ],
    Case("scatter_reduce", A(4, 3), 0, I(5, 2, high=4), A(5, 3), "mean", reference=_reduce),
    Case(
        "scatter_reduce",
        Values([[1.0, 2.0]]),
        1,
        I(1, 1, high=1),
        Values([[NAN]]),
        "amax",
        reference=_reduce,
        gradient=False,
    ),
    # A product with one zero has a gradient at that zero only.
    Case("scatter_reduce", Values([[2.0, 3.0]]), 1, I(1, 2, high=1), Values([[0.0, 4.0]]), "prod", reference=_reduce),
]

ERRORS = [
    ErrorCase(
        "scatter", A(2, 3), 1, Values([[5]], dtype="int64"), 1.0, raises=RuntimeError, match="index 5 is out of bounds"
    ),
    ErrorCase(
        "scatter", A(2, 3), 1, I(1, 1), I(1, 1), raises=RuntimeError, match="self.dtype to be equal to src.dtype"
    ),
    ErrorCase("scatter", A(2, 3), 1, I(1, 3, high=3), A(1, 1), raises=RuntimeError, match="no larger size than src"),
    ErrorCase("scatter", A(2, 3), 1, I(2), 1.0, raises=RuntimeError, match="same number of dimensions as input"),
    ErrorCase("scatter", A(2, 3), 1, A(2, 3), 1.0, raises=RuntimeError, match="Expected dtype int32/int64 for index"),
    ErrorCase(
        "scatter", A(2, 3), 1, I(2, 1), 1.0, reduce="max", raises=RuntimeError, match="must be either add or multiply"
    ),
    ErrorCase(
        "scatter_add", A(2, 3), 1, Values([[-1]], dtype="int64"), A(1, 1), raises=RuntimeError, match="index -1 is out"
    ),
    ErrorCase("scatter_add", A(2, 3), 1, I(1, 1), I(1, 1), raises=RuntimeError, match="to be equal to src.dtype"),
    ErrorCase(
        "scatter_reduce", A(2, 3), 1, I(1, 1), A(1, 1), "max", raises=RuntimeError, match="must be either sum, prod"
    ),
]
