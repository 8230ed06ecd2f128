"""Cases of histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _one(x: Array, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> tuple[Array, ...]:
    counts, edges = np.histogram(
        x, bins, range, density=density, weights=None if weight is None else weight.reshape(x.shape)
    )
    return counts.astype(float), edges.astype(float)


def _several(x: Array, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> tuple[Any, ...]:
    pairs = None if range is None else [tuple(range[2 * i : 2 * i + 2]) for i in np.arange(len(range) // 2)]
    counts, edges = np.histogramdd(x.reshape(-1, x.shape[-1]), bins, pairs, density, weight)
    return counts, tuple(edges)


def case(name: str, *inputs: Any, **options: Any) -> Case:
    return Case(
        name,
        *inputs,
        reference=_one if name == "histogram" else _several,
        dtypes=WIDE_FLOATING,
        gradient=False,
        **options,
    )


CASES = [
    case("histogram", A(30), 5),
    case("histogram", A(3, 10), 4, range=(-1.0, 1.5)),
    case("histogram", A(30), 5, weight=A(30, low=0.1), density=True),
    case("histogram", A(30), Values([-1.0, -0.25, 0.5, 2.0])),
    case("histogram", Values([0.0, 1.0, 2.0, 2.0]), Values([0.0, 1.0, 2.0])),
    case("histogram", Values([1.0, 1.0]), 2),
    case("histogram", A(0), 3),
    case("histogramdd", A(20, 2), [3, 4]),
    case("histogramdd", A(4, 5, 3), 2, range=[-1.0, 1.0, -2.0, 2.0, 0.0, 1.0]),
    case(
        "histogramdd", A(20, 2), [Values([-2.0, 0.0, 1.0]), Values([-1.0, 0.0, 0.5, 2.0])], weight=A(20), density=True
    ),
]

ERRORS = [
    ErrorCase("histogram", A(3), 4, dtype="int64", raises=NotImplementedError, match="not implemented for 'Long'"),
    ErrorCase("histogram", A(3), 0, raises=RuntimeError, match="bins must be > 0, but got 0"),
    ErrorCase("histogram", A(3), 2, range=(3.0, 1.0), raises=RuntimeError, match="min should not exceed max"),
    ErrorCase("histogram", Values([float("nan")]), 2, raises=RuntimeError, match="is not finite"),
    ErrorCase("histogram", A(3), 2, weight=A(2), raises=RuntimeError, match="it should have the same shape"),
    ErrorCase("histogramdd", A(5, 2), [2], raises=RuntimeError, match="size of bins must be equal"),
    ErrorCase("histogramdd", A(5), [2], raises=RuntimeError, match="at least 2 dimensions"),
    ErrorCase("histogramdd", A(5, 2), 2, range=[0.0, 1.0], raises=RuntimeError, match="range should have 4 elements"),
]
