"""Max pooling with winners over one or two dimensions, and its gradient, by compiled loops, image by image.

Maxima alone and averages are NumPy's: its passes over many images at once are faster.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from torchere_dispatch import KernelTable

from .arrays import FLOATS, Array, row_major
from .late import Loops, is_usable
from .team import spread

__all__ = ["LARGE", "table"]

table = KernelTable(device="cpu", priority=5)
loops = Loops("pooling")

#: Elements from which on a call is worth a loop.
LARGE = 2048

Sizes = tuple[int, ...]


def _pair(sizes: Sizes, missing: int) -> tuple[int, int]:
    """`sizes` of one or two dimensions as two."""
    return (sizes[0], sizes[1]) if len(sizes) == 2 else (missing, sizes[0])


def _images(array: Array, rank: int) -> Array:
    """``(*, H, W)`` or ``(*, L)`` as ``(N, H, W)``, row-major."""
    height = array.shape[-2] if rank == 2 else 1
    return row_major(array).reshape(prod(array.shape[: array.ndim - rank]), height, array.shape[-1])


def _fits(kernel: Sizes) -> bool:
    return len(kernel) <= 2 and is_usable()


def _inside(shape: Sizes, counts: Sizes) -> bool:
    return 2 * counts[0] <= shape[-2] and 2 * counts[1] <= shape[-1]


@table.kernel("max_pool", dtypes=FLOATS, yields=True, smallest=LARGE)
def max_pool(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Any:
    if not _fits(kernel):
        return NotImplemented
    rank = len(kernel)
    images = _images(x, rank)
    shape = (*x.shape[: x.ndim - rank], *counts)
    values, winners = np.empty(shape, x.dtype), np.empty(shape, np.uint8 if prod(kernel) <= 256 else np.int32)
    settings = (_pair(kernel, 1), _pair(stride, 1), _pair(padding, 0), _pair(dilation, 1))
    results = (_images(values, rank), _images(winners, rank))
    if kernel == stride == (2, 2) and padding == (0, 0) and dilation == (1, 1) and _inside(x.shape, counts):
        spread(loops.max_pool_by_two, len(images), images, *results)
    else:
        spread(loops.max_pool, len(images), images, *results, *settings)
    return values, winners


@table.kernel("max_pool_gradient", dtypes=FLOATS, yields=True, smallest=LARGE)
def max_pool_gradient(
    values: Array, winners: Array, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Any:
    if not _fits(kernel):
        return NotImplemented
    rank = len(kernel)
    result = np.empty((*values.shape[: values.ndim - rank], *sizes), values.dtype)
    images = _images(result, rank)
    settings = (_pair(kernel, 1), _pair(stride, 1), _pair(padding, 0), _pair(dilation, 1))
    spread(loops.max_pool_gradient, len(images), _images(values, rank), _images(winners, rank), images, *settings)
    return result
