"""Sums over all elements or some dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.layout_keys import LayoutDType
from torchere_sparse.arrays import CompressedArray, CooArray, SparseArray, coalesced
from torchere_sparse.layouts_between import compressed_of, coo_of

from .values import on_values

__all__ = ["KERNELS"]


def reduced(x: CooArray, dims: tuple[int, ...], keepdim: bool) -> tuple[np.ndarray[Any, Any], tuple[int, ...], int]:
    """(coordinates left, shape left, number of sparse dimensions left) after reducing `dims`."""
    sparse = x.sparse_dim
    if keepdim:
        indices = x.indices.copy()
        indices[[dim for dim in dims if dim < sparse]] = 0
        shape = tuple(1 if dim in dims else size for dim, size in enumerate(x.shape))
    else:
        indices = x.indices[[dim for dim in range(sparse) if dim not in dims]]
        shape = tuple(size for dim, size in enumerate(x.shape) if dim not in dims)
    return indices, shape, indices.shape[0]


def total(x: SparseArray, dims: tuple[int, ...] | None, keepdim: bool, dtype: Any) -> Any:
    """Sum of all elements, dense; over some dimensions, sparse."""
    wanted = dtype.dtype if isinstance(dtype, LayoutDType) else None
    if wanted is not None:
        x = x.with_values(on_values("to_dtype", x.values, wanted))
    ndim = len(x.shape)
    if dims is None or (not dims) or (len(dims) == ndim and not keepdim):
        return on_values("sum", np.ascontiguousarray(x.values))
    whole = coo_of(x)
    sparse = whole.sparse_dim
    dense_axes = tuple(dim - sparse + 1 for dim in dims if dim >= sparse)
    values = whole.values
    if dense_axes or values.dtype.kind in "biu":
        # Booleans and small integers are summed in int64.
        values = on_values("sum", values, dense_axes, keepdim) if dense_axes else values
        if values.dtype.kind in "biu" and wanted is None:
            values = values.astype(np.int64)
    indices, shape, left = reduced(whole, dims, keepdim)
    if not left:
        return on_values("sum", values, 0).reshape(shape)
    result = coalesced(CooArray(indices, values, shape, whole.coalesced and all(dim >= sparse for dim in dims)))
    if isinstance(x, CompressedArray) and keepdim and not x.dense_dim:
        return compressed_of(result, x.layout, (1, 1), 0)
    return result


def any_of(x: SparseArray, dims: tuple[int, ...] | None, keepdim: bool) -> Any:
    """Whether any element is not zero."""
    if dims:
        raise NotImplementedError(
            "any: dimensions of sparse tensors cannot be reduced alone. Use x.to_dense().any(dim)."
        )
    values = coalesced(x).values if isinstance(x, CooArray) else x.values
    return on_values("any", values)


def norm(x: SparseArray, p: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    """The norm of all elements."""
    if dim is not None and tuple(np.atleast_1d(dim)) not in ((), tuple(range(len(x.shape)))):
        raise NotImplementedError("norm: only full reductions of sparse tensors. Use x.to_dense().norm(p, dim).")
    values = coalesced(x).values if isinstance(x, CooArray) else x.values
    if isinstance(dtype, LayoutDType):
        values = on_values("to_dtype", values, dtype.dtype)
    return on_values("norm", np.ascontiguousarray(values).reshape(-1), 2 if p in (None, "fro") else p)


KERNELS = {"sum": total, "any": any_of, "norm": norm}
