"""Fused kernels of classification losses on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


def _kept(target: np.ndarray, classes: int, ignore_index: int) -> np.ndarray | None:
    """Which targets count: None if all do. IndexError for a class that does not exist.

    Negative classes are huge as unsigned numbers, so one maximum checks both ends.
    """
    if target.dtype != np.int64:
        target = target.astype(np.int64)
    if not target.size or np.maximum.reduce(target.view(np.uint64), axis=None) < classes:
        if not 0 <= ignore_index < classes:
            return None
        kept = target != ignore_index
        return None if kept.all() else kept
    kept = target != ignore_index
    wrong = kept & ((target < 0) | (target >= classes))
    if wrong.any():
        raise IndexError(
            f"Target {target[wrong].flat[0]} is out of bounds. There are {classes} classes, counted from 0."
        )
    return kept


def _places(target: np.ndarray, kept: np.ndarray | None) -> tuple[np.ndarray, ...]:
    """Index arrays of each target's score in ``(N, C, *)``."""
    if kept is not None:
        target = np.where(kept, target, 0)
    grids = np.ogrid[tuple(slice(size) for size in target.shape)]
    return (grids[0], target, *grids[1:])


@table.kernel("pick_class", dtypes=WIDE)
def pick_class(x: np.ndarray, target: np.ndarray, ignore_index: int) -> np.ndarray:
    kept = _kept(target, x.shape[1], ignore_index)
    picked = x[_places(target, kept)]
    if kept is not None:
        picked[~kept] = 0
    return picked


@table.kernel("spread_class", dtypes=WIDE)
def spread_class(grad: np.ndarray, target: np.ndarray, ignore_index: int, classes: int) -> np.ndarray:
    kept = _kept(target, classes, ignore_index)
    result = np.zeros((target.shape[0], classes, *target.shape[1:]), grad.dtype)
    result[_places(target, kept)] = grad if kept is None else np.where(kept, grad, 0)
    return result


def _largest(x: np.ndarray) -> np.ndarray:
    """The maximum of each row, ``(N, 1)``."""
    if x.shape[1] > 32:
        return np.maximum.reduce(x, axis=1, keepdims=True)
    # NumPy's loop along short rows takes three times as long as this copy and a loop across them.
    return np.maximum.reduce(np.ascontiguousarray(x.T), axis=0)[:, None]


@table.kernel("row_cross_entropy", dtypes=WIDE_FLOATING)
def row_cross_entropy(
    x: np.ndarray, target: np.ndarray, ignore_index: int, reduction: str
) -> tuple[np.ndarray, np.ndarray]:
    rows, classes = x.shape
    kept = _kept(target, classes, ignore_index)
    # The maximum keeps exp from overflowing; what is left of it is at least 1 in every sum.
    shifted = np.subtract(x, _largest(x)) if classes else np.empty_like(x)
    total = np.add.reduce(np.exp(shifted), axis=1, keepdims=True)
    np.log(total, total)
    np.subtract(shifted, total, shifted)
    if kept is None:
        picked = shifted[np.arange(rows), target]
        if reduction == "mean" and rows:
            return np.negative(np.add.reduce(picked) / rows), shifted
        loss = np.negative(picked)
        count = rows
    else:
        loss = np.where(kept, -shifted[np.arange(rows), np.where(kept, target, 0)], 0).astype(x.dtype, copy=False)
        count = int(np.count_nonzero(kept))
    if reduction == "none":
        return loss, shifted
    result = np.add.reduce(loss)
    if reduction == "mean":
        # No target at all gives 0 / 0, nan, as in PyTorch.
        result = np.true_divide(result, count, dtype=x.dtype)
    elif reduction != "sum":
        raise ValueError(f"{reduction} is not a valid value for reduction. Use 'none', 'mean' or 'sum'.")
    return result, shifted


@table.kernel("row_cross_entropy_backward", dtypes=WIDE_FLOATING)
def row_cross_entropy_backward(
    grad: np.ndarray,
    x: np.ndarray,
    log_probabilities: np.ndarray,
    target: np.ndarray,
    ignore_index: int,
    reduction: str,
) -> np.ndarray:
    rows, classes = x.shape
    kept = _kept(target, classes, ignore_index)
    result = np.exp(log_probabilities)
    places = np.arange(rows)
    if kept is None:
        result[places, target] -= 1
        count = rows
    else:
        result[places, np.where(kept, target, 0)] -= 1
        result[~kept] = 0
        count = max(int(np.count_nonzero(kept)), 1)  # nothing kept: every row is zero, not 0 times inf
    if reduction == "none":
        grad = grad[:, None]
    elif reduction == "mean":
        grad = np.true_divide(grad, count, dtype=x.dtype)
    return np.multiply(result, grad, result)


@table.kernel("binary_cross_entropy_terms", dtypes=WIDE_FLOATING)
def binary_cross_entropy_terms(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    if x.size and not (np.minimum.reduce(x, axis=None) >= 0 and np.maximum.reduce(x, axis=None) <= 1):
        raise RuntimeError("all elements of input should be between 0 and 1. Apply torch.sigmoid first, or use logits.")
    first = np.asarray(np.log(x))
    np.maximum(first, -100, out=first)
    second = np.asarray(np.log1p(np.negative(x)))
    np.maximum(second, -100, out=second)
    return np.subtract(np.multiply(second, np.subtract(target, 1)), np.multiply(first, target))
