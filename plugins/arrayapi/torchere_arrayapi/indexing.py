"""Reading and writing elements by index, on arrays of any namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, NUMERIC, WIDE
from torchere.errors import DimensionError, ShapeError

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

HELD = BOOL + NUMERIC
EVERY = BOOL + INTEGRAL + WIDE

table = RawTable()


def _out_of_range(library: Library, index: Array, low: int, high: int) -> int | None:
    """An index outside ``low … high - 1``, or None."""
    xp = library.xp
    if 0 in index.shape:
        return None
    smallest, largest = int(xp.min(index)), int(xp.max(index))
    if smallest >= low and largest < high:
        return None
    host = library.to_numpy(index)
    return int(host[(host < low) | (host >= high)].flat[0])


@table.kernel("index_select", HELD)
def index_select(library: Library, x: Array, dim: int, index: Array) -> Array:
    xp = library.xp
    index = xp.reshape(library.astype(index, library.int64), (-1,))
    size = x.shape[dim] if x.ndim else 1
    bad = _out_of_range(library, index, 0, size)
    if bad is not None:
        raise DimensionError(
            f"index out of range in self: index {bad} is out of bounds for dimension {dim} with size {size}"
        )
    if x.ndim == 0:
        return library.copy(x)
    if 0 in x.shape:
        shape = (*x.shape[:dim], index.shape[0], *x.shape[dim + 1 :])
        return library.zeros(shape, x.dtype)
    return xp.take(x, index, axis=dim)


@table.kernel("put", HELD)
def put(library: Library, x: Array, index: Array, source: Array, accumulate: bool) -> Array:
    xp = library.xp
    size = int(np.prod(x.shape))
    positions = xp.reshape(library.astype(index, library.int64), (-1,))
    if positions.shape[0] == 0:
        return library.copy(x)
    if size == 0:
        raise DimensionError("take(): tried to take from an empty tensor")
    bad = _out_of_range(library, positions, -size, size)
    if bad is not None:
        raise DimensionError(f"out of range: tried to access index {bad} on a tensor of {size} elements.")
    zero = library.scalar(0, positions)
    positions = xp.where(xp.less(positions, zero), positions + library.scalar(size, positions), positions)
    flat = library.write(xp.reshape(x, (-1,)), positions, xp.reshape(source, (-1,)), accumulate)
    return xp.reshape(flat, tuple(x.shape))


@table.kernel("nonzero", HELD, "int64")
def nonzero(library: Library, x: Array) -> Array:
    xp = library.xp
    if x.ndim == 0:
        return library.zeros((int(bool(x)), 0), library.int64)
    found = library.index_function("nonzero")(library.truth(x))
    return library.astype(xp.stack(found, axis=1), library.int64)


# --- joining -----------------------------------------------------------------------------------------------------


@table.kernel("cat", HELD)
def cat(library: Library, arrays: Sequence[Array], dim: int) -> Array:
    shapes = {array.ndim for array in arrays}
    if len(shapes) > 1:
        # PyTorch lets 1-d tensors without elements pass among others of any rank.
        arrays = [array for array in arrays if array.ndim != 1 or array.shape[0]]
    try:
        return library.xp.concat(list(arrays), axis=dim)
    except TypeError as error:  # JAX's word for shapes that differ
        raise ValueError(str(error)) from error


# --- scatter with a reduction ------------------------------------------------------------------------------------

_REDUCTIONS: dict[str, tuple[np.ufunc, int | None]] = {
    "sum": (np.add, 0),
    "mean": (np.add, 0),
    "prod": (np.multiply, 1),
    "amax": (np.maximum, None),
    "amin": (np.minimum, None),
}


def _neutral(dtype: np.dtype[Any], largest: bool) -> Any:
    """The number that changes no minimum (`largest`) or maximum."""
    if dtype.kind == "b":
        return largest
    if dtype.kind in "iu":
        return np.iinfo(dtype).max if largest else np.iinfo(dtype).min
    return np.inf if largest else -np.inf


def _addresses(shape: tuple[int, ...], dim: int, index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Positions in a flattened array of `shape` that `index` picks along `dim`."""
    if not shape:
        return index.reshape(-1)
    axes = np.ogrid[tuple(slice(size) for size in index.shape)]
    coordinates = [index if axis == dim else axes[axis] for axis in range(index.ndim)]
    return np.ravel_multi_index(np.broadcast_arrays(*coordinates), shape).reshape(-1)


@table.kernel("scatter_reduce", EVERY)
def scatter_reduce(
    library: Library, x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool
) -> Array:
    """On the host: no namespace has a scatter that combines, and XLA's and CUDA's do not agree on NaN."""
    result, places, values = library.to_numpy(x), library.to_numpy(index), library.to_numpy(src)
    size = result.shape[dim] if result.ndim else 1
    if places.size and not (0 <= places.min() and places.max() < size):
        bad = int(places[(places < 0) | (places >= size)].flat[0])
        raise ShapeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
    if places.size == 0:
        return library.asarray(result, x.dtype)
    if values.shape != places.shape:
        values = (
            values[tuple(slice(n) for n in places.shape)]
            if values.ndim == places.ndim
            else values.reshape(-1)[: places.size]
        )
    positions, values = _addresses(result.shape, dim, places), values.reshape(-1)
    flat = result.reshape(-1)
    ufunc, neutral = _REDUCTIONS[reduce]
    if not include_self:
        flat[positions] = _neutral(flat.dtype, reduce == "amin") if neutral is None else neutral
    ufunc.at(flat, positions, values)
    if reduce == "mean":
        counts = np.bincount(positions, minlength=flat.size)
        counts = counts + 1 if include_self else np.maximum(counts, 1)
        flat[...] = np.floor_divide(flat, counts) if flat.dtype.kind in "iu" else flat / counts
    return library.asarray(flat.reshape(x.shape), x.dtype)
