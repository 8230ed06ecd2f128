"""Cases of max and average pooling, compared with loops over windows."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING, INTEGRAL, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]

nan, inf = float("nan"), float("inf")


def _each(value: Any, rank: int) -> Sizes:
    return tuple(value) * (rank // len(value)) if isinstance(value, tuple | list) else (value,) * rank


def _count(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    count = 0
    # A window starts within the input or its left border, and fits into the bordered input unless ceil_mode is set.
    while True:
        start, stop = count * stride, count * stride + dilation * (kernel - 1) + 1
        whole = stop <= size + 2 * padding
        if not whole and not (
            ceil_mode and start < size + padding and start + dilation * (kernel - 1) + 1 - stride < size + 2 * padding
        ):
            return count
        count += 1


def _window(
    position: Sizes, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> list[Sizes]:
    """Places of the input in one window, in row-major order; the border is left out."""
    axes = [
        [q for o in range(k) if 0 <= (q := p * s - b + o * d) < n]
        for p, n, k, s, b, d in zip(position, sizes, kernel, stride, padding, dilation, strict=True)
    ]
    return list(product(*axes))


def _max_pool(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    rank: int,
) -> Any:
    kernel = _each(kernel_size, rank)
    step = kernel if stride is None else _each(stride, rank)
    border, spread = _each(padding, rank), _each(dilation, rank)
    sizes = x.shape[-rank:]
    counts = tuple(_count(*args, ceil_mode) for args in zip(sizes, kernel, step, border, spread, strict=True))
    flat = x.reshape(-1, *sizes)
    values = np.zeros((len(flat), *counts), x.dtype)
    indices = np.zeros(values.shape, np.int64)
    for image in range(len(flat)):
        for position in product(*map(range, counts)):
            best, where = None, None
            for place in _window(position, sizes, kernel, step, border, spread):
                value = flat[(image, *place)]
                if best is None or value > best or value != value:
                    best, where = value, place
            values[(image, *position)] = best
            indices[(image, *position)] = np.ravel_multi_index(where, sizes)
    shape = (*x.shape[:-rank], *counts)
    return (values.reshape(shape), indices.reshape(shape)) if return_indices else values.reshape(shape)


def _avg_pool(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    rank: int,
) -> Array:
    kernel = _each(kernel_size, rank)
    step = kernel if stride is None else _each(stride, rank)
    border = _each(padding, rank)
    sizes = x.shape[-rank:]
    dense = (1,) * rank
    counts = tuple(_count(*args, ceil_mode) for args in zip(sizes, kernel, step, border, dense, strict=True))
    out = np.zeros((*x.shape[:-rank], *counts), x.dtype)
    for position in product(*map(range, counts)):
        places = _window(position, sizes, kernel, step, border, dense)
        starts = [p * s - b for p, s, b in zip(position, step, border, strict=True)]
        stops = [min(a + k, n + b) for a, k, n, b in zip(starts, kernel, sizes, border, strict=True)]
        bordered = np.prod([b - a for a, b in zip(starts, stops, strict=True)])
        divisor = divisor_override or (bordered if count_include_pad else len(places))
        out[(..., *position)] = sum(x[(..., *place)] for place in places) / divisor
    return out


def _rank(function: Any, rank: int, **settings: Any) -> Any:
    return lambda *args, **kwargs: function(*args, **settings, **kwargs, rank=rank)


def _winners(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Any:
    values, indices = _max_pool(x, kernel, stride, padding, dilation, True, True, rank=len(kernel))
    assert values.shape[-len(kernel) :] == counts
    sizes = x.shape[-len(kernel) :]
    winners = np.zeros(indices.shape, np.uint8)
    for index in np.ndindex(*indices.shape):
        place = np.unravel_index(indices[index], sizes)
        position = index[-len(kernel) :]
        offset = [
            (q + b - p * s) // d for q, p, s, b, d in zip(place, position, stride, padding, dilation, strict=True)
        ]
        winners[index] = np.ravel_multi_index(offset, kernel)
    return values, winners


def _put(
    values: Array, winners: Array, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Array:
    rank = len(kernel)
    out = np.zeros((*values.shape[:-rank], *sizes), values.dtype)
    for index in np.ndindex(*values.shape):
        offset = np.unravel_index(int(winners[index]), kernel)
        place = [
            p * s - b + o * d for p, s, b, o, d in zip(index[-rank:], stride, padding, offset, dilation, strict=True)
        ]
        out[(*index[:-rank], *place)] += values[index]
    return out


def _spread(x: Array, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes) -> Array:
    rank = len(sizes)
    out = np.zeros((*x.shape[:-rank], *sizes), x.dtype)
    for position in product(*map(range, x.shape[-rank:])):
        for place in _window(position, sizes, kernel, stride, padding, (1,) * rank):
            out[(..., *place)] += x[(..., *position)]
    return out


def _sum(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, counts: Sizes) -> Array:
    return _avg_pool(x, kernel, stride, padding, True, divisor_override=1, rank=len(kernel))


_WITH_NAN = Values(
    [[[nan, 1, nan, 2, -inf], [3, nan, 1, 3, -inf], [-inf, -inf, -inf, inf, -inf], [-inf, -inf, -inf, 0, -inf]]],
    gradient=False,
)
_TIES = Values(
    [[[1.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 2.0], [0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 1.0, 3.0]]], gradient=False
)

CASES = [
    Case("max_pool", A(2, 7, distinct=True), (3,), (2,), (1,), (1,), (4,), reference=_winners, dtypes=WIDE_FLOATING),
    Case(
        "max_pool",
        A(2, 5, 6, distinct=True),
        (2, 2),
        (2, 2),
        (0, 0),
        (1, 1),
        (3, 3),
        reference=_winners,
        dtypes=WIDE_FLOATING,
    ),
    Case("max_pool", A(0, 4), (2,), (2,), (0,), (1,), (2,), reference=_winners, dtypes=WIDE_FLOATING),
    Case(
        "max_pool_values",
        A(2, 5, 6, distinct=True),
        (2, 2),
        (2, 2),
        (0, 0),
        (1, 1),
        (3, 3),
        reference=lambda *a: _winners(*a)[0],
        dtypes=FLOATING,
    ),
    Case(
        "max_pool_gradient",
        A(2, 2, 2),
        Values([[[0, 1], [2, 3]], [[3, 2], [1, 0]]], dtype="uint8"),
        (4, 5),
        (2, 2),
        (2, 2),
        (0, 0),
        (1, 1),
        reference=_put,
        dtypes=WIDE_FLOATING,
    ),
    Case(
        "max_pool_gradient",
        A(1, 4),
        Values([[1, 2, 0, 1]], dtype="uint8"),
        (5,),
        (3,),
        (1,),
        (1,),
        (1,),
        reference=_put,
        dtypes=WIDE_FLOATING,
    ),
    Case("window_sum", A(2, 5, 6), (2, 3), (2, 1), (0, 1), (3, 6), reference=_sum, dtypes=WIDE_FLOATING),
    Case("window_spread", A(2, 2, 3), (4, 5), (3, 2), (1, 2), (0, 0), reference=_spread, dtypes=WIDE_FLOATING),
    Case("window_spread", A(2, 3), (5,), (3,), (2,), (1,), reference=_spread, dtypes=WIDE_FLOATING),
    *(
        case
        for rank, sizes in ((1, (7,)), (2, (5, 6)), (3, (3, 4, 5)))
        for case in (
            Case(
                f"max_pool{rank}d", A(2, 3, *sizes, distinct=True), 2, reference=_rank(_max_pool, rank), dtypes=FLOATING
            ),
            Case(
                f"max_pool{rank}d",
                A(3, *sizes, distinct=True),
                3,
                2,
                1,
                reference=_rank(_max_pool, rank),
                dtypes=WIDE_FLOATING,
            ),
            Case(
                f"max_pool{rank}d",
                A(2, *sizes, distinct=True),
                2,
                2,
                1,
                1,
                True,
                True,
                reference=_rank(_max_pool, rank),
                dtypes=WIDE_FLOATING,
            ),
            Case(
                f"max_pool{rank}d",
                A(2, *sizes, distinct=True),
                2,
                1,
                dilation=2,
                reference=_rank(_max_pool, rank),
                dtypes=WIDE_FLOATING,
            ),
            Case(
                f"max_pool{rank}d_with_indices",
                A(2, *sizes, distinct=True),
                2,
                reference=_rank(_max_pool, rank, return_indices=True),
                dtypes=WIDE_FLOATING,
            ),
            Case(f"avg_pool{rank}d", A(2, 3, *sizes), 2, reference=_rank(_avg_pool, rank), dtypes=WIDE_FLOATING),
            Case(f"avg_pool{rank}d", A(3, *sizes), 3, 2, 1, reference=_rank(_avg_pool, rank), dtypes=WIDE_FLOATING),
            Case(
                f"avg_pool{rank}d",
                A(2, *sizes),
                3,
                2,
                1,
                True,
                False,
                reference=_rank(_avg_pool, rank),
                dtypes=WIDE_FLOATING,
            ),
        )
    ),
    Case("max_pool2d", _WITH_NAN, 2, return_indices=True, reference=_rank(_max_pool, 2), dtypes=WIDE_FLOATING),
    Case("max_pool2d", _WITH_NAN, 3, 2, 1, return_indices=True, reference=_rank(_max_pool, 2), dtypes=WIDE_FLOATING),
    Case("max_pool2d", _TIES, 2, 1, 1, return_indices=True, reference=_rank(_max_pool, 2), dtypes=WIDE_FLOATING),
    Case("max_pool2d", A(2, 5, 5), (2, 3), (1,), reference=_rank(_max_pool, 2), dtypes=INTEGRAL),
    Case("avg_pool2d", A(2, 4, 4), 2, divisor_override=3, reference=_rank(_avg_pool, 2), dtypes=WIDE_FLOATING),
    Case("avg_pool3d", A(2, 3, 4, 4), 2, divisor_override=3, reference=_rank(_avg_pool, 3), dtypes=WIDE_FLOATING),
    Case("avg_pool2d", _WITH_NAN, 2, 1, reference=_rank(_avg_pool, 2), dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 2, padding=2, raises=RuntimeError, match="at most half of effective kernel"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 0, raises=RuntimeError, match="greater than zero"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 2, stride=0, raises=RuntimeError, match="stride should not be zero"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 2, dilation=0, raises=RuntimeError, match="dilation should be greater"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 5, raises=RuntimeError, match="Output size is too small"),
    ErrorCase("max_pool2d", A(4, 4), 2, raises=RuntimeError, match="Expected 3D or 4D"),
    ErrorCase("max_pool2d", A(1, 0, 4, 4), 2, raises=RuntimeError, match="Expected 3D or 4D"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), (1, 2, 3), raises=RuntimeError, match="tuple of two ints"),
    ErrorCase("max_pool2d", A(1, 1, 4, 4), 2, padding=-1, raises=RuntimeError, match="must be non-negative"),
    ErrorCase(
        "max_pool2d", A(1, 1, 4, 4), 2, raises=NotImplementedError, match="not implemented for 'Bool'", dtype="bool"
    ),
    ErrorCase("max_pool1d", A(4), 2, raises=RuntimeError, match="Expected 2D or 3D"),
    ErrorCase("max_pool3d", A(4, 4, 4), 2, raises=RuntimeError, match="Expected 4D or 5D"),
    ErrorCase("avg_pool1d", A(1, 4), 2, padding=2, raises=RuntimeError, match="at most half"),
    ErrorCase(
        "avg_pool2d", A(1, 1, 4, 4), 2, divisor_override=0, raises=RuntimeError, match="divisor must be not zero"
    ),
    ErrorCase("avg_pool2d", A(1, 1, 4, 4), 2, raises=NotImplementedError, match="not implemented", dtype="complex64"),
    ErrorCase("avg_pool3d", A(1, 2, 2, 2), 3, raises=RuntimeError, match="Output size is too small"),
]
