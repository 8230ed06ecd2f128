"""CuPy arrays as a device."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from torchere_arrayapi.layout import Layout
from torchere_arrayapi.rawkernel import RawKernel
from torchere_arrayapi.strided import StridedDevice

from .library import CupyLibrary

__all__ = ["CudaDevice"]

Array = Any


class CudaDevice(StridedDevice):
    """The device type ``cuda``: one or more GPUs, numbered as CUDA does. Tensors hold CuPy arrays.

    Kernels run on CuPy's current stream of the GPU that holds their operands.
    """

    name: ClassVar[str] = "cuda"
    numbered = True

    def __init__(self, cupy: Any) -> None:
        super().__init__(CupyLibrary(cupy))
        self.cupy = cupy
        self.array_type = cupy.ndarray
        self._count = int(cupy.cuda.runtime.getDeviceCount())

    # --- devices ---

    def count(self) -> int:
        return self._count

    def current_index(self) -> int:
        return int(self.cupy.cuda.runtime.getDevice())

    def _bound(self, kernel: RawKernel) -> Callable[..., Any]:
        run = super()._bound(kernel)
        if self._count < 2:
            return run
        device_of, array_type = self.cupy.cuda.Device, self.array_type

        @wraps(kernel.function)
        def run_there(*args: Any) -> Any:
            # CuPy computes on the current device, whichever holds the operands.
            for value in args:
                if value.__class__ is list and value:
                    value = value[0]
                if isinstance(value, array_type):
                    with device_of(value.device.id):
                        return run(*args)
            return run(*args)

        return run_there

    def bound(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        if index is None or self._count < 2:
            return function
        device = self.cupy.cuda.Device

        @wraps(function)
        def on_its_device(*args: Any) -> Any:
            # Factories have no operand that could say which GPU is meant.
            with device(index):
                return function(*args)

        return on_its_device

    def from_numpy(self, array: Any, index: int | None) -> Array:
        if index is None or self._count < 2:
            return self.library.asarray(array)
        with self.cupy.cuda.Device(index):
            return self.library.asarray(array)

    def on_device(self, array: Array, index: int | None) -> Array:
        if index is None or index == array.device.id:
            return array.copy()
        with self.cupy.cuda.Device(index):
            return self.cupy.array(array, copy=True)  # from GPU to GPU, without the host

    def from_dlpack(self, source: Any) -> Array:
        """An array sharing the memory of an object with ``__dlpack__``."""
        return self.cupy.from_dlpack(source)

    # --- memory ---

    def memory(self, array: Array) -> tuple[int, int]:
        """The allocation behind `array`; its size is rounded up to CuPy's unit of 512 bytes."""
        return array.data.mem.ptr, array.data.mem.size

    def at(self, array: Array, dtype: Any, layout: Layout) -> Array:
        if layout.size == 0:
            return self.cupy.empty(layout.shape, dtype)
        pointer = self.cupy.cuda.MemoryPointer(array.data.mem, layout.offset * dtype.itemsize)
        strides = tuple(step * dtype.itemsize for step in layout.strides)
        return self.cupy.ndarray(layout.shape, dtype, memptr=pointer, strides=strides)

    def data_ptr(self, array: Array) -> int:
        return int(array.data.ptr) if array.size else 0

    def empty_cache(self) -> None:
        self.cupy.get_default_memory_pool().free_all_blocks()
        self.cupy.get_default_pinned_memory_pool().free_all_blocks()

    def synchronize(self, index: int | None = None) -> None:
        device = self.cupy.cuda.Device() if index is None else self.cupy.cuda.Device(index)
        device.synchronize()
