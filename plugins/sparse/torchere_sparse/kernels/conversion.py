"""Conversion between layouts and dtypes; patterns and their values; making sparse arrays from dense parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.errors import ShapeError
from torchere.layout_keys import LayoutDType
from torchere_sparse.arrays import CompressedArray, CooArray, SparseArray, coalesced, flat_places, to_numpy
from torchere_sparse.layouts_between import compressed_of, coo_of, coo_of_dense

from .products import scipy_of
from .values import on_values

__all__ = ["DENSE_KERNELS", "KERNELS"]

Array = np.ndarray[Any, Any]


def to_dtype(x: SparseArray, native: Any) -> SparseArray:
    """Values of another dtype."""
    wanted = native.dtype if isinstance(native, LayoutDType) else None
    if wanted is None:
        raise TypeError(f"to_dtype: expected a dtype of a sparse layout, got {native!r}")
    return x.with_values(on_values("to_dtype", x.values, wanted))


def dense(x: SparseArray, masked_grad: bool) -> Array:
    """The dense equivalent."""
    return to_numpy(x)


def converted(x: Any, layout: str, sparse_dim: int | None, blocksize: Any, dense_dim: int) -> SparseArray:
    """Any array in `layout`."""
    if layout != "sparse_coo":
        found = compressed_of(x, layout, blocksize, dense_dim)
        return found.with_values(found.values)  # type: ignore[no-any-return]
    if isinstance(x, np.ndarray):
        return coo_of_dense(x, x.ndim if sparse_dim is None else sparse_dim)
    whole = coo_of(x)
    if sparse_dim is None or sparse_dim == whole.sparse_dim:
        return whole.with_values(whole.values)
    return coo_of_dense(to_numpy(x), sparse_dim)


def sum_duplicates(x: CooArray) -> CooArray:
    """Unique, sorted coordinates."""
    whole = coalesced(x)
    return whole.with_values(whole.values)


def values(x: SparseArray) -> Array:
    """The values, sharing memory."""
    return x.values


def with_values(x: SparseArray, new: Any) -> SparseArray:
    """The pattern of `x` with other values."""
    return x.with_values(new)


def values_at(pattern: SparseArray, source: Any) -> Array:
    """The elements of `source` where `pattern` specifies one, as its values lie."""
    if type(source) is type(pattern) and source.dtype.layout == pattern.dtype.layout and _same_places(source, pattern):
        found: Array = source.values
        return found.copy()
    if isinstance(pattern, CooArray):
        if isinstance(source, np.ndarray):
            return _gathered(pattern, source)
        return _looked_up(pattern, coalesced(coo_of(source)))
    return _of_compressed(pattern, to_numpy(source))


def _same_places(source: Any, pattern: Any) -> bool:
    if source.values.shape != pattern.values.shape:
        return False
    if isinstance(pattern, CooArray):
        # Of an uncoalesced source equal coordinates would have to be summed first.
        return bool(source.coalesced) and (
            source.indices is pattern.indices or np.array_equal(source.indices, pattern.indices)
        )
    return np.array_equal(source.compressed, pattern.compressed) and np.array_equal(source.plain, pattern.plain)


def _gathered(pattern: CooArray, source: Array) -> Array:
    if not pattern.sparse_dim:
        return np.repeat(source[None], pattern.nnz, axis=0)
    return source[tuple(pattern.indices)]


def _looked_up(pattern: CooArray, source: CooArray) -> Array:
    if source.sparse_dim != pattern.sparse_dim:
        return _gathered(pattern, to_numpy(source))
    both = CooArray(np.concatenate((source.indices, pattern.indices), axis=1), source.values, source.shape)
    flat = flat_places(both)
    have, wanted = flat[: source.nnz], flat[source.nnz :]
    result = np.zeros((pattern.nnz, *source.values.shape[1:]), source.values.dtype)
    if have.size:
        place = np.minimum(np.searchsorted(have, wanted), have.size - 1)
        hit = have[place] == wanted
        result[hit] = source.values[place[hit]]
    return result


def _of_compressed(pattern: CompressedArray, source: Array) -> Array:
    if pattern.batch_dim:
        result = np.empty(pattern.values.shape, source.dtype)
        for place in np.ndindex(*pattern.shape[: pattern.batch_dim]):
            one = CompressedArray(
                pattern.layout,
                pattern.compressed[place],
                pattern.plain[place],
                pattern.values[place],
                pattern.shape[pattern.batch_dim :],
            )
            result[place] = _of_compressed(one, source[place])
        return result
    rows, columns = pattern.expanded()
    height, width = pattern.blocksize
    tail = pattern.shape[2:]
    grid = source.reshape(pattern.shape[0] // height, height, pattern.shape[1] // width, width, *tail)
    return np.ascontiguousarray(np.moveaxis(grid, 2, 1)[rows, columns]).reshape(pattern.values.shape)


def coo_from(new: Array, indices: Array, size: tuple[int, ...], is_coalesced: bool) -> CooArray:
    """Coordinates and values as a COO array."""
    return CooArray(indices, new, size, is_coalesced)


def compressed_from(new: Array, compressed: Array, plain: Array, size: tuple[int, ...], layout: str) -> CompressedArray:
    """Parts as a compressed array."""
    return CompressedArray(layout, compressed, plain, new, size)


def solve(x: Any, b: Any) -> Array:
    """The solution of ``x @ y = b``, by SciPy's SuperLU."""
    from scipy.sparse.linalg import splu

    matrix = scipy_of(x).tocsc()
    if matrix.shape[0] != matrix.shape[1] or b.shape[0] != matrix.shape[0]:
        raise ShapeError(
            f"spsolve: expected a square matrix and a right side of as many rows, got {list(x.shape)} and "
            f"{list(b.shape)}"
        )
    wide = np.promote_types(matrix.dtype, np.float32)
    try:
        factors = splu(matrix.astype(wide))
    except RuntimeError as error:
        raise ShapeError(f"spsolve: the matrix of shape {list(x.shape)} is singular") from error
    return factors.solve(np.ascontiguousarray(b).astype(wide)).astype(b.dtype, copy=False)  # type: ignore[no-any-return]


KERNELS = {
    "sparse_coalesce": sum_duplicates,
    "sparse_converted": converted,
    "sparse_solve": solve,
    "sparse_to_dense": dense,
    "sparse_values": values,
    "sparse_values_at": values_at,
    "sparse_with_values": with_values,
    "to_dtype": to_dtype,
}
DENSE_KERNELS = {
    "sparse_compressed_from": compressed_from,
    "sparse_converted": converted,
    "sparse_coo_from": coo_from,
}
