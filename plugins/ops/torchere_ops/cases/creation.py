"""Cases of factories of constants and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, BOOL, COMPLEX, FLOATING, INTEGRAL
from torchere.dtypes import bool_, complex64, float64, int8, int64, uint8
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

inf = float("inf")
ONE = ("float32",)
TYPES = INTEGRAL + FLOATING + COMPLEX + BOOL


def _arange(*bounds: float, start: float = 0, end: float | None = None, step: float = 1, **_: Any) -> Array:
    if len(bounds) == 1 and end is None:
        bounds = (start, bounds[0], step)
    elif len(bounds) == 1:
        bounds = (bounds[0], end, step)
    elif not bounds:
        bounds = (start, end, step)
    first, last, by = (*bounds, step)[:3]
    values = []
    while (first + len(values) * by - last) * (1 if by > 0 else -1) < 0:
        values.append(first + len(values) * by)
    return np.array(values, dtype=np.int64 if all(isinstance(value, int) for value in values) else np.float64)


def _shape_of(result: Array, *inputs: Any, **kwargs: Any) -> None:
    size = inputs[-1] if isinstance(inputs[-1], tuple) else inputs[0].shape
    assert result.shape == size, f"shape {result.shape}, expected {size}"


def _linspace(start: complex, end: complex, steps: int, **_: Any) -> Array:
    return np.array([start + (end - start) * i / max(steps - 1, 1) for i in range(steps)])


def _fill(value: complex) -> Any:
    return lambda x, *_, **__: np.full(x.shape, value, x.dtype)


CASES = [
    *[
        Case(name, size, reference=lambda size, value=value, **_: np.full(size, value), dtypes=ONE)
        for name, value in (("zeros", 0.0), ("ones", 1.0))
        for size in ((2, 3), (), (0, 4), (5,))
    ],
    Case("zeros", (2, 3), dtype=int8, reference=lambda size, **_: np.zeros(size, np.int8), dtypes=ONE),
    Case("ones", (2, 3), dtype=bool_, reference=lambda size, **_: np.ones(size, bool), dtypes=ONE),
    Case("empty", (2, 3), properties=_shape_of, dtypes=ONE),
    Case("empty", (0,), properties=_shape_of, dtypes=ONE),
    Case("empty_strided", (2, 3), (1, 2), properties=lambda result, size, stride: _shape_of(result, size), dtypes=ONE),
    Case("full", (2, 3), 1.5, reference=lambda size, value, **_: np.full(size, value), dtypes=ONE),
    Case("full", (2,), 7, dtype=int64, reference=lambda size, value, **_: np.full(size, value), dtypes=ONE),
    Case("full", (), -1, dtype=uint8, reference=lambda size, value, **_: np.array(255, np.uint8), dtypes=ONE),
    Case("full", (2, 0), True, dtype=bool_, reference=lambda size, value, **_: np.ones(size, bool), dtypes=ONE),
    Case("full", (2,), 1 + 2j, dtype=complex64, reference=lambda size, value, **_: np.full(size, value), dtypes=ONE),
    Case("full", (2,), -inf, reference=lambda size, value, **_: np.full(size, value), dtypes=ONE),
    Case("counted", 2, 3, 4, dtype=int64, reference=lambda *_, **__: np.array([2, 5, 8, 11]), dtypes=ONE),
    Case("counted", 0.5, -0.25, 4, reference=lambda *_, **__: np.array([0.5, 0.25, 0.0, -0.25]), dtypes=ONE),
    Case("counted", 1, 1, 0, dtype=float64, reference=lambda *_, **__: np.empty(0), dtypes=ONE),
    Case("arange", 5, reference=_arange, dtypes=ONE),
    Case("arange", 2, 11, 3, reference=_arange, dtypes=ONE),
    Case("arange", 5, -4, -2, reference=_arange, dtypes=ONE),
    Case("arange", 3, 3, reference=lambda *_: np.empty(0, np.int64), dtypes=ONE),
    Case("arange", 2.5, reference=_arange, dtypes=ONE),
    Case("arange", 0, 1, 0.1, reference=lambda *_: np.arange(10) * 0.1, dtypes=ONE),
    Case("arange", 4, dtype=float64, reference=lambda *_, **__: np.arange(4.0), dtypes=ONE),
    Case("arange", start=1, end=7, step=2, reference=_arange, dtypes=ONE),
    Case("linspace", 0, 1, 5, reference=_linspace, dtypes=ONE),
    Case("linspace", 3, -2.5, 4, reference=_linspace, dtypes=ONE),
    Case("linspace", 3, 9, 1, reference=_linspace, dtypes=ONE),
    Case("linspace", 3, 9, 0, reference=_linspace, dtypes=ONE),
    Case("linspace", -10, 0, 4, dtype=int64, reference=lambda *_, **__: np.array([-10, -6, -3, 0]), dtypes=ONE),
    Case("logspace", 0, 2, 3, reference=lambda *_: np.array([1.0, 10.0, 100.0]), dtypes=ONE),
    Case("logspace", -1, 3, 5, 2.0, reference=lambda *_: 2.0 ** np.arange(-1, 4), dtypes=ONE),
    Case("eye", 3, reference=lambda n: np.identity(n), dtypes=ONE),
    Case("eye", 2, 4, reference=lambda n, m: np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]]), dtypes=ONE),
    Case("eye", 4, 2, reference=lambda n, m: np.array([[1.0, 0], [0, 1], [0, 0], [0, 0]]), dtypes=ONE),
    Case("eye", 0, 3, reference=lambda n, m: np.zeros((0, 3)), dtypes=ONE),
    *[
        Case(name, A(*shape), *more, reference=_fill(value), dtypes=TYPES, gradient=False)
        for name, more, value in (("zeros_like", (), 0), ("ones_like", (), 1), ("full_like", (1,), 1))
        for shape in ((2, 3), (), (0, 2))
    ],
    Case("zeros_like", A(2, 3), dtype=int64, reference=lambda x, **_: np.zeros((2, 3), np.int64), gradient=False),
    Case("empty_like", A(2, 3), properties=_shape_of, dtypes=ALL, gradient=False),
    *[
        Case(
            name,
            A(4),
            (2, 3),
            *more,
            reference=lambda x, *_, v=value: np.full((2, 3), v, x.dtype),
            dtypes=TYPES,
            gradient=False,
        )
        for name, more, value in (("new_zeros", (), 0), ("new_ones", (), 1), ("new_full", (1,), 1))
    ],
    Case("new_empty", A(4), (2, 3), properties=_shape_of, gradient=False),
    Case(
        "new_empty_strided",
        A(4),
        (2, 3),
        (1, 2),
        properties=lambda result, x, size, stride: _shape_of(result, size),
        gradient=False,
    ),
]

ERRORS = [
    ErrorCase("zeros", (-1,), raises=RuntimeError, match="negative dimension"),
    ErrorCase("ones", (2, -3), raises=RuntimeError, match="negative dimension"),
    ErrorCase("empty", (-1,), raises=RuntimeError, match="negative dimension"),
    ErrorCase("eye", -1, raises=RuntimeError, match="n must be greater or equal to 0, got -1"),
    ErrorCase("new_full", Values([1], dtype="uint8"), (2,), 300, raises=RuntimeError, match="without overflow"),
    ErrorCase("arange", 5, 1, raises=RuntimeError, match="inconsistent with step sign"),
    ErrorCase("arange", 0, 1, 0, raises=RuntimeError, match="step must be nonzero"),
    ErrorCase("arange", 0, inf, raises=RuntimeError, match="unsupported range"),
    ErrorCase("linspace", 0, 1, -1, raises=RuntimeError, match="number of steps must be non-negative"),
    ErrorCase("empty_strided", (2, 3), (1,), raises=RuntimeError, match="must match dimensionality of strides"),
    ErrorCase("new_full", Values([1.0]), 2, 3, raises=TypeError, match="must be tuple of ints, not int"),
]
