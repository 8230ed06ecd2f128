"""The few largest or smallest elements of rows by compiled loops. Sorting is NumPy's: its vector instructions win."""

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
loops = Loops("selection")

#: Elements from which on a call is worth a loop …
LARGE = 1024
#: … while no more than this many are looked for.
FEW = 32


def _leading(x: Array, k: int, dim: int, largest: bool) -> tuple[Array, Array]:
    moved = x if dim == x.ndim - 1 else np.moveaxis(x, dim, -1)
    shape = (*moved.shape[:-1], k)
    values, places = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    count = prod(shape[:-1])
    rows = row_major(moved).reshape(count, moved.shape[-1])
    given = (rows, values.reshape(count, k), places.reshape(count, k))
    spread(loops.largest if largest else loops.smallest, count, *given)
    if dim == x.ndim - 1:
        return values, places
    return np.ascontiguousarray(np.moveaxis(values, -1, dim)), np.ascontiguousarray(np.moveaxis(places, -1, dim))


@table.kernel("topk", dtypes=FLOATS, yields=True, smallest=LARGE)
def topk(x: Array, k: int, dim: int, largest: bool, sorted: bool) -> Any:
    if not 0 < k <= FEW or not x.ndim or not is_usable():
        return NotImplemented
    return _leading(x, k, dim, largest)
