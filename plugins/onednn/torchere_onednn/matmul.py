"""Products of bfloat16 matrices by oneDNN, which sums in float32 and uses the matrix units that newer processors have.

Products of float32 matrices stay with NumPy's BLAS, which is as fast.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from torchere_dispatch import KernelTable

from .arrays import Array
from .primitives import DST, SRC, WEIGHTS, Builder, Plan, is_usable, run

__all__ = ["table"]

table = KernelTable(device="cpu", priority=6)

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


@table.kernel("matmul", dtypes=("bfloat16",), yields=True)
def matmul(a: Array, b: Array) -> Any:
    if a.ndim < 2 or b.ndim < 2 or not (a.size and b.size) or max(a.ndim, b.ndim) > 6 or not is_usable():
        return NotImplemented
    if b.ndim == 2 and a.ndim > 2:
        result = matmul(a.reshape(-1, a.shape[-1]), b)
        return result if result is NotImplemented else result.reshape(*a.shape[:-1], b.shape[-1])
    rank = max(a.ndim, b.ndim)
    a, b = a.reshape((1,) * (rank - a.ndim) + a.shape), b.reshape((1,) * (rank - b.ndim) + b.shape)
    a = _row_major(a)
    b, b_strides = _matrices(b)
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    result = np.empty(shape, _BFLOAT16)
    settings = (a.shape, b.shape, shape, b_strides)
    return result if run("matmul", _plan, settings, a, b, result) else NotImplemented


def _matrices(array: Array) -> tuple[Array, tuple[int, ...] | None]:
    """`array`, or a copy unless its matrices are row-major or transposed and lie densely one after the other."""
    if array.flags.c_contiguous:
        return array, None
    if array.swapaxes(-1, -2).flags.c_contiguous:
        return array, tuple(step // array.itemsize for step in array.strides)
    return _row_major(array), None


def _row_major(array: Array) -> Array:
    # NumPy copies the elements of types that are not its own one call each; as integers, at the memory's speed.
    return array if array.flags.c_contiguous else np.ascontiguousarray(array.view(np.uint16)).view(array.dtype)


def _plan(
    a: tuple[int, ...],
    b: tuple[int, ...],
    shape: tuple[int, ...],
    b_strides: tuple[int, ...] | None,
) -> Plan | None:
    build = Builder()
    left, right = build.plain(a, None, "bfloat16"), build.plain(b, b_strides, "bfloat16")
    product = build.plain(shape, None, "bfloat16")
    build.add(SRC, left)
    build.add(WEIGHTS, right)
    build.add(DST, product, written=True)
    create = build.functions.dnnl_matmul_primitive_desc_create
    return build.plan(build.describe(create, left, right, None, product, build.attributes))
