"""The arrays behind sparse tensors: dense NumPy parts and a shape. Kernels exchange these; they are mutable."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.backend import backend_of
from torchere.dtypes import DType
from torchere.layout_keys import LayoutDType

__all__ = ["COMPRESSED", "CompressedArray", "CooArray", "SparseArray", "coalesced", "dtype_of", "to_numpy"]

Array = np.ndarray[Any, Any]

#: Compressed layouts: (axis that is compressed, whether values are blocks).
COMPRESSED = {
    "sparse_csr": (0, False),
    "sparse_csc": (1, False),
    "sparse_bsr": (0, True),
    "sparse_bsc": (1, True),
}


def dtype_of(values: Array) -> DType:
    """The torchere dtype of a NumPy array."""
    return backend_of("cpu").dtype_of(values)


class CooArray:
    """Coordinates `indices` (sparse dims, nnz) of int64 and `values` (nnz, *dense dims).

    `coalesced`: coordinates are unique and sorted.
    """

    __slots__ = ("coalesced", "indices", "shape", "values")

    def __init__(self, indices: Array, values: Array, shape: tuple[int, ...], coalesced: bool = False) -> None:
        self.indices = indices
        self.values = values
        self.shape = tuple(int(size) for size in shape)
        self.coalesced = coalesced

    @property
    def dtype(self) -> LayoutDType:
        """The layout and the dtype of the values."""
        return LayoutDType.of("sparse_coo", dtype_of(self.values))

    @property
    def sparse_dim(self) -> int:
        """Number of dimensions that coordinates address."""
        return int(self.indices.shape[0])

    @property
    def nnz(self) -> int:
        """Number of specified elements."""
        return int(self.indices.shape[1])

    def with_values(self, values: Array) -> CooArray:
        """The same pattern with other values."""
        return CooArray(self.indices, values, self.shape, self.coalesced)

    def copy(self) -> CooArray:
        """A copy that shares nothing."""
        return CooArray(self.indices.copy(), self.values.copy(), self.shape, self.coalesced)

    def become(self, other: CooArray) -> None:
        """Hold what `other` holds, in this array's dtype."""
        values = other.values
        self.indices = other.indices.copy()
        self.values = values.copy() if values.dtype == self.values.dtype else values.astype(self.values.dtype)
        self.shape, self.coalesced = other.shape, other.coalesced

    def clear(self) -> None:
        """Specify no element."""
        self.indices, self.values = self.indices[:, :0].copy(), self.values[:0].copy()
        self.coalesced = True


class CompressedArray:
    """Rows (CSR, BSR) or columns (CSC, BSC) compressed.

    `compressed` (*batch, n + 1) says where each row's elements begin in `plain` (*batch, nnz), their columns, and in
    `values` (*batch, nnz, *block, *dense dims).
    """

    __slots__ = ("compressed", "layout", "plain", "shape", "values")

    def __init__(self, layout: str, compressed: Array, plain: Array, values: Array, shape: tuple[int, ...]) -> None:
        self.layout = layout
        self.compressed = compressed
        self.plain = plain
        self.values = values
        self.shape = tuple(int(size) for size in shape)

    @property
    def dtype(self) -> LayoutDType:
        """The layout and the dtype of the values."""
        return LayoutDType.of(self.layout, dtype_of(self.values))

    @property
    def batch_dim(self) -> int:
        """Number of leading batch dimensions."""
        return self.compressed.ndim - 1

    @property
    def blocksize(self) -> tuple[int, int]:
        """Rows and columns of a block; (1, 1) without blocks."""
        if not COMPRESSED[self.layout][1]:
            return (1, 1)
        first = self.batch_dim + 1
        return int(self.values.shape[first]), int(self.values.shape[first + 1])

    @property
    def dense_dim(self) -> int:
        """Number of trailing dense dimensions."""
        return self.values.ndim - self.batch_dim - 1 - (2 if COMPRESSED[self.layout][1] else 0)

    @property
    def nnz(self) -> int:
        """Number of specified elements, or blocks, of one batch."""
        return int(self.plain.shape[-1])

    def with_values(self, values: Array) -> CompressedArray:
        """The same pattern with other values."""
        return CompressedArray(self.layout, self.compressed, self.plain, values, self.shape)

    def copy(self) -> CompressedArray:
        """A copy that shares nothing."""
        return CompressedArray(self.layout, self.compressed.copy(), self.plain.copy(), self.values.copy(), self.shape)

    def become(self, other: CompressedArray) -> None:
        """Hold what `other` holds, in this array's dtype."""
        self.compressed, self.plain = other.compressed.copy(), other.plain.copy()
        self.values = other.values.astype(self.values.dtype)
        self.shape = other.shape

    def clear(self) -> None:
        """Specify no element."""
        self.compressed = np.zeros_like(self.compressed)
        self.plain = self.plain[..., :0].copy()
        first = self.batch_dim
        self.values = self.values[(slice(None),) * first + (slice(0),)].copy()

    def expanded(self) -> tuple[Array, Array]:
        """Row and column (of blocks) of every specified element of an array without batch."""
        counts = np.diff(self.compressed)
        long = np.repeat(np.arange(counts.size, dtype=np.int64), counts)
        short = self.plain.astype(np.int64, copy=False)
        return (long, short) if COMPRESSED[self.layout][0] == 0 else (short, long)


