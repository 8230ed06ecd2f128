"""LU factorisation with partial pivoting: blocks of columns, the rest by matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")

#: Columns eliminated one by one before the trailing matrix is updated by one product.
_BLOCK = 48


def _swap(work: Array, at: int, others: Array) -> None:
    """Swap row `at` of each matrix with its row in `others`."""
    batch = np.arange(len(work))
    held = work[:, at].copy()
    work[:, at] = work[batch, others]
    work[batch, others] = held


def _eliminate(work: Array, pivots: Array, info: Array, start: int, stop: int) -> None:
    for k in range(start, stop):
        column = work[:, k:, k]
        # As LAPACK, which sizes complex pivots by the sum of their parts.
        size = np.abs(column.real) + np.abs(column.imag) if column.dtype.kind == "c" else np.abs(column)
        found = size.argmax(-1) + k
        pivots[:, k] = found + 1
        _swap(work, k, found)
        head = work[:, k, k]
        zero = head == 0
        info[(info == 0) & zero] = k + 1
        work[:, k + 1 :, k] /= np.where(zero, 1, head)[:, None]
        work[:, k + 1 :, k + 1 : stop] -= work[:, k + 1 :, k, None] * work[:, k, None, k + 1 : stop]


@table.kernel("lu_parts", dtypes=WIDE)
def lu_parts(matrix: Array) -> tuple[Array, Array, Array]:
    batch, (rows, columns) = matrix.shape[:-2], matrix.shape[-2:]
    size = min(rows, columns)
    work = matrix.reshape((int(np.prod(batch)), rows, columns)).copy()
    pivots = np.empty((len(work), size), np.int32)
    info = np.zeros(len(work), np.int32)
    with np.errstate(all="ignore"):
        for start in range(0, size if len(work) else 0, _BLOCK):
            stop = min(start + _BLOCK, size)
            _eliminate(work, pivots, info, start, stop)
            if stop < columns:
                unit = np.tril(work[:, start:stop, start:stop], -1) + np.eye(stop - start, dtype=matrix.dtype)
                work[:, start:stop, stop:] = np.linalg.solve(unit, work[:, start:stop, stop:])
                work[:, stop:, stop:] -= work[:, stop:, start:stop] @ work[:, start:stop, stop:]
    return work.reshape(matrix.shape), pivots.reshape((*batch, size)), info.reshape(batch)


@table.kernel("permuted_rows", dtypes=("int32",))
def permuted_rows(pivots: Array, rows: int) -> Array:
    flat = pivots.reshape((int(np.prod(pivots.shape[:-1])), pivots.shape[-1]))
    order = np.tile(np.arange(rows), (len(flat), 1))
    for k in range(flat.shape[-1]):
        _swap(order, k, flat[:, k] - 1)
    return order.reshape((*pivots.shape[:-1], rows))
