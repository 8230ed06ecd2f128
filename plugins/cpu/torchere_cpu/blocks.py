"""Chains of elementwise operations, block by block, so that intermediate values stay in the cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["in_blocks"]

#: Bytes of one block: a few of them fit into a core's second-level cache, and the calls weigh little.
BYTES = 1 << 18


def in_blocks(compute: Callable[..., None], x: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """A new array filled by ``compute(out, x, *others)``, called with flat blocks; all have one shape and dtype."""
    out = np.empty(x.shape, x.dtype)
    if not x.ndim:  # operations on 0-d arrays give scalars, which cannot be written to
        compute(out.reshape(1), *[array.reshape(1) for array in (x, *others)])
        return out
    length = BYTES // x.itemsize
    if x.size <= length:
        compute(out, x, *others)
        return out
    flat = out.reshape(-1)
    sources = [np.ascontiguousarray(array).reshape(-1) for array in (x, *others)]
    for start in range(0, flat.size, length):
        stop = start + length
        compute(flat[start:stop], *[source[start:stop] for source in sources])
    return out
