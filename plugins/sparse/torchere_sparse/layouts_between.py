"""From one sparse layout to another, and from dense arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.errors import ArgumentError, ShapeError

from .arrays import COMPRESSED, CompressedArray, CooArray, SparseArray, coalesced, to_numpy

__all__ = ["compressed_of", "converted", "coo_of", "coo_of_dense"]

Array = np.ndarray[Any, Any]


def coo_of_dense(dense: Array, sparse_dim: int) -> CooArray:
    """Coordinates of the first `sparse_dim` dimensions where any element is not zero."""
    if dense.ndim == 0:
        return CooArray(np.zeros((0, 1), np.int64), dense.reshape(1).copy(), (), True)
    mask = dense != 0
    if sparse_dim < dense.ndim:
        mask = mask.any(axis=tuple(range(sparse_dim, dense.ndim)))
    places = np.nonzero(mask)
    return CooArray(np.array(places, np.int64).reshape(sparse_dim, -1), dense[places], dense.shape, True)


def coo_of(array: SparseArray | Array) -> CooArray:
    """Any array as coordinates; explicit zeros of sparse ones stay."""
    if isinstance(array, CooArray):
        return array
    if not isinstance(array, CompressedArray):
        return coo_of_dense(array, array.ndim)
    if array.batch_dim:
        parts, places = [], []
        for place in np.ndindex(*array.shape[: array.batch_dim]):
            one = CompressedArray(
                array.layout,
                array.compressed[place],
                array.plain[place],
                array.values[place],
                array.shape[array.batch_dim :],
            )
            parts.append(coo_of(one))
            places.append(np.repeat(np.array(place, np.int64)[:, None], parts[-1].nnz, axis=1))
        indices = np.concatenate(
            [np.concatenate((place, part.indices)) for place, part in zip(places, parts, strict=True)], axis=1
        )
        values = np.concatenate([part.values for part in parts])
        return coalesced(CooArray(indices, values, array.shape))
    rows, columns = array.expanded()
    values = array.values
    if COMPRESSED[array.layout][1]:
        height, width = array.blocksize
        within_row, within_column = np.indices((height, width), dtype=np.int64)
        rows = (rows[:, None, None] * height + within_row).reshape(-1)
        columns = (columns[:, None, None] * width + within_column).reshape(-1)
        values = values.reshape(-1, *array.shape[2:])
    return coalesced(CooArray(np.stack((rows, columns)), values, array.shape))


def compressed_of(array: SparseArray | Array, layout: str, blocksize: tuple[int, int] | None, dense_dim: int) -> Any:
    """A matrix, or a batch of matrices, compressed."""
    axis, blocked = COMPRESSED[layout]
    batch = len(array.shape) - 2 - dense_dim
    if batch < 0:
        name = layout.removeprefix("sparse_")
        raise ShapeError(
            f"to_sparse_{name}: conversion to {layout} needs a tensor of at least 2 dimensions besides the dense ones, "
            f"got shape {list(array.shape)} with dense_dim={dense_dim}"
        )
    if batch:
        return _batched(to_numpy(array), layout, blocksize, dense_dim, batch)
    if blocked and blocksize is None:
        raise ArgumentError(f"{layout}: pass blocksize, a pair of ints that divides the matrix's sizes")
    height, width = blocksize if blocked and blocksize is not None else (1, 1)
    rows, columns = array.shape[:2]
    if blocked and (height < 1 or width < 1 or rows % height or columns % width):
        raise ShapeError(
            f"tensor sparse size ({rows},{columns}) must be divisible by given blocksize ({height},{width})"
        )
    if isinstance(array, CompressedArray) and array.layout == layout and array.blocksize == (height, width):
        return array.copy()
    if isinstance(array, np.ndarray):
        source = coo_of_dense(array, 2)
    else:
        source = coalesced(coo_of(array))
    if source.sparse_dim != 2:
        raise ShapeError(
            f"conversion to {layout}: the tensor has {source.sparse_dim} sparse dimensions, 2 are needed. "
            "Convert first, e.g. x.to_dense()."
        )
    row, column = source.indices
    block_row, block_column = row // height, column // width
    long, short = (block_row, block_column) if axis == 0 else (block_column, block_row)
    count = (rows // height, columns // width)[axis]
    other = (rows // height, columns // width)[1 - axis]
    places = long * max(other, 1) + short
    distinct, inverse = np.unique(places, return_inverse=True)
    inverse = inverse.reshape(-1)
    tail = source.values.shape[1:]
    blocks = np.zeros((distinct.size, height, width, *tail), source.values.dtype)
    blocks[inverse, row % height, column % width] = source.values
    compressed = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(distinct // max(other, 1), minlength=count)[:count], out=compressed[1:])
    values = blocks if blocked else blocks.reshape(distinct.size, *tail)
    return CompressedArray(layout, compressed, distinct % max(other, 1), values, array.shape)


def _batched(dense: Array, layout: str, blocksize: Any, dense_dim: int, batch: int) -> CompressedArray:
    """Every matrix of the batch; all must specify equally many elements."""
    shape = dense.shape[:batch]
    parts = [compressed_of(dense[place], layout, blocksize, dense_dim) for place in np.ndindex(*shape)]
    if len({part.nnz for part in parts}) > 1:
        raise ShapeError(
            "Expect the same number of specified elements per batch: "
            f"found {sorted({part.nnz for part in parts})}. Convert the matrices one by one."
        )

    def stacked(name: str) -> Array:
        items = [getattr(part, name) for part in parts]
        if not items:
            raise ShapeError(f"conversion to {layout}: a batch of no matrices, shape {list(dense.shape)}")
        return np.stack(items).reshape(*shape, *items[0].shape)

    if math.prod(shape) == 0:
        raise ShapeError(f"conversion to {layout}: a batch of no matrices, shape {list(dense.shape)}")
    return CompressedArray(layout, stacked("compressed"), stacked("plain"), stacked("values"), dense.shape)


def converted(array: SparseArray | Array, layout: str, like: CompressedArray | None = None) -> SparseArray:
    """`array` in `layout`; blocks as in `like`."""
    if layout == "sparse_coo":
        return coo_of(array)
    if isinstance(array, CompressedArray) and array.layout == layout:
        return array
    blocksize = like.blocksize if like is not None else None
    dense_dim = like.dense_dim if like is not None else 0
    found: CompressedArray = compressed_of(array, layout, blocksize, dense_dim)
    return found
