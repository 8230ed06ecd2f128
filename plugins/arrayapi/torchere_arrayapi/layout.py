"""Where the elements of an array lie in a flat storage, and what a view does to that. Integers only, no memory.

`Layout` is PyTorch's geometry (sizes, strides and offset, all in elements), so views behave as in PyTorch whatever the
array library can do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from torchere.errors import DimensionError, ShapeError

__all__ = ["Layout", "contiguous", "positions", "restrided"]

Shape = tuple[int, ...]


def row_major(shape: Shape) -> Shape:
    """Strides of a contiguous array."""
    strides, step = [0] * len(shape), 1
    for axis in range(len(shape) - 1, -1, -1):
        strides[axis] = step
        step *= max(shape[axis], 1)
    return tuple(strides)


class Layout(NamedTuple):
    """Sizes, strides and the offset of the first element."""

    shape: Shape
    strides: Shape
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    @property
    def is_contiguous(self) -> bool:
        """Whether elements lie in row-major order without gaps."""
        step = 1
        for size, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if size == 0:
                return True
            if size != 1:
                if stride != step:
                    return False
                step *= size
        return True

    # --- views ---

    def viewed(self, size: Shape) -> Layout:
        """The elements in row-major order under another shape; one size may be -1. RuntimeError if only a copy can."""
        wanted = self._inferred(size)
        if wanted is None:
            raise self._incompatible(size)
        if self.size == 0 or self.is_contiguous:
            return Layout(wanted, row_major(wanted), self.offset)
        strides = self._regrouped(wanted)
        if strides is None:
            raise self._incompatible(size)
        return Layout(wanted, strides, self.offset)

    def _inferred(self, size: Shape) -> Shape | None:
        known = 1
        for count in size:
            known *= count if count >= 0 else 1
        if -1 in size:
            if size.count(-1) > 1 or known == 0 or self.size % known:
                return None
            size = tuple(self.size // known if count == -1 else count for count in size)
            known = self.size
        return tuple(size) if known == self.size else None

    def _regrouped(self, wanted: Shape) -> Shape | None:
        """Strides under another shape: each run of axes without gaps must be split or joined by itself."""
        runs: list[tuple[int, int]] = []  # (elements, stride of the innermost)
        for size, stride in zip(self.shape, self.strides, strict=True):
            if size == 1:
                continue
            if runs and runs[-1][1] == size * stride:
                runs[-1] = (runs[-1][0] * size, stride)
            else:
                runs.append((size, stride))
        strides = [0] * len(wanted)
        axis = len(wanted) - 1
        for count, stride in reversed(runs):
            left, step = count, stride
            while left > 1:
                while axis >= 0 and wanted[axis] == 1:
                    strides[axis] = step
                    axis -= 1
                if axis < 0 or left % wanted[axis]:
                    return None
                strides[axis] = step
                step *= wanted[axis]
                left //= wanted[axis]
                axis -= 1
        while axis >= 0:  # sizes of 1
            strides[axis] = strides[axis + 1] * wanted[axis + 1] if axis + 1 < len(wanted) else 1
            axis -= 1
        return tuple(strides)

    def _incompatible(self, size: Shape) -> ShapeError:
        return ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            f"contiguous subspaces): shape {list(self.shape)} with strides {list(self.strides)} cannot become "
            f"{list(size)} without copying. Use .reshape(...) instead."
        )

    def expanded(self, size: Shape) -> Layout:
        """Axes of size 1 repeated, and new leading axes. RuntimeError where sizes do not fit."""
        extra = len(size) - len(self.shape)
        strides = [0] * extra
        for have, wanted, stride in zip(self.shape, size[extra:], self.strides, strict=True):
            if have != wanted and have != 1:
                raise ShapeError(f"shape {list(self.shape)} does not expand to {list(size)}")
            strides.append(stride if have == wanted else 0)
        return Layout(tuple(size), tuple(strides), self.offset)

    def permuted(self, dims: Shape) -> Layout:
        """The axes in another order."""
        return Layout(tuple(self.shape[d] for d in dims), tuple(self.strides[d] for d in dims), self.offset)

    def indexed(self, index: tuple[Any, ...]) -> Layout:
        """Basic indexing by ints, slices with positive step, None and one Ellipsis. IndexError where they miss."""
        used = sum(item is not None and item is not Ellipsis for item in index)
        ndim = len(self.shape)
        if used > ndim:
            raise DimensionError(f"too many indices for tensor of dimension {ndim}")
        if Ellipsis not in index:
            index = (*index, Ellipsis)
        shape: list[int] = []
        strides: list[int] = []
        offset, axis = self.offset, 0
        for item in index:
            if item is None:
                shape.append(1)
                strides.append(0)
                continue
            if item is Ellipsis:
                count = ndim - used
                shape += self.shape[axis : axis + count]
                strides += self.strides[axis : axis + count]
                axis += count
                continue
            size, stride = self.shape[axis], self.strides[axis]
            if isinstance(item, slice):
                start, stop, step = item.indices(size)
                length = len(range(start, stop, step))
                offset += start * stride if length else 0
                shape.append(length)
                strides.append(stride * step)
            else:
                place = int(item)
                if not -size <= place < size:
                    raise DimensionError(f"index {place} is out of bounds for dimension {axis} with size {size}")
                offset += place % size * stride
            axis += 1
        return Layout(tuple(shape), tuple(strides), offset)

    def diagonal(self, offset: int, first: int, second: int) -> Layout:
        """The elements with ``index[second] - index[first] == offset``; their axis comes last."""
        rows, columns = self.shape[first], self.shape[second]
        if offset >= 0:
            length = max(min(rows, columns - offset), 0)
            start = offset * self.strides[second]
        else:
            length = max(min(rows + offset, columns), 0)
            start = -offset * self.strides[first]
        others = [axis for axis in range(len(self.shape)) if axis not in (first, second)]
        return Layout(
            (*(self.shape[axis] for axis in others), length),
            (*(self.strides[axis] for axis in others), self.strides[first] + self.strides[second]),
            self.offset + (start if length else 0),
        )

    def unfolded(self, dimension: int, size: int, step: int) -> Layout:
        """Windows of `size` elements, `step` apart, along a dimension; a window's elements form a new last axis."""
        if not self.shape:
            return Layout((size,), (1,), self.offset)
        shape, strides = list(self.shape), list(self.strides)
        shape[dimension] = (shape[dimension] - size) // step + 1
        strides[dimension] *= step
        return Layout((*shape, size), (*strides, self.strides[dimension]), self.offset)

    # --- other element sizes ---

    def split(self, parts: int, part: int | None = None) -> Layout:
        """Each element as `parts` smaller ones: a new last axis, or only the one at place `part`."""
        strides = tuple(step * parts for step in self.strides)
        if part is not None:
            return Layout(self.shape, strides, self.offset * parts + part)
        return Layout((*self.shape, parts), (*strides, 1), self.offset * parts)

    def narrowed(self, ratio: int) -> Layout:
        """Elements `ratio` times smaller: the last axis grows."""
        inner = Layout((*self.shape[:-1], self.shape[-1] * ratio), (), self.offset * ratio)
        return inner._replace(strides=(*(step * ratio for step in self.strides[:-1]), 1))

    def widened(self, ratio: int, what: str) -> Layout:
        """Elements `ratio` times larger: the last axis shrinks. RuntimeError for strides or offsets between them."""
        for axis, step in enumerate(self.strides[:-1]):
            if step % ratio and self.shape[axis] > 1:
                raise ShapeError(f"self.stride({axis}) must be divisible by {ratio} {what}, but got {step}")
        if self.offset % ratio:
            raise ShapeError(f"self.storage_offset() must be divisible by {ratio} {what}, but got {self.offset}")
        strides = (*(step // ratio for step in self.strides[:-1]), 1)
        return Layout((*self.shape[:-1], self.shape[-1] // ratio), strides, self.offset // ratio)


def restrided(size: Shape, stride: Shape, offset: int, storage: int, itemsize: int) -> Layout:
    """Any sizes and strides over a storage of `storage` elements. RuntimeError beyond its end."""
    reach = 0 if 0 in size else 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if offset + reach > storage:
        raise ShapeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize {itemsize} "
            f"requiring a storage size of {(offset + reach) * itemsize} are out of bounds for storage of size "
            f"{storage * itemsize}"
        )
    return Layout(tuple(size), tuple(stride), offset)


def contiguous(shape: Shape) -> Layout:
    """The layout of an array of its own."""
    return Layout(shape, row_major(shape))


def positions(layout: Layout) -> np.ndarray[Any, Any]:
    """Where each element lies in the flat storage, in row-major order."""
    total = np.asarray(layout.offset, np.int64)
    ndim = len(layout.shape)
    for axis, (size, step) in enumerate(zip(layout.shape, layout.strides, strict=True)):
        total = total + np.arange(0, size * step, step).reshape((size,) + (1,) * (ndim - axis - 1)) if step else total
    return np.array(np.broadcast_to(total, layout.shape).reshape(-1), np.int64)
