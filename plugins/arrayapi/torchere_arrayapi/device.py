"""Array namespaces as devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.backend import DeviceBackend
from torchere.layouts import contiguous_format
from torchere_dispatch import KernelTable, Registry

from . import (
    creation,
    elementwise,
    factorization,
    float_parts,
    fourier,
    indexing,
    linalg,
    rearrange,
    reduction,
    sorting,
)
from .box import Box
from .layout import contiguous
from .library import Library
from .rawkernel import RawKernel
from .rearrange import check_memory_format
from .views import BoxedViews, add_views

__all__ = ["ArrayApiDevice", "raw_kernels"]

HostArray = np.ndarray[Any, Any]
HostDType = np.dtype[Any]


def raw_kernels() -> Iterable[RawKernel]:
    """The kernels that every namespace shares, all but views and copies."""
    for module in (
        elementwise,
        reduction,
        sorting,
        indexing,
        creation,
        rearrange,
        linalg,
        factorization,
        fourier,
        float_parts,
    ):
        yield from module.table.kernels


class ArrayApiDevice(DeviceBackend):
    """The device `name`: arrays of the namespace `xp`, on its `device` (None: the namespace's default).

    Nothing is asked of the library but the standard's functions: views, in-place writes and PyTorch's aliasing are made
    here, out of immutable arrays. dtypes are those the library has on that device; float16 and bfloat16 are computed
    in float32.

    >>> ArrayApiDevice("strict", array_api_strict).register(registry)  # doctest: +SKIP
    """

    array_type = Box

    def __init__(self, name: str, xp: Any, device: Any = None) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.library = Library(xp, device)
        self.dtypes = self.library.dtypes
        self.compute_casts = {dtype: "float32" for dtype in ("float16", "bfloat16") if dtype in self.dtypes}

    def register(self, registry: Registry) -> None:
        """Register the device and its kernels; call this in ``torchere_register``."""
        registry.device(self)
        registry.kernels(self.kernels())

    def kernels(self) -> KernelTable:
        """A kernel for every primitive and every dtype the library has."""
        table = KernelTable(device=self.name)
        for kernel in raw_kernels():
            for dtype in kernel.dtypes:
                if dtype in self.dtypes:
                    native = self.native_dtype(dtypes.by_name(dtype))
                    table.add(kernel.op, self._boxed(kernel, native), (dtype,))
        add_views(table, BoxedViews(), self.dtypes)
        table.add("clone", self._clone, self.dtypes)
        return table

    def _boxed(self, kernel: RawKernel, dtype: HostDType) -> Callable[..., Any]:
        """A raw kernel as a function of boxes, computing in `dtype`."""
        library, function, result = self.library, kernel.function, kernel.result

        def box(value: Any, logical: HostDType) -> Box:
            return Box.of(library, library.astype(value, library.native[logical]), logical)

        def run(*args: Any) -> Any:
            found = function(library, *map(_unboxed, args))
            logical = result(dtype, args)
            if found.__class__ is tuple:
                return tuple(box(value, one) for value, one in zip(found, logical, strict=True))
            return box(found, logical)

        run.__wrapped__ = function  # type: ignore[attr-defined]  # `why` shows where the raw kernel is
        run.__name__ = run.__qualname__ = function.__name__
        return run

    def _clone(self, x: Box, memory_format: object) -> Box:
        name = check_memory_format(memory_format, x.ndim)
        layout = x.layout
        if name in ("channels_last", "channels_last_3d"):
            order = (0, *range(2, x.ndim), 1)
        elif name == contiguous_format.name or layout.is_contiguous:
            return Box.of(self.library, x.read(), x.dtype)
        else:
            # What has no gaps and repeats nothing keeps its order in memory.
            order = tuple(sorted(range(x.ndim), key=lambda axis: (-layout.strides[axis], axis)))
            if not layout.permuted(order).is_contiguous:
                return Box.of(self.library, x.read(), x.dtype)
        moved = Box(x.root, layout.permuted(order))
        copy = Box.of(self.library, moved.read(), x.dtype)
        back = tuple(order.index(axis) for axis in range(x.ndim))
        return Box(copy.root, contiguous(copy.shape).permuted(back))

    # --- what the core asks of a device ---

    def native_dtype(self, dtype: dtypes.DType) -> HostDType:
        return dtype.numpy

    def dtype_of(self, array: Box) -> dtypes.DType:
        return dtypes.from_numpy_dtype(array.dtype)

    def from_numpy(self, array: HostArray, index: int | None) -> Box:
        return Box.of(self.library, self.library.asarray(array), array.dtype)

    def to_numpy(self, array: Box) -> HostArray:
        return self.library.to_numpy(array.read(), array.dtype)

    def on_device(self, array: Box, index: int | None) -> Box:
        return Box.of(self.library, array.read(), array.dtype)

    def astype(self, array: Box, native_dtype: HostDType) -> Box:
        value = self.library.astype(array.read(), self.library.native[native_dtype])
        return Box.of(self.library, value, native_dtype)

    def copy_into(self, destination: Box, source: Box) -> None:
        value = source.read()
        wanted = self.library.native[destination.dtype]
        if source.dtype != destination.dtype and self.library.kind(value) == "c" and destination.dtype.kind != "c":
            value = self.library.xp.real(value)
        destination.write(self.library.astype(value, wanted))

    def strides(self, array: Box) -> tuple[int, ...]:
        return array.layout.strides

    def storage_offset(self, array: Box) -> int:
        return array.layout.offset

    def is_contiguous(self, array: Box) -> bool:
        return array.layout.is_contiguous

    def data_ptr(self, array: Box) -> int:
        """An identifier of the first element: the library's arrays have no address."""
        return id(array.root.base()) + array.layout.offset * array.dtype.itemsize if array.size else 0


def _unboxed(value: Any) -> Any:
    if value.__class__ is Box:
        return value.read()
    if value.__class__ is list:
        return [_unboxed(item) for item in value]
    return value
