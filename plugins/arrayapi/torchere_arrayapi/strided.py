"""Devices whose arrays have strides and can be written into: tensors hold the library's arrays themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.backend import DeviceBackend
from torchere_dispatch import KernelTable, Registry

from . import philox
from .device import raw_kernels
from .layout import Layout
from .numpystyle import NumpyStyleLibrary
from .rawkernel import RawKernel
from .rearrange import check_memory_format
from .views import add_views

__all__ = ["StridedDevice"]

Array = Any
HostArray = np.ndarray[Any, Any]
HostDType = np.dtype[Any]


class StridedDevice(DeviceBackend):
    """A device on a `NumpyStyleLibrary`. A subclass says where an array's memory begins, and puts layouts on it.

    Its `name`, `array_type` and `library` are set by the subclass; `dtypes` are those of the library, float16 and
    bfloat16 are computed in float32.
    """

    library: NumpyStyleLibrary

    def __init__(self, library: NumpyStyleLibrary) -> None:
        super().__init__()
        self.library = library
        self.dtypes = library.dtypes
        self.compute_casts = {dtype: "float32" for dtype in ("float16", "bfloat16") if dtype in self.dtypes}

    # --- memory: what a subclass defines ---

    def memory(self, array: Array) -> tuple[int, int]:
        """Address of the first byte of the storage behind `array`, and its number of bytes."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define memory()")

    def at(self, array: Array, dtype: HostDType, layout: Layout) -> Array:
        """The storage behind `array` as elements of `dtype` under a layout."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define at()")

    # --- registration ---

    def register(self, registry: Registry) -> None:
        """Register the device and its kernels; call this in ``torchere_register``."""
        registry.device(self)
        registry.kernels(self.kernels())

    def kernels(self) -> KernelTable:
        """A kernel for every primitive and every dtype the library has."""
        table = KernelTable(device=self.name)
        own = {kernel.op for kernel in philox.table.kernels}
        shared = (kernel for kernel in raw_kernels() if kernel.op not in own)
        for kernel in (*shared, *philox.table.kernels):
            held = tuple(dtype for dtype in kernel.dtypes if dtype in self.dtypes)
            if held:
                table.add(kernel.op, self._bound(kernel), held)
        add_views(table, self, self.dtypes)
        table.add("clone", self._clone, self.dtypes)
        return table

    def _bound(self, kernel: RawKernel) -> Callable[..., Any]:
        return partial(kernel.function, self.library)

    def _clone(self, x: Array, memory_format: object) -> Array:
        name = check_memory_format(memory_format, x.ndim)
        if name in ("channels_last", "channels_last_3d"):
            axes = (0, *range(2, x.ndim), 1)
        elif name == "contiguous_format":
            return x.copy(order="C")
        else:
            layout = self.layout_of(x)
            axes = tuple(sorted(range(x.ndim), key=lambda axis: (-layout.strides[axis], axis)))
            if not layout.permuted(axes).is_contiguous:
                return x.copy(order="C")
        copied = x.transpose(axes).copy(order="C")
        return copied.transpose(tuple(axes.index(axis) for axis in range(x.ndim)))

    # --- layouts ---

    def layout_of(self, x: Array) -> Layout:
        """Sizes, strides and offset in elements."""
        return Layout(tuple(x.shape), self.strides(x), self.storage_offset(x))

    def storage_size(self, x: Array) -> int:
        """Elements of the storage."""
        return self.memory(x)[1] // x.dtype.itemsize

    def placed(self, x: Array, layout: Layout) -> Array:
        """The storage of `x` under another layout."""
        return self.at(x, x.dtype, layout)

    def recast(self, x: Array, dtype: HostDType, layout: Layout) -> Array:
        """The storage of `x` read as another dtype."""
        return self.at(x, dtype, layout)

    # --- what the core asks of a device ---

    def native_dtype(self, dtype: dtypes.DType) -> HostDType:
        return dtype.numpy

    def dtype_of(self, array: Array) -> dtypes.DType:
        return dtypes.from_numpy_dtype(array.dtype)

    def from_numpy(self, array: HostArray, index: int | None) -> Array:
        return self.library.asarray(array)

    def to_numpy(self, array: Array) -> HostArray:
        return self.library.to_numpy(array)

    def adopt(self, value: Any, native_dtype: HostDType) -> Array:
        return value if isinstance(value, self.array_type) else self.library.asarray(np.asarray(value))

    def copy_into(self, destination: Array, source: Array) -> None:
        if source.dtype.kind == "c" and destination.dtype.kind not in "cb":
            source = source.real
        destination[...] = source if source.dtype == destination.dtype else source.astype(destination.dtype)

    # --- random numbers ---

    def new_generator(self, seed: int, index: int | None = None) -> philox.PhiloxStream:
        return philox.PhiloxStream(seed)

    def generator_state(self, generator: philox.PhiloxStream) -> list[int]:
        return [generator.seed, generator.drawn]

    def set_generator_state(self, generator: philox.PhiloxStream, state: list[int]) -> None:
        generator.seed, generator.drawn = map(int, state)

    # --- geometry ---

    def strides(self, array: Array) -> tuple[int, ...]:
        size = array.dtype.itemsize
        return tuple(step // size for step in array.strides)

    def storage_offset(self, array: Array) -> int:
        return (self.data_ptr(array) - self.memory(array)[0]) // array.dtype.itemsize if array.size else 0

    def is_contiguous(self, array: Array) -> bool:
        return bool(array.flags.c_contiguous)
