"""Softmax and log-softmax along any dimension, and cross-entropy of rows, by compiled loops."""

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
loops = Loops("softmax")

#: Elements from which on a call is worth a loop.
LARGE = 4096


def _slabs(array: Array, dim: int) -> Array:
    shape = array.shape
    return row_major(array).reshape(prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :]))


def _run(of_rows: str, of_columns: str, dim: int, logarithmic: bool, result: Array, *given: Array) -> Array:
    slabs = [_slabs(array, dim) for array in (*given, result)]
    outer, _, inner = slabs[0].shape
    if inner == 1:
        spread(getattr(loops, of_rows), outer, *[array[:, :, 0] for array in slabs], logarithmic)
    else:
        blocks = -(-inner // loops.BLOCK)
        spread(getattr(loops, of_columns), outer * blocks, *slabs, logarithmic)
    return result


def _forward(x: Array, dim: int, dtype: np.dtype[Any] | None, logarithmic: bool) -> Any:
    if (dtype is not None and dtype != x.dtype) or not is_usable():
        return NotImplemented
    return _run("rows", "columns", dim, logarithmic, np.empty(x.shape, x.dtype), x)


def _backward(grad: Array, out: Array, dim: int, logarithmic: bool) -> Any:
    if not is_usable():
        return NotImplemented
    return _run("rows_backward", "columns_backward", dim, logarithmic, np.empty(out.shape, out.dtype), grad, out)


@table.kernel("softmax", dtypes=FLOATS, yields=True, smallest=LARGE)
def softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _forward(x, dim, dtype, False)


@table.kernel("log_softmax", dtypes=FLOATS, yields=True, smallest=LARGE)
def log_softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Any:
    return _forward(x, dim, dtype, True)


@table.kernel("_softmax_backward_data", dtypes=FLOATS, yields=True, smallest=LARGE)
def softmax_backward(grad: Array, out: Array, dim: int) -> Any:
    return _backward(grad, out, dim, False)


@table.kernel("_log_softmax_backward_data", dtypes=FLOATS, yields=True, smallest=LARGE)
def log_softmax_backward(grad: Array, out: Array, dim: int) -> Any:
    return _backward(grad, out, dim, True)


# ---------------------------------------------------------------------------------------------------- cross-entropy


def _targets(target: Array, classes: int, ignore_index: int) -> tuple[Array, int] | None:
    """Classes as int64 and how many of them count; None if one does not exist."""
    target = np.ascontiguousarray(target, np.int64)
    if 0 <= ignore_index < classes or np.maximum.reduce(target.view(np.uint64), axis=None) >= classes:
        kept = target != ignore_index
        if (kept & ((target < 0) | (target >= classes))).any():
            return None
        return target, int(np.count_nonzero(kept))
    return target, target.size


@table.kernel("row_cross_entropy", dtypes=FLOATS, yields=True, smallest=LARGE)
def row_cross_entropy(x: Array, target: Array, ignore_index: int, reduction: str) -> Any:
    if reduction not in ("none", "sum", "mean") or not is_usable():
        return NotImplemented
    found = _targets(target, x.shape[1], ignore_index)
    if found is None:  # NumPy's kernel says which
        return NotImplemented
    classes, count = found
    losses, shifted = np.empty(len(x), x.dtype), np.empty(x.shape, x.dtype)
    spread(loops.cross_entropy, len(x), row_major(x), classes, ignore_index, losses, shifted)
    if reduction == "none":
        return losses, shifted
    total = np.add.reduce(losses)
    return (total if reduction == "sum" else np.true_divide(total, count, dtype=x.dtype)), shifted


@table.kernel("row_cross_entropy_backward", dtypes=FLOATS, yields=True)
def row_cross_entropy_backward(
    grad: Array, x: Array, log_probabilities: Array, target: Array, ignore_index: int, reduction: str
) -> Any:
    if x.size < LARGE or reduction not in ("none", "sum", "mean") or not is_usable():
        return NotImplemented
    found = _targets(target, x.shape[1], ignore_index)
    if found is None:
        return NotImplemented
    classes, count = found
    slopes = row_major(np.asarray(grad, x.dtype)).reshape(-1)
    if reduction == "mean":
        slopes = slopes / x.dtype.type(max(count, 1))
    result = np.empty(x.shape, x.dtype)
    spread(loops.cross_entropy_backward, len(x), row_major(log_probabilities), classes, ignore_index, slopes, result)
    return result
