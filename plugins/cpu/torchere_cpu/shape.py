"""Views and rearrangements of NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.lib import stride_tricks
from numpy.lib.array_utils import byte_bounds

from torchere.dtype_sets import ALL
from torchere.errors import DimensionError, ShapeError
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

table = KernelTable(device="cpu")


def restride(x: Array, shape: Sequence[int], strides: Sequence[int]) -> Array:
    """A view that starts at the first element of `x`, with strides in bytes."""
    owner = _owner(x)
    if owner.flags.forc and 0 not in shape:
        # NumPy's own as_strided hides the owner of the memory, so that offsets in it could not be told any more.
        buffer = owner if owner.flags.c_contiguous else owner.T
        start = x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        return np.ndarray(shape, x.dtype, buffer, start, strides)
    if x.dtype.kind in "biufc" and x.dtype.isbuiltin == 1:
        return stride_tricks.as_strided(x, shape, strides)
    # The array interface cannot name the types of ml_dtypes: view their bits.
    bits = x.view(np.dtype(f"u{x.itemsize}"))
    return stride_tricks.as_strided(bits, shape, strides).view(x.dtype)


def _owner(x: Array) -> Array:
    """The array whose memory `x` is a view of."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


# --- views -------------------------------------------------------------------------------------------------------


@table.kernel("view", ALL)
def view(x: Array, size: Shape) -> Array:
    try:
        result = x.reshape(size)
    except ValueError:
        result = None
    # NumPy copies where no view is possible; asking it not to costs more than looking whose memory the result has.
    if result is not None and (result.base is x or (x.base is not None and result.base is x.base)):
        return result
    try:
        return x.reshape(size, copy=False)
    except ValueError:
        raise ShapeError(
            f"view size is not compatible with input tensor's size and stride (at least one dimension spans across "
            f"two contiguous subspaces): shape {list(x.shape)} with strides "
            f"{[step // x.itemsize for step in x.strides]} cannot become {list(size)} without copying. "
            f"Use .reshape(...) instead."
        ) from None


@table.kernel("view_dtype", ALL)
def view_dtype(x: Array, dtype: np.dtype[Any]) -> Array:
    if x.ndim == 0 and dtype.itemsize == x.itemsize:
        return x.reshape(1).view(dtype).reshape(())
    try:
        return x.view(dtype)
    except ValueError:
        raise ShapeError(
            f"self.stride(-1) must be 1 to view {x.dtype.name} as {dtype.name} (different element sizes)"
        ) from None


@table.kernel("expand", ALL)
def expand(x: Array, size: Shape) -> Array:
    shape = x.shape
    if not shape:
        return np.ndarray(size, x.dtype, x, 0, (0,) * len(size))
    extra = len(size) - len(shape)
    steps = [0] * extra
    for have, wanted, step in zip(shape, size[extra:], x.strides, strict=True):
        if have == wanted:
            steps.append(step)
        elif have == 1:
            steps.append(0)
        else:
            raise ShapeError(f"shape {list(shape)} does not expand to {list(size)}")
    if x.flags.c_contiguous and x.size:
        return np.ndarray(size, x.dtype, x, 0, steps)  # a seventh of the time of numpy.broadcast_to
    return restride(x, size, steps)


def _writable(result: Array, x: Array) -> Array:
    """NumPy returns read-only views where elements may coincide; PyTorch leaves that to the writer."""
    if x.flags.writeable:
        result.flags.writeable = True
    return result


@table.kernel("permute", ALL)
def permute(x: Array, dims: Shape) -> Array:
    return x.transpose(dims)


@table.kernel("index_view", ALL)
def index_view(x: Array, index: tuple[Any, ...]) -> Array:
    try:
        result = x[index]
    except IndexError as error:
        _index_error(error, x)
    if type(result) is np.ndarray:
        return result
    return x[(*index, ...)]  # every axis was indexed by an integer: NumPy makes a scalar, which is no view


def _index_error(error: IndexError, x: Array) -> NoReturn:
    message = str(error).replace("axis", "dimension")
    if message.startswith("too many indices"):
        message = f"too many indices for tensor of dimension {x.ndim}"
    raise DimensionError(message) from None


@table.kernel("as_strided", ALL)
def as_strided(x: Array, size: Shape, stride: Shape, storage_offset: int, geometry: object) -> Array:
    owner = _owner(x)
    start, stop = byte_bounds(owner)
    item = x.itemsize
    offset = storage_offset * item
    needed = offset + (0 if 0 in size else item * (1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))))
    if needed > stop - start:
        raise ShapeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset // item}, and itemsize "
            f"{item} requiring a storage size of {needed} are out of bounds for storage of size {stop - start}"
        )
    if 0 in size:
        return x.reshape(-1)[:0].reshape(size)
    if owner.flags.forc:
        buffer = owner if owner.flags.c_contiguous else owner.T
        return np.ndarray(size, x.dtype, buffer, offset, tuple(step * item for step in stride))
    # Any array that reaches the storage will do as the owner of the result; offsets are taken from its first element.
    shifted = x.__array_interface__["data"][0] - start
    first = restride(x, (), ()) if offset == shifted else _element(owner, offset, x.dtype)
    return restride(first, size, tuple(step * item for step in stride))


def _element(owner: Array, offset: int, dtype: np.dtype[Any]) -> Array:
    """The 0-d view of the `dtype` element `offset` bytes after the lowest address of `owner`, which has no gaps."""
    flat = owner.reshape(-1) if owner.flags.c_contiguous else owner.ravel(order="K")
    return flat.view(np.uint8)[offset : offset + dtype.itemsize].view(dtype).reshape(())


@table.kernel("diagonal", ALL)
def diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    return _writable(np.diagonal(x, offset, dim1, dim2), x)


@table.kernel("unfold", ALL)
def unfold(x: Array, dimension: int, size: int, step: int) -> Array:
    if x.ndim == 0:
        return restride(x, (size,), (x.itemsize,))
    windows = (x.shape[dimension] - size) // step + 1
    shape, strides = list(x.shape), list(x.strides)
    shape[dimension] = windows
    strides[dimension] *= step
    return restride(x, (*shape, size), (*strides, x.strides[dimension]))


@table.kernel("index_view_backward", ALL)
def index_view_backward(grad: Array, size: Shape, index: tuple[Any, ...]) -> Array:
    out = np.zeros(size, grad.dtype)
    out[index] = grad
    return out


@table.kernel("diagonal_backward", ALL)
def diagonal_backward(grad: Array, size: Shape, offset: int, dim1: int, dim2: int) -> Array:
    out = np.zeros(size, grad.dtype)
    diagonal(out, offset, dim1, dim2)[...] = grad
    return out
