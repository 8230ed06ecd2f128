"""Copies, transposition, joining and selection."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.errors import DimensionError, ShapeError
from torchere_sparse.arrays import COMPRESSED, CompressedArray, CooArray, SparseArray, coalesced
from torchere_sparse.layouts_between import compressed_of, coo_of

__all__ = ["KERNELS"]

Array = np.ndarray[Any, Any]

_TRANSPOSED = {
    "sparse_csr": "sparse_csc",
    "sparse_csc": "sparse_csr",
    "sparse_bsr": "sparse_bsc",
    "sparse_bsc": "sparse_bsr",
}


def clone(x: SparseArray, memory_format: Any) -> SparseArray:
    """A copy."""
    return x.copy()


def permute(x: SparseArray, dims: Any) -> SparseArray:
    """Dimensions in another order; sparse ones stay before dense ones, and only matrices of compressed ones swap."""
    dims = tuple(int(dim) % max(len(x.shape), 1) for dim in dims)
    shape = tuple(x.shape[dim] for dim in dims)
    if isinstance(x, CompressedArray):
        batch = x.batch_dim
        identity = tuple(range(len(x.shape)))
        if dims == identity:
            return x.with_values(x.values)
        if dims != (*identity[:batch], batch + 1, batch, *identity[batch + 2 :]):
            raise ShapeError(
                f"transpose: layout {x.layout} swaps the two dimensions of its matrices only, asked for the order "
                f"{list(dims)}. Use x.to_dense() or x.to_sparse_coo()."
            )
        values = x.values
        if COMPRESSED[x.layout][1]:
            values = np.swapaxes(values, batch + 1, batch + 2)
        return CompressedArray(_TRANSPOSED[x.layout], x.compressed, x.plain, values, shape)
    sparse = x.sparse_dim
    if sorted(dims[:sparse]) != list(range(sparse)):
        raise ShapeError(
            f"permute: the dimensions 0 … {sparse - 1} are sparse and the others dense, which cannot change places "
            f"(asked for the order {list(dims)}). Use x.to_dense()."
        )
    values = np.transpose(x.values, (0, *(dim - sparse + 1 for dim in dims[sparse:])))
    kept = dims[:sparse] == tuple(range(sparse))
    return CooArray(x.indices[list(dims[:sparse])], values, shape, x.coalesced and (kept or x.nnz < 2))


def cat(tensors: list[Any], dim: int) -> SparseArray:
    """Tensors joined along `dim`."""
    for position, item in enumerate(tensors):
        if isinstance(item, np.ndarray):
            raise ShapeError(
                f"Concatenating sparse tensors, but a dense tensor was found at position {position}. Convert it: "
                "x.to_sparse()."
            )
    parts = [coo_of(item) for item in tensors]
    first = parts[0]
    for position, item in enumerate(parts):
        if item.sparse_dim != first.sparse_dim or len(item.shape) != len(first.shape):
            raise ShapeError(
                "All tensors must have the same shape and number of sparse dimensions except in the concatenating "
                f"dimension: tensor 0 has shape {list(first.shape)} with {first.sparse_dim} sparse, tensor {position} "
                f"{list(item.shape)} with {item.sparse_dim}"
            )
        if item.shape[:dim] + item.shape[dim + 1 :] != first.shape[:dim] + first.shape[dim + 1 :]:
            raise ShapeError(
                f"All tensors must have the same shape: {list(first.shape)} (except in the concatenating dimension), "
                f"but found shape: {list(item.shape)} at position {position}"
            )
    sizes = [item.shape[dim] for item in parts]
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    shape = (*first.shape[:dim], int(starts[-1]), *first.shape[dim + 1 :])
    sparse = first.sparse_dim
    indices, values = [], []
    for item, begin in zip(parts, starts[:-1], strict=True):
        own = item.indices
        if dim < sparse:
            own = own.copy()
            own[dim] += begin
            values.append(item.values)
        else:
            axis = dim - sparse + 1
            pad = [(0, 0)] * item.values.ndim
            pad[axis] = (int(begin), shape[dim] - int(begin) - item.shape[dim])
            values.append(np.pad(item.values, pad))
        indices.append(own)
    result = CooArray(np.concatenate(indices, axis=1), np.concatenate(values), shape)
    like = tensors[0]
    return (
        compressed_of(result, like.layout, like.blocksize, like.dense_dim)
        if isinstance(like, CompressedArray)
        else result
    )


def index_select(x: SparseArray, dim: int, index: Array) -> SparseArray:
    """Slices of `dim` in the order of `index`."""
    whole = coo_of(x)
    size = whole.shape[dim] if whole.shape else 1
    index = np.atleast_1d(index).astype(np.int64)
    if index.size and (index.min() < -size or index.max() >= size):
        bad = int(index[(index < -size) | (index >= size)][0])
        raise DimensionError(
            f"index_select(): index contains {bad} that is out of range for tensor of size {list(x.shape)} at "
            f"dimension {dim}"
        )
    index = np.where(index < 0, index + size, index)
    shape = (*whole.shape[:dim], index.size, *whole.shape[dim + 1 :])
    if dim >= whole.sparse_dim:
        values = np.take(whole.values, index, axis=dim - whole.sparse_dim + 1)
        return CooArray(whole.indices, values, shape, whole.coalesced)
    row = whole.indices[dim]
    order = np.argsort(row, kind="stable")
    begin = np.searchsorted(row[order], index, side="left")
    count = np.searchsorted(row[order], index, side="right") - begin
    target = np.repeat(np.arange(index.size), count)
    offset = np.arange(target.size) - np.repeat(np.cumsum(count) - count, count)
    picked = order[np.repeat(begin, count) + offset]
    indices = whole.indices[:, picked]
    indices[dim] = target
    result = CooArray(indices, whole.values[picked], shape)
    if isinstance(x, CompressedArray):
        return compressed_of(result, x.layout, x.blocksize, x.dense_dim)
    return result


def index_view(x: SparseArray, index: Any) -> Any:
    """``x[index]`` for ints, slices, None and an ellipsis: a copy. Dense when no sparse dimension is left."""
    whole = coalesced(coo_of(x))
    index = index if isinstance(index, tuple) else (index,)
    used = sum(1 for item in index if item is not None and item is not Ellipsis)
    if Ellipsis not in index:
        index = (*index, Ellipsis)
    place = index.index(Ellipsis)
    index = (*index[:place], *(slice(None),) * (len(whole.shape) - used), *index[place + 1 :])
    keep = np.ones(whole.nnz, bool)
    rows: list[Array] = []
    sizes: list[int] = []
    inner: list[Any] = [slice(None)]
    dim = 0
    for item in index:
        sparse = dim < whole.sparse_dim
        if item is None:
            if sparse or (dim == whole.sparse_dim and not rows):
                rows.append(np.zeros(whole.nnz, np.int64))
                sizes.append(1)
            else:
                inner.append(None)
            continue
        size = whole.shape[dim]
        if not isinstance(item, slice):
            number = int(item)
            if not -size <= number < size:
                raise DimensionError(f"index {number} is out of bounds for dimension {dim} with size {size}")
            if sparse:
                keep &= whole.indices[dim] == number % size
            else:
                inner.append(number)
        elif sparse:
            begin, end, step = item.indices(size)
            row = whole.indices[dim]
            keep &= (row >= begin) & (row < end) & ((row - begin) % step == 0)
            rows.append((row - begin) // step)
            sizes.append(len(range(begin, end, step)))
        else:
            inner.append(item)
        dim += 1
    values = whole.values[keep][tuple(inner)]
    if not rows:
        return values[0].copy() if len(values) else np.zeros(values.shape[1:], values.dtype)
    indices = np.stack(rows)[:, keep]
    result = CooArray(indices, values.copy(), (*sizes, *values.shape[1:]), True)
    if isinstance(x, CompressedArray) and len(result.shape) == len(x.shape) and None not in index:
        blocksize = x.blocksize
        fits = all(size % block == 0 for size, block in zip(result.shape[-2:], blocksize, strict=True))
        if fits:
            return compressed_of(result, x.layout, blocksize, x.dense_dim)
    return result


def refuse_expand(x: SparseArray, size: Any) -> SparseArray:
    """An error, unless the shape stays."""
    if tuple(size) == tuple(x.shape):
        return x.with_values(x.values)
    raise ShapeError("expand is unsupported for Sparse tensors. Use x.to_dense().expand(...).")


def view(x: SparseArray, size: Any) -> SparseArray:
    """Other dimensions of size one; any other reshaping is an error."""
    size = tuple(size)
    if size == tuple(x.shape):
        return x.with_values(x.values)
    wide = tuple(length for length in x.shape if length != 1)
    if wide != tuple(length for length in size if length != 1):
        raise NotImplementedError("reshape is not implemented for sparse tensors. Use x.to_dense().reshape(...).")
    whole = coo_of(x)
    sizes, sparse = whole.shape, whole.sparse_dim
    rows = [row for row, length in zip(whole.indices, sizes, strict=False) if length != 1]
    left, dense = len(rows), [length for length in sizes[sparse:] if length != 1]
    indices: list[Array] = []
    tail: list[int] = []
    for length in size:
        if length != 1 and left:
            indices.append(rows[len(rows) - left])
            left -= 1
        elif length != 1:
            tail.append(length)
            dense.pop()
        elif tail or (not left and dense and len(indices) >= sparse):
            tail.append(1)
        else:
            indices.append(np.zeros(whole.nnz, np.int64))
    stacked = np.stack(indices) if indices else np.zeros((0, whole.nnz), np.int64)
    return CooArray(stacked, whole.values.reshape(whole.nnz, *tail), size, whole.coalesced)


def empty(size: tuple[int, ...], *rest: Any) -> SparseArray:
    """A tensor that specifies no element."""
    native = rest[-1]
    values = np.zeros(0, native.dtype.numpy)
    if native.layout == "sparse_coo":
        return CooArray(np.zeros((len(size), 0), np.int64), values, size, True)
    if COMPRESSED[native.layout][1]:
        raise ShapeError(f"empty: layout {native.layout} needs a block size. Use torch.sparse_compressed_tensor.")
    if len(size) < 2:
        raise ShapeError(f"empty: layout {native.layout} needs at least two dimensions, got {list(size)}")
    count = size[-2:][COMPRESSED[native.layout][0]]
    batch = tuple(size[:-2])
    return CompressedArray(
        native.layout,
        np.zeros((*batch, count + 1), np.int64),
        np.zeros((*batch, 0), np.int64),
        values.reshape(*batch, 0),
        size,
    )


KERNELS = {
    "cat": cat,
    "clone": clone,
    "empty": empty,
    "expand": refuse_expand,
    "index_select": index_select,
    "index_view": index_view,
    "permute": permute,
    "view": view,
    "zeros": empty,
}
