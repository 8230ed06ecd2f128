"""The view primitives, once for every kind of array: what differs is how a layout is read off one and put on it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, NUMERIC, WIDE_FLOATING
from torchere_dispatch import KernelTable

from .box import Box, Recast
from .layout import Layout, restrided
from .rawkernel import complex_of, real_of

__all__ = ["BoxedViews", "Viewing", "add_views"]

Array = Any
Shape = tuple[int, ...]
DType = np.dtype[Any]

HELD = BOOL + NUMERIC


class Viewing(Protocol):
    """How a kind of array shows and takes a layout over its storage."""

    def layout_of(self, x: Array) -> Layout:
        """Sizes, strides and offset in elements."""
        ...

    def storage_size(self, x: Array) -> int:
        """Elements of the storage, counted in those of `x`."""
        ...

    def placed(self, x: Array, layout: Layout) -> Array:
        """The storage of `x` under another layout."""
        ...

    def recast(self, x: Array, dtype: DType, layout: Layout) -> Array:
        """The storage of `x` read as another dtype under a layout that counts elements of that."""
        ...


class BoxedViews:
    """Layouts of boxes."""

    def layout_of(self, x: Box) -> Layout:
        return x.layout

    def storage_size(self, x: Box) -> int:
        return x.root.size

    def placed(self, x: Box, layout: Layout) -> Box:
        return Box(x.root, layout)

    def recast(self, x: Box, dtype: DType, layout: Layout) -> Box:
        return Box(Recast(x.root, dtype), layout)


def add_views(table: KernelTable, viewing: Viewing, dtypes: tuple[str, ...]) -> None:
    """Register every view primitive for arrays that `viewing` understands, for those of `dtypes` it applies to."""

    def held(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in dtypes)

    every, complexes = held(HELD), held(COMPLEX)
    reals = tuple(name for name in every if name not in COMPLEX)

    @table.kernel("view", every)
    def view(x: Array, size: Shape) -> Array:
        return viewing.placed(x, viewing.layout_of(x).viewed(tuple(size)))

    @table.kernel("expand", every)
    def expand(x: Array, size: Shape) -> Array:
        return viewing.placed(x, viewing.layout_of(x).expanded(tuple(size)))

    @table.kernel("permute", every)
    def permute(x: Array, dims: Shape) -> Array:
        return viewing.placed(x, viewing.layout_of(x).permuted(tuple(dims)))

    @table.kernel("index_view", every)
    def index_view(x: Array, index: tuple[Any, ...]) -> Array:
        return viewing.placed(x, viewing.layout_of(x).indexed(tuple(index)))

    @table.kernel("diagonal", every)
    def diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
        return viewing.placed(x, viewing.layout_of(x).diagonal(offset, dim1, dim2))

    @table.kernel("unfold", every)
    def unfold(x: Array, dimension: int, size: int, step: int) -> Array:
        return viewing.placed(x, viewing.layout_of(x).unfolded(dimension, size, step))

    @table.kernel("as_strided", every)
    def as_strided(x: Array, size: Shape, stride: Shape, storage_offset: int, geometry: object) -> Array:
        return viewing.placed(x, restrided(size, stride, storage_offset, viewing.storage_size(x), x.dtype.itemsize))

    @table.kernel("view_dtype", every)
    def view_dtype(x: Array, dtype: DType) -> Array:
        layout, have, wanted = viewing.layout_of(x), x.dtype.itemsize, dtype.itemsize
        if wanted < have:
            layout = layout.narrowed(have // wanted)
        elif wanted > have:
            layout = layout.widened(wanted // have, f"to view {x.dtype} as {dtype} (different element sizes)")
        return viewing.recast(x, dtype, layout)

    @table.kernel("real", reals)
    def real_of_real(x: Array) -> Array:
        return viewing.placed(x, viewing.layout_of(x))

    if complexes:

        @table.kernel("real", complexes)
        def real(x: Array) -> Array:
            return viewing.recast(x, real_of(x.dtype), viewing.layout_of(x).split(2, 0))

        @table.kernel("imag", complexes)
        def imag(x: Array) -> Array:
            return viewing.recast(x, real_of(x.dtype), viewing.layout_of(x).split(2, 1))

        @table.kernel("view_as_real", complexes)
        def view_as_real(x: Array) -> Array:
            return viewing.recast(x, real_of(x.dtype), viewing.layout_of(x).split(2))

    paired = tuple(name for name in held(WIDE_FLOATING) if str(complex_of(np.dtype(name))) in dtypes)
    if paired:

        @table.kernel("view_as_complex", paired)
        def view_as_complex(x: Array) -> Array:
            layout = viewing.layout_of(x).widened(2, "to view as complex")
            return viewing.recast(x, complex_of(x.dtype), Layout(layout.shape[:-1], layout.strides[:-1], layout.offset))
