"""Cases of adaptive pooling, power-mean pooling and max unpooling."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]

nan, inf = float("nan"), float("inf")


def _counts(x: Array, output_size: Any, rank: int) -> Sizes:
    sizes = output_size if isinstance(output_size, tuple) else (output_size,) * rank
    return tuple(n if c is None else c for c, n in zip(sizes, x.shape[-rank:], strict=True))


def _slices(position: Sizes, sizes: Sizes, counts: Sizes) -> tuple[slice, ...]:
    return tuple(
        slice(int(np.floor(p * n / c)), int(np.ceil((p + 1) * n / c)))
        for p, n, c in zip(position, sizes, counts, strict=True)
    )


def _average(x: Array, output_size: Any, *, rank: int) -> Array:
    counts = _counts(x, output_size, rank)
    out = np.zeros((*x.shape[:-rank], *counts), x.dtype)
    for position in product(*map(range, counts)):
        window = x[(..., *_slices(position, x.shape[-rank:], counts))]
        out[(..., *position)] = window.mean(axis=tuple(range(-rank, 0)))
    return out


def _maximum(x: Array, output_size: Any, return_indices: bool = False, *, rank: int) -> Any:
    sizes, counts = x.shape[-rank:], _counts(x, output_size, rank)
    flat = x.reshape(-1, *sizes)
    values = np.zeros((len(flat), *counts), x.dtype)
    indices = np.zeros(values.shape, np.int64)
    numbers = np.arange(np.prod(sizes)).reshape(sizes)
    for image in range(len(flat)):
        for position in product(*map(range, counts)):
            places = _slices(position, sizes, counts)
            window, where = flat[image][places].ravel(), numbers[places].ravel()
            missing = np.flatnonzero(np.isnan(window))
            chosen = missing[-1] if len(missing) else np.argmax(window)
            values[(image, *position)], indices[(image, *position)] = window[chosen], where[chosen]
    shape = (*x.shape[:-rank], *counts)
    return (values.reshape(shape), indices.reshape(shape)) if return_indices else values.reshape(shape)


def _power(x: Array, norm_type: float, kernel_size: int, stride: int | None = None, *, rank: int) -> Array:
    step = stride or kernel_size
    counts = [(n - kernel_size) // step + 1 for n in x.shape[-rank:]]
    out = np.zeros((*x.shape[:-rank], *counts), x.dtype)
    for position in product(*map(range, counts)):
        window = x[(..., *(slice(p * step, p * step + kernel_size) for p in position))]
        out[(..., *position)] = (window**norm_type).sum(axis=tuple(range(-rank, 0))) ** (1 / norm_type)
    return out


def _unpool(
    x: Array,
    indices: Array,
    kernel_size: int,
    stride: Any = None,
    padding: int = 0,
    output_size: Any = None,
    *,
    rank: int,
) -> Array:
    sizes = output_size or tuple((n - 1) * (stride or kernel_size) + kernel_size - 2 * padding for n in x.shape[-rank:])
    out = np.zeros((*x.shape[:-rank], int(np.prod(sizes))), x.dtype)
    np.put_along_axis(out, indices.reshape(*x.shape[:-rank], -1), x.reshape(*x.shape[:-rank], -1), -1)
    return out.reshape(*x.shape[:-rank], *sizes)


def _rank(function: Any, rank: int, **settings: Any) -> Any:
    return lambda *args, **kwargs: function(*args, **settings, **kwargs, rank=rank)


_WITH_NAN = Values([[[nan, 1, nan, 2, -inf], [3, nan, 1, 3, -inf], [0, 1, 2, inf, -inf]]], gradient=False)

CASES = [
    Case("adaptive_mean", A(2, 7), (3,), reference=_rank(_average, 1), dtypes=WIDE_FLOATING),
    Case("adaptive_mean", A(2, 3), (0,), reference=_rank(_average, 1), dtypes=WIDE_FLOATING),
    *(
        case
        for rank, sizes in ((1, (7,)), (2, (5, 6)), (3, (3, 4, 5)))
        for case in (
            Case(
                f"adaptive_avg_pool{rank}d", A(2, 3, *sizes), 3, reference=_rank(_average, rank), dtypes=WIDE_FLOATING
            ),
            Case(f"adaptive_avg_pool{rank}d", A(3, *sizes), 1, reference=_rank(_average, rank), dtypes=WIDE_FLOATING),
            Case(f"adaptive_avg_pool{rank}d", A(1, *sizes), 8, reference=_rank(_average, rank), dtypes=WIDE_FLOATING),
            Case(
                f"adaptive_max_pool{rank}d",
                A(2, 3, *sizes, distinct=True),
                3,
                reference=_rank(_maximum, rank),
                dtypes=WIDE_FLOATING,
            ),
            Case(
                f"adaptive_max_pool{rank}d",
                A(2, *sizes, distinct=True),
                1,
                True,
                reference=_rank(_maximum, rank),
                dtypes=WIDE_FLOATING,
            ),
            Case(
                f"adaptive_max_pool{rank}d_with_indices",
                A(2, *sizes, distinct=True),
                2,
                reference=_rank(_maximum, rank, return_indices=True),
                dtypes=WIDE_FLOATING,
            ),
            Case(f"lp_pool{rank}d", A(2, *sizes, low=0.5), 2, 2, reference=_rank(_power, rank), dtypes=WIDE_FLOATING),
            Case(
                f"lp_pool{rank}d",
                A(2, 2, *sizes, low=0.5),
                3.0,
                2,
                1,
                reference=_rank(_power, rank),
                dtypes=WIDE_FLOATING,
            ),
        )
    ),
    Case("adaptive_avg_pool2d", A(2, 3, 4, 5), (None, 2), reference=_rank(_average, 2), dtypes=FLOATING),
    Case("adaptive_max_pool2d", _WITH_NAN, 2, True, reference=_rank(_maximum, 2), dtypes=WIDE_FLOATING),
    Case("max_unpool1d", A(1, 3), Values([[1, 2, 5]], dtype="int64"), 2, reference=_rank(_unpool, 1)),
    Case(
        "max_unpool2d",
        A(1, 1, 2, 2),
        Values([[[[0, 7], [9, 24]]]], dtype="int64"),
        2,
        output_size=(5, 5),
        reference=_rank(_unpool, 2),
    ),
    Case("max_unpool3d", A(1, 2, 1, 1), Values([[[[3]], [[12]]]], dtype="int64"), 2, reference=_rank(_unpool, 3)),
]

ERRORS = [
    ErrorCase("adaptive_avg_pool1d", A(4), 3, raises=RuntimeError, match="Expected 2D or 3D"),
    ErrorCase("adaptive_avg_pool2d", A(1, 1, 4, 4), (2, 3, 4), raises=RuntimeError, match="output_size must be 2"),
    ErrorCase("adaptive_avg_pool2d", A(1, 1, 4, 4), -1, raises=RuntimeError, match="greater than or equal to 0"),
    ErrorCase("adaptive_avg_pool2d", A(1, 1, 0, 4), 2, raises=RuntimeError, match="dimension 2 being empty"),
    ErrorCase("adaptive_avg_pool2d", A(1, 4, 4), 2, raises=NotImplementedError, match="not implemented", dtype="int64"),
    ErrorCase("adaptive_avg_pool3d", A(4, 4, 4), 3, raises=RuntimeError, match="Expected 4D or 5D"),
    ErrorCase("adaptive_max_pool2d", A(4, 4), 3, raises=RuntimeError, match="Expected 3D or 4D"),
    ErrorCase("adaptive_max_pool1d", A(1, 4), 3, raises=NotImplementedError, match="not implemented", dtype="int64"),
    ErrorCase(
        "max_unpool2d",
        A(1, 1, 2, 2),
        Values([[[[0, 1], [2, 16]]]], dtype="int64"),
        2,
        raises=RuntimeError,
        match="invalid max index: 16",
    ),
    ErrorCase(
        "max_unpool1d", A(1, 2), Values([[0, 1]], dtype="int32"), 2, raises=RuntimeError, match="should be type int64"
    ),
    ErrorCase(
        "max_unpool1d",
        A(1, 2),
        Values([[0, 1, 2]], dtype="int64"),
        2,
        raises=RuntimeError,
        match="Expected shape of indices",
    ),
    ErrorCase(
        "max_unpool1d",
        A(1, 2),
        Values([[0, 1]], dtype="int64"),
        2,
        output_size=(9,),
        raises=ValueError,
        match="invalid output_size",
    ),
]
