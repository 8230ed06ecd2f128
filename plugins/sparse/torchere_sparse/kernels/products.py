"""Matrix products, by SciPy's sparse kernels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from torchere.errors import ShapeError
from torchere_sparse.arrays import CompressedArray, CooArray, coalesced, to_numpy
from torchere_sparse.layouts_between import compressed_of, coo_of

__all__ = ["KERNELS", "matmul", "scipy_of"]

Array = np.ndarray[Any, Any]


def _wide(values: Array) -> Array:
    """Values in a dtype SciPy computes in: halves in float32."""
    if values.dtype.kind in "fiuc" and values.dtype != np.float16:
        return values
    if values.dtype == np.bool_:
        raise NotImplementedError(
            "\"addmm_sparse_cuda\" not implemented for 'Bool'. Convert first: x.int() or x.float()."
        )
    return values.astype(np.float32)


def scipy_of(array: Any) -> Any:
    """A sparse matrix as SciPy's; CSC and BSR stay what they are."""
    from scipy import sparse

    if isinstance(array, CompressedArray) and not array.batch_dim and array.layout != "sparse_bsc":
        if array.dense_dim:
            raise ShapeError("matmul: a sparse matrix with dense dimensions cannot be multiplied. Use x.to_dense().")
        kind = {"sparse_csr": sparse.csr_array, "sparse_csc": sparse.csc_array, "sparse_bsr": sparse.bsr_array}
        if array.plain.size or array.layout != "sparse_bsr":
            return kind[array.layout]((_wide(array.values), array.plain, array.compressed), shape=array.shape)
    whole = coalesced(coo_of(array))
    if whole.sparse_dim != 2:
        raise ShapeError(
            f"matmul: expected a matrix with 2 sparse dimensions, got {whole.sparse_dim} sparse of {len(whole.shape)} "
            "dimensions. Use x.to_dense()."
        )
    return sparse.coo_array((_wide(whole.values), tuple(whole.indices)), shape=whole.shape).tocsr()


def _from_scipy(matrix: Any, layout: str, dtype: Any, like: Any) -> Any:
    found = matrix.tocsr()
    found.sum_duplicates()
    if layout == "sparse_csr":
        return CompressedArray(
            layout, found.indptr.astype(np.int64), found.indices.astype(np.int64), found.data.astype(dtype), found.shape
        )
    rows = np.repeat(np.arange(found.shape[0], dtype=np.int64), np.diff(found.indptr))
    result = CooArray(np.stack((rows, found.indices.astype(np.int64))), found.data.astype(dtype), found.shape, True)
    if layout == "sparse_coo":
        return result
    return compressed_of(result, layout, like.blocksize, 0)


def matmul(x: Any, y: Any) -> Any:
    """``x @ y`` with one operand sparse: dense; with both: sparse, in the layout of the first."""
    x_sparse, y_sparse = not isinstance(x, np.ndarray), not isinstance(y, np.ndarray)
    dtype = (x.values if x_sparse else x).dtype
    if not x.shape or not y.shape:
        raise ShapeError("both arguments to matmul need to be at least 1D")
    inner = y.shape[-2] if len(y.shape) > 1 else y.shape[0]
    if x.shape[-1] != inner:
        if len(x.shape) == 2 and len(y.shape) == 2:
            raise ShapeError(
                f"mat1 and mat2 shapes cannot be multiplied ({x.shape[0]}x{x.shape[1]} and {y.shape[0]}x{y.shape[1]})"
            )
        raise ShapeError(f"size mismatch: shapes {list(x.shape)} and {list(y.shape)} cannot be multiplied (matmul)")
    if len(x.shape) > 2 or len(y.shape) > 2:
        return _batched(x, y, x_sparse, y_sparse)
    if x_sparse and y_sparse:
        if len(x.shape) == 2 and len(y.shape) == 2:
            return _from_scipy(scipy_of(x) @ scipy_of(y), x.dtype.layout, dtype, x)
        return matmul(x, to_numpy(y)) if len(x.shape) == 2 else matmul(to_numpy(x), y)
    if x_sparse:
        if len(x.shape) == 1:
            return to_numpy(x) @ y
        return np.ascontiguousarray(scipy_of(x) @ _wide(y)).astype(dtype, copy=False)
    if len(y.shape) == 1:
        return x @ to_numpy(y)
    return np.ascontiguousarray((scipy_of(y).T @ _wide(x.T)).T).astype(dtype, copy=False)


def _batched(x: Any, y: Any, x_sparse: bool, y_sparse: bool) -> Array:
    """Products of a batch of matrices, the result dense."""
    if x_sparse and y_sparse:
        raise NotImplementedError(
            f"bmm: batches of two sparse tensors, shapes {list(x.shape)} and {list(y.shape)}, cannot be multiplied. "
            "Make the second dense: y.to_dense()."
        )
    if not y_sparse and len(x.shape) == 2 and y.ndim > 2:
        moved = np.moveaxis(y, -2, 0)
        flat = matmul(x, np.ascontiguousarray(moved.reshape(y.shape[-2], -1)))
        return np.ascontiguousarray(np.moveaxis(flat.reshape(x.shape[0], *moved.shape[1:]), 0, -2))
    if not x_sparse and len(y.shape) == 2:
        found: Array = matmul(x.reshape(-1, x.shape[-1]), y)
        return found.reshape(*x.shape[:-1], y.shape[1])
    if len(x.shape) != 3 or len(y.shape) not in (1, 3):
        raise ShapeError(
            f"matmul: a batch of sparse matrices needs a batch of dense ones, got shapes {list(x.shape)} and "
            f"{list(y.shape)}. Use x.to_dense()."
        )
    if len(y.shape) == 3 and x.shape[0] != y.shape[0]:
        raise ShapeError(f"bmm: expected batches of the same size, got shapes {list(x.shape)} and {list(y.shape)}")
    count = x.shape[0]
    left = _matrices(x) if x_sparse else x
    right = [y] * count if len(y.shape) == 1 else _matrices(y) if y_sparse else y
    parts = [matmul(left[place], right[place]) for place in range(count)]
    if not parts:
        tail = (x.shape[1],) if len(y.shape) == 1 else (x.shape[1], y.shape[2])
        return np.zeros((0, *tail), (x.values if x_sparse else x).dtype)
    return np.stack(parts)


def _matrices(array: Any) -> list[CooArray]:
    """The matrices of a batch."""
    whole = coalesced(coo_of(array))
    bounds = np.searchsorted(whole.indices[0], np.arange(whole.shape[0] + 1))
    return [
        CooArray(whole.indices[1:, begin:end], whole.values[begin:end], whole.shape[1:], True)
        for begin, end in pairwise(bounds)
    ]


KERNELS = {"matmul": matmul}
