"""Arrays with PyTorch's aliasing for libraries without views, without strides or without item assignment.

A `Root` is a flat storage whose content is one array of the library; nothing ever writes into that array, a write puts
another in its place. A `Box` is what tensors hold: a root and a layout. Reading a box computes its array from the
root's; writing through a box gives the root a new array, so every other view of the root sees it.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .layout import Layout, contiguous, positions
from .library import Library

__all__ = ["Box", "Recast", "Root"]

Array = Any
HostDType = np.dtype[Any]


class Root:
    """A flat storage of `size` elements: an array of the library in row-major order, and how often it was replaced."""

    __slots__ = ("_value", "dtype", "library", "size", "version")

    def __init__(self, library: Library, value: Array, dtype: HostDType) -> None:
        self.library = library
        self._value = value
        self.dtype = dtype
        self.size = prod(value.shape)
        self.version = 0

    def value(self) -> Array:
        """The elements, in whatever shape they came."""
        return self._value

    def replace(self, value: Array) -> None:
        """Make `value`, with as many elements, the content."""
        self._value = value
        self.version += 1

    def base(self) -> Root:
        """The root that owns the memory."""
        return self


class Recast(Root):
    """The storage of another root read as another dtype, as ``x.real`` and ``x.view(dtype)`` need it."""

    __slots__ = ("_seen", "_source")

    def __init__(self, source: Root, dtype: HostDType) -> None:
        self.library = source.library
        self.dtype = dtype
        self.size = source.size * source.dtype.itemsize // dtype.itemsize
        self._source = source
        self._seen = -1
        self._value = None

    @property
    def version(self) -> int:  # type: ignore[override]
        return self._source.version

    def value(self) -> Array:
        if self._seen != self._source.version:
            self._seen, self._value = self._source.version, self._converted(self._source, self._source.value(), self)
        return self._value

    def replace(self, value: Array) -> None:
        """Write through to the source."""
        self._source.replace(self._converted(self, value, self._source))

    def base(self) -> Root:
        return self._source.base()

    @staticmethod
    def _converted(source: Root, value: Array, target: Root) -> Array:
        """The bytes of `value`, of the dtype of `source`, as the dtype of `target`."""
        library = source.library
        xp = library.xp
        flat = xp.reshape(value, (-1,))
        if source.dtype.kind == "c" and target.dtype.kind == "f" and 2 * target.dtype.itemsize == source.dtype.itemsize:
            return xp.reshape(xp.stack((xp.real(flat), xp.imag(flat)), axis=-1), (-1,))
        host = library.to_numpy(flat, source.dtype)
        whole = host.nbytes // target.dtype.itemsize * target.dtype.itemsize  # an incomplete last element is left out
        found = host.view(np.uint8)[:whole].view(target.dtype)
        if found.size < target.size:  # … and kept when writing back
            rest = library.to_numpy(xp.reshape(target.value(), (-1,)), target.dtype)[found.size :]
            found = np.concatenate([found, rest])
        return library.asarray(found)


class Box:
    """An array: a layout over a root. `shape`, `dtype` (NumPy's) and `ndim` are what the core asks of any array."""

    __slots__ = ("_array", "_seen", "layout", "root", "shape")

    def __init__(self, root: Root, layout: Layout) -> None:
        self.root = root
        self.layout = layout
        self.shape = layout.shape
        self._array: Array = None
        self._seen = -1

    @classmethod
    def of(cls, library: Library, value: Array, dtype: HostDType) -> Box:
        """A box of its own around a library's array, with elements of `dtype`."""
        box = cls(Root(library, value, dtype), contiguous(tuple(value.shape)))
        box._array, box._seen = value, 0
        return box

    @property
    def dtype(self) -> HostDType:
        """The dtype of the elements, which the library may store as another."""
        return self.root.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.layout.size

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self.layout.size * self.root.dtype.itemsize

    @property
    def real(self) -> Box:
        """The real part, a view."""
        if self.dtype.kind != "c":
            return self
        return Box(Recast(self.root, np.dtype(f"f{self.dtype.itemsize // 2}")), self.layout.split(2, 0))

    def is_whole(self) -> bool:
        """Whether the box holds every element of its root in order."""
        return self.layout.offset == 0 and self.layout.size == self.root.size and self.layout.is_contiguous

    # --- reading ---

    def read(self) -> Array:
        """The library's array with these elements, which nobody may write into."""
        version = self.root.version
        if self._seen != version:
            self._array, self._seen = self._computed(), version
        return self._array

    def _computed(self) -> Array:
        library, layout = self.root.library, self.layout
        xp, value = library.xp, self.root.value()
        if self.is_whole():
            return value if tuple(value.shape) == self.shape else xp.reshape(value, self.shape)
        if layout.size == 0:
            return library.zeros(self.shape, value.dtype)
        flat = xp.reshape(value, (-1,))
        # Repeated axes are read once; dense ones in the order of memory need no index.
        kept = [axis for axis, step in enumerate(layout.strides) if step and layout.shape[axis] > 1]
        order = sorted(kept, key=lambda axis: -layout.strides[axis])
        dense = Layout(
            tuple(layout.shape[axis] for axis in order), tuple(layout.strides[axis] for axis in order), layout.offset
        )
        if dense.is_contiguous:
            part = flat if dense.size == self.root.size else flat[dense.offset : dense.offset + dense.size]
            part = xp.reshape(part, dense.shape)
        else:
            part = xp.reshape(library.pick(flat, _on_device(library, dense)), dense.shape)
        found = xp.permute_dims(part, tuple(order.index(axis) for axis in kept)) if order != kept else part
        found = xp.reshape(found, tuple(n if axis in kept else 1 for axis, n in enumerate(layout.shape)))
        return found if tuple(found.shape) == self.shape else xp.broadcast_to(found, self.shape)

    # --- writing ---

    def write(self, value: Array) -> None:
        """Replace the elements by those of an array of the stored dtype, broadcast to this shape."""
        root, layout = self.root, self.layout
        library = root.library
        xp = library.xp
        if tuple(value.shape) != self.shape:
            while value.ndim > len(self.shape) and value.shape[0] == 1:
                value = xp.reshape(value, tuple(value.shape[1:]))
            value = xp.broadcast_to(value, self.shape)
        if self.is_whole():
            root.replace(value)
        elif layout.size:
            flat, new = xp.reshape(root.value(), (-1,)), xp.reshape(value, (-1,))
            if layout.is_contiguous:
                pieces = (flat[: layout.offset], new, flat[layout.offset + layout.size :])
                root.replace(xp.concat([piece for piece in pieces if piece.shape[0]]))
            else:
                both = xp.concat((flat, new))
                root.replace(library.pick(both, _sources(library, layout, root.size)))


#: Elements up to which positions are kept on the device for the next time.
_KEPT = 1 << 20


def _on_device(library: Library, layout: Layout) -> Array:
    """The positions of a layout's elements, on the device."""
    return (_kept_positions if layout.size <= _KEPT else _new_positions)(library, layout)


def _new_positions(library: Library, layout: Layout) -> Array:
    return library.asarray(positions(layout))


def _sources(library: Library, layout: Layout, size: int) -> Array:
    """For each element of a storage where its new value lies in the old storage followed by what is written."""
    return (_kept_sources if size <= _KEPT else _new_sources)(library, layout, size)


def _new_sources(library: Library, layout: Layout, size: int) -> Array:
    found = np.arange(size, dtype=np.int64)
    places = positions(layout)
    found[places] = np.arange(size, size + places.size)
    return library.asarray(found)


_kept_positions = lru_cache(maxsize=128)(_new_positions)
_kept_sources = lru_cache(maxsize=128)(_new_sources)
