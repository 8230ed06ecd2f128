"""Cases of sliding windows and fold."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]


def _extract(x: Array, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    lead = x.ndim - len(kernel)
    counts = [
        max(0, (n - d * (k - 1) - 1) // s + 1)
        for n, k, s, d in zip(x.shape[lead:], kernel, stride, dilation, strict=True)
    ]
    out = np.zeros((*x.shape[:lead], *kernel, *counts), x.dtype)
    for offset in product(*map(range, kernel)):
        for position in product(*map(range, counts)):
            place = tuple(p * s + o * d for p, s, o, d in zip(position, stride, offset, dilation, strict=True))
            out[(..., *offset, *position)] = x[(..., *place)]
    return out


def _accumulate(x: Array, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    lead = x.ndim - 2 * len(sizes)
    out = np.zeros((*x.shape[:lead], *sizes), x.dtype)
    for index in product(*map(range, x.shape[lead:])):
        offset, position = index[: len(sizes)], index[len(sizes) :]
        place = tuple(p * s + o * d for p, s, o, d in zip(position, stride, offset, dilation, strict=True))
        out[(..., *place)] += x[(..., *index)]
    return out


def _pair(value: int | Sizes) -> Sizes:
    return value if isinstance(value, tuple) else (value, value)


def _fold(
    x: Array,
    output_size: int | Sizes,
    kernel_size: int | Sizes,
    dilation: int | Sizes = 1,
    padding: int | Sizes = 0,
    stride: int | Sizes = 1,
) -> Array:
    (h, w), (kh, kw), (dh, dw), (ph, pw), (sh, sw) = map(_pair, (output_size, kernel_size, dilation, padding, stride))
    counts = ((h + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1)
    windows = x.reshape(*x.shape[:-2], x.shape[-2] // (kh * kw), kh, kw, *counts)
    canvas = _accumulate(windows, (h + 2 * ph, w + 2 * pw), (sh, sw), (dh, dw))
    return canvas[..., ph : ph + h, pw : pw + w]


CASES = [
    Case("extract_windows", A(2, 7), (3,), (2,), (1,), reference=_extract, dtypes=FLOATING + COMPLEX),
    Case("extract_windows", A(2, 3, 6, 5), (2, 3), (1, 2), (2, 1), reference=_extract),
    Case("extract_windows", A(2, 4, 3, 4), (1, 2, 3), (2, 1, 1), (1, 1, 1), reference=_extract),
    Case("extract_windows", A(2, 2), (3,), (1,), (1,), reference=_extract),
    Case("accumulate_windows", A(2, 3, 3), (7,), (2,), (1,), reference=_accumulate, dtypes=FLOATING + COMPLEX),
    Case("accumulate_windows", A(3, 2, 3, 4, 2), (6, 5), (1, 2), (2, 1), reference=_accumulate),
    Case("accumulate_windows", A(2, 3, 0), (5,), (1,), (1,), reference=_accumulate),
    Case("fold", A(2, 12, 4), (4, 3), (3, 2), reference=_fold),
    Case("fold", A(6, 6), (4, 5), (2, 3), padding=(1, 0), stride=2, reference=_fold),
    Case("fold", A(1, 8, 4), 4, 2, dilation=2, reference=_fold),
]

ERRORS = [
    ErrorCase("fold", A(1, 17, 4), (4, 4), 3, raises=RuntimeError, match="divisible by the product of kernel_size"),
    ErrorCase("fold", A(1, 18, 5), (4, 4), 3, raises=RuntimeError, match=r"2 \* 2 = 4, but got input.size\(2\)=5"),
    ErrorCase("fold", A(1, 1, 18, 4), (4, 4), 3, raises=RuntimeError, match="Expected 2D or 3D"),
    ErrorCase(
        "fold", A(1, 18, 4), (4, 4), 3, stride=0, raises=RuntimeError, match="stride should be greater than zero"
    ),
]
