"""Tables of embeddings on NumPy arrays: look-up and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .sorting import ranked_rows

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")


@table.kernel("_embedding", dtypes=BOOL + INTEGRAL + ("float16", "bfloat16") + WIDE)
def embedding(weight: Array, indices: Array, padding_idx: int, scale_grad_by_freq: bool) -> Array:
    # The indices were checked: clipping spares NumPy a second check.
    return weight.take(indices, axis=0, mode="clip")


def _summed_runs(rows: Array, starts: Array) -> Array:
    """Sums of runs of rows that begin at `starts`: neighbours are added pair by pair until one row a run is left.

    NumPy's `reduceat` and `add.at` add element by element and take several times as long. `rows` is overwritten.
    """
    while len(starts) < len(rows):
        place = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
        second = place & 1 == 1
        target = np.flatnonzero(second) - 1
        rows[target] += rows[second]
        left = ~second
        starts = np.searchsorted(np.flatnonzero(left), starts)
        rows = rows[left]
    return rows


@table.kernel("_embedding_backward", dtypes=WIDE_FLOATING + COMPLEX)
def embedding_backward(
    grad: Array, indices: Array, num_weights: int, padding_idx: int, scale_grad_by_freq: bool
) -> Array:
    width = grad.shape[-1]
    result = np.zeros((num_weights, width), dtype=grad.dtype)
    flat = indices.reshape(-1)
    if not flat.size or not width:
        return result
    # Rows of the same index side by side: one sum for each index, without adding at random places.
    order = ranked_rows(flat[None], False)[0]
    ordered = flat[order]
    if padding_idx >= 0:
        kept = ordered != padding_idx
        order, ordered = order[kept], ordered[kept]
        if not order.size:
            return result
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sums = _summed_runs(grad.reshape(-1, width).take(order, axis=0), starts)
    if scale_grad_by_freq:
        sums /= np.diff(starts, append=len(ordered))[:, None].astype(grad.real.dtype)
    result[ordered[starts]] = sums
    return result
