"""Variance, standard deviation and norms of NumPy arrays.

Deviations are taken from the mean before they are squared: the difference of two large sums would lose digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .accumulation import axes_of, count, total
from .reduction import divided

__all__ = ["sum_of_squares", "table"]

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...] | None

table = KernelTable(device="cpu")


def sum_of_squares(x: Array, axes: Axes, keepdim: bool, *, overwrite: bool = False) -> Any:
    """Σ|x|² over `axes`, real. `overwrite` allows to square in place."""
    if x.dtype.kind == "c":
        parts = np.square(x.real)
        parts += np.square(x.imag)
        return total(parts, axes, keepdim)
    if x.flags.c_contiguous and x.ndim and x.size > 1024:
        if axes is None or len(axes) == x.ndim:
            flat = x.reshape(-1)
            found = np.dot(flat, flat)
            return found.reshape((1,) * x.ndim) if keepdim else found
        if axes == (x.ndim - 1,) and x.shape[-1] >= 64:
            found = np.vecdot(x, x)
            return found[..., None] if keepdim else found
    return total(np.square(x, out=x) if overwrite else np.square(x), axes, keepdim)


@table.kernel("_var", dtypes=WIDE_FLOATING + COMPLEX)
def var(x: Array, dim: Axes, correction: float, keepdim: bool) -> Any:
    axes = axes_of(x, dim)
    number = count(x, axes)
    degrees = max(number - correction, 0)
    centred = x - divided(total(x, axes, True), number)
    if not centred.shape:
        centred = np.asarray(centred)
    squares = sum_of_squares(centred, axes, keepdim, overwrite=True)
    return np.divide(squares, squares.dtype.type(degrees))


@table.kernel("_std", dtypes=WIDE_FLOATING + COMPLEX)
def std(x: Array, dim: Axes, correction: float, keepdim: bool) -> Any:
    return np.sqrt(var(x, dim, correction, keepdim))


@table.kernel("linalg_vector_norm", dtypes=WIDE)
def vector_norm(x: Array, p: float, dim: Axes, keepdim: bool, dtype: np.dtype[Any] | None) -> Any:
    if dtype is not None and x.dtype != dtype:
        x = x.astype(dtype)
    axes = axes_of(x, dim)
    if p == 2:
        return np.sqrt(sum_of_squares(x, axes, keepdim))
    size = np.abs(x)
    if axes == () and p in (np.inf, -np.inf, 1):
        return np.asarray(size)
    if p == np.inf:
        return np.maximum.reduce(size, axis=axes, keepdims=keepdim)
    if p == -np.inf:
        return np.minimum.reduce(size, axis=axes, keepdims=keepdim)
    if p == 0:
        return total((size != 0).astype(size.dtype), axes, keepdim)
    if p == 1:
        return total(size, axes, keepdim)
    real = size.dtype.type
    return np.power(total(np.asarray(np.power(size, real(p))), axes, keepdim), real(1 / p))
