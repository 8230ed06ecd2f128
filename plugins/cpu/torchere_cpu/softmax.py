"""Softmax and relatives on NumPy arrays, forward and backward, worked on in blocks that stay in the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, INTEGRAL, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .accumulation import row_blocks, total

__all__ = ["table"]

Array = np.ndarray[Any, Any]

table = KernelTable(device="cpu")

#: Elements below which blocks and BLAS cost more than they save.
_SMALL = 4096

_ONES_COUNT = 256
#: For sums of rows as products, by dtype.
_ONES = {dtype: np.ones(_ONES_COUNT, dtype) for dtype in map(np.dtype, WIDE_FLOATING)}


def _by_rows(step: Callable[..., None], dim: int, result: Array, *arrays: Array) -> Array:
    """Fill `result` block by block: `step` gets blocks of `arrays`, then of `result`, and the axis to reduce."""
    shape = result.shape
    if result.size <= 65536 or result.ndim == 1 or not result.flags.c_contiguous:
        step(*arrays, result, dim)
        return result
    before = int(np.prod(shape[:dim], dtype=np.int64))
    if dim == 0:
        # Columns do not depend on each other: cut them into blocks instead of rows.
        flat = [array.reshape(shape[0], -1) for array in (*arrays, result)]
        # Wide enough that the loops along a row stay long.
        for start in range(0, flat[0].shape[1], 512):
            part = slice(start, start + 512)
            step(*[array[:, part] for array in flat], 0)
        return result
    flat = [array.reshape(before, shape[dim], -1) for array in (*arrays, result)]
    if flat[0].shape[2] == 1:
        flat = [array[:, :, 0] for array in flat]
    for part in row_blocks(before, result.size // before):
        step(*[array[part] for array in flat], 1)
    return result


def _sums(x: Array, dim: int) -> Array:
    """Sums along `dim`, which stays; of rows by BLAS, which is several times as fast as NumPy's pairwise sum."""
    if x.ndim == 2 and dim == 1 and x.size > _SMALL:
        return (x @ np.ones(x.shape[1], dtype=x.dtype))[:, None]
    return np.add.reduce(x, dim, None, None, True)


def _softmax_step(x: Array, y: Array, dim: int) -> None:
    highest = np.maximum.reduce(x, dim, None, None, True)
    if x.size > _SMALL and -5 <= highest.min() and highest.max() <= 60:
        # No exponential can overflow, nor all of a row's underflow: the shift can be saved.
        np.exp(x, out=y)
    else:
        np.subtract(x, highest, y)
        np.exp(y, y)
    np.divide(y, _sums(y, dim), y)


def _log_softmax_step(x: Array, y: Array, dim: int) -> None:
    np.subtract(x, np.maximum.reduce(x, dim, None, None, True), y)
    sums = _sums(np.exp(y), dim)
    y -= np.log(sums, out=sums)


def _softmax_backward_step(grad: Array, out: Array, result: Array, dim: int) -> None:
    if dim == grad.ndim - 1:
        np.subtract(grad, np.vecdot(grad, out)[..., None], out=result)
        result *= out
        return
    np.multiply(grad, out, out=result)
    weight = np.add.reduce(result, axis=dim, keepdims=True)
    result -= out * weight


def _log_softmax_backward_step(grad: Array, out: Array, result: Array, dim: int) -> None:
    np.exp(out, out=result)
    result *= _sums(grad, dim)
    np.subtract(grad, result, out=result)


def _few_rows(x: Array, dim: int, level: float) -> tuple[Array, Array] | None:
    """The exponentials of a few short rows and their sums as a column; None where the shift is needed, or other code.

    No element exceeds the root of the sum of all squares, which one call of BLAS gives: below `level` nothing can
    overflow, nor a row underflow. (A comparison with NaN is false.)
    """
    if x.ndim != 2 or dim != 1 or x.size > _ONES_COUNT or not x.flags.c_contiguous:
        return None
    ones = _ONES.get(x.dtype)
    if ones is None:
        return None
    flat = x.ravel()
    if not flat.dot(flat) < level * level:
        return None
    powers = np.exp(x)
    return powers, powers.dot(ones[: x.shape[1]])[:, None]


def _normalised(step: Callable[..., None], x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    if dtype is not None and x.dtype != dtype:
        # 16-bit results are computed in float32.
        wide = dtype if dtype.itemsize >= 4 else np.dtype(np.float32)
        return _normalised(step, x.astype(wide), dim, None).astype(dtype, copy=False)
    if 0 < x.size <= _SMALL:
        result = np.empty(x.shape, x.dtype)
        if x.ndim:
            step(x, result, dim)
        else:
            step(x.reshape(1), result.reshape(1), 0)
        return result
    if x.ndim == 0:
        return _normalised(step, x.reshape(1), 0, None).reshape(())
    x = np.ascontiguousarray(x)
    result = np.empty_like(x)
    return _by_rows(step, dim, result, x) if x.size else result


@table.kernel("softmax", dtypes=BOOL + INTEGRAL + WIDE_FLOATING)
def softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    if dtype is None and (few := _few_rows(x, dim, 60)) is not None:
        return np.divide(*few)
    return _normalised(_softmax_step, x, dim, dtype)


@table.kernel("log_softmax", dtypes=BOOL + INTEGRAL + WIDE_FLOATING)
def log_softmax(x: Array, dim: int, dtype: np.dtype[Any] | None) -> Array:
    # Without the shift the logarithm's rounding error is that of the largest element: it must be small.
    if dtype is None and (few := _few_rows(x, dim, 8)) is not None:
        return np.subtract(x, np.log(few[1]))
    return _normalised(_log_softmax_step, x, dim, dtype)


def _gradient(step: Callable[..., None], grad: Array, out: Array, dim: int) -> Array:
    if out.ndim == 0:
        return _gradient(step, grad.reshape(1), out.reshape(1), 0).reshape(())
    grad, out = np.ascontiguousarray(grad), np.ascontiguousarray(out)
    result = np.empty_like(out)
    return _by_rows(step, dim, result, grad, out) if out.size else result


@table.kernel("_softmax_backward_data", dtypes=WIDE_FLOATING)
def softmax_backward(grad: Array, out: Array, dim: int) -> Array:
    return _gradient(_softmax_backward_step, grad, out, dim)


@table.kernel("_log_softmax_backward_data", dtypes=WIDE_FLOATING)
def log_softmax_backward(grad: Array, out: Array, dim: int) -> Array:
    return _gradient(_log_softmax_backward_step, grad, out, dim)


@table.kernel("logsumexp", dtypes=WIDE_FLOATING + COMPLEX)
def logsumexp(x: Array, dim: tuple[int, ...], keepdim: bool) -> Any:
    axes = (dim or tuple(range(x.ndim))) if x.ndim else ()
    if x.size == 0:
        return np.log(np.add.reduce(x, axis=axes, keepdims=keepdim))
    level = np.maximum.reduce(x.real, axis=axes, keepdims=True)
    # An infinite maximum would make inf - inf; shifting by zero is right there.
    level = np.where(np.isinf(level), level.dtype.type(0), level)
    powers = np.asarray(x - level)
    np.exp(powers, out=powers)
    found = np.log(total(powers, axes, keepdim)) if axes else np.log(powers)
    return found + level.reshape(np.shape(found))