SparseArray = CooArray | CompressedArray


def flat_places(array: CooArray) -> Array:
    """The coordinates as one number each, in row-major order."""
    sizes = array.shape[: array.sparse_dim]
    flat = np.zeros(array.nnz, dtype=np.int64)
    if math.prod(sizes) >= 2**63:
        # Too many places to number: number the distinct coordinates that occur.
        _, inverse = np.unique(array.indices, axis=1, return_inverse=True)
        return inverse.reshape(-1).astype(np.int64)
    for size, row in zip(sizes, array.indices, strict=True):
        flat = flat * size + row
    return flat


def summed(values: Array, starts: Array) -> Array:
    """Sums of consecutive groups of `values`, which begin at `starts`; booleans are or-ed."""
    if not starts.size:
        return values[:0]
    if values.dtype == np.bool_:
        return np.logical_or.reduceat(values, starts, axis=0)
    if values.dtype.itemsize < 4 and values.dtype.kind not in "iu":
        return np.add.reduceat(values.astype(np.float32), starts, axis=0).astype(values.dtype)
    return np.add.reduceat(values, starts, axis=0, dtype=values.dtype)


def coalesced(array: CooArray) -> CooArray:
    """The array with unique, sorted coordinates; values of equal ones are summed. Itself if it is so already."""
    if array.coalesced:
        return array
    if array.nnz < 2:
        return CooArray(array.indices, array.values, array.shape, True)
    flat = flat_places(array)
    order = np.argsort(flat, kind="stable")
    flat = flat[order]
    first = np.concatenate(([True], flat[1:] != flat[:-1]))
    starts = np.flatnonzero(first)
    return CooArray(
        np.ascontiguousarray(array.indices[:, order[starts]]), summed(array.values[order], starts), array.shape, True
    )


def to_numpy(array: SparseArray | Array) -> Array:
    """The dense equivalent."""
    if isinstance(array, CooArray):
        whole = coalesced(array)
        dense = np.zeros(array.shape, array.values.dtype)
        if whole.sparse_dim:
            dense[tuple(whole.indices)] = whole.values
        elif whole.nnz:
            dense[...] = whole.values[0]
        return dense
    if isinstance(array, CompressedArray):
        return _dense_of_compressed(array)
    return array


def _dense_of_compressed(array: CompressedArray) -> Array:
    batch = array.batch_dim
    if batch:
        dense = np.zeros(array.shape, array.values.dtype)
        for place in np.ndindex(*array.shape[:batch]):
            one = CompressedArray(
                array.layout, array.compressed[place], array.plain[place], array.values[place], array.shape[batch:]
            )
            dense[place] = _dense_of_compressed(one)
        return dense
    rows, columns = array.expanded()
    height, width = array.blocksize
    tail = array.shape[2:]
    values = array.values
    if not COMPRESSED[array.layout][1]:
        values = values.reshape(values.shape[0], 1, 1, *tail)
    grid = np.zeros((array.shape[0] // height, array.shape[1] // width, height, width, *tail), values.dtype)
    if values.dtype == np.bool_:
        grid[rows, columns] = values
    else:
        np.add.at(grid, (rows, columns), values)
    return np.ascontiguousarray(np.moveaxis(grid, 2, 1)).reshape(array.shape)
