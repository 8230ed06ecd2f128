"""NumPy as a device."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from torchere import dtypes
from torchere.backend import DeviceBackend
from torchere.dtype_sets import ALL, FLOAT8
from torchere.tensors.overlap import coincides

__all__ = ["CpuBackend"]

Array = np.ndarray[Any, Any]


class CpuBackend(DeviceBackend):
    """Arrays in host memory, computed by NumPy."""

    name: ClassVar[str] = "cpu"
    array_type = np.ndarray
    dtypes = ALL
    # NumPy computes float16 slowly and ml_dtypes' types slower; sums in 16 bits lose digits (PyTorch widens, too).
    compute_casts: ClassVar[dict[str, str]] = {"float16": "float32", "bfloat16": "float32"} | dict.fromkeys(
        FLOAT8, "float32"
    )

    def native_dtype(self, dtype: dtypes.DType) -> np.dtype[Any]:
        return dtype.numpy

    def dtype_of(self, array: Array) -> dtypes.DType:
        return dtypes.from_numpy_dtype(array.dtype)

    def from_numpy(self, array: Array, index: int | None) -> Array:
        return np.array(array, copy=True, order="C")

    def to_numpy(self, array: Array) -> Array:
        return array

    def adopt(self, value: Any, native_dtype: np.dtype[Any]) -> Array:
        if isinstance(value, np.ndarray):
            return value.view(np.ndarray)
        return np.asarray(value)

    def astype(self, array: Array, native_dtype: np.dtype[Any]) -> Array:
        return array.astype(native_dtype)

    def copy_into(self, destination: Array, source: Array) -> None:
        np.copyto(destination, source, casting="unsafe")

    def alias(self, array: Array) -> Array:
        if 0 in array.strides and coincides(array.shape, array.strides):
            array = array.view()
            array.flags.writeable = False
        return array

    def owns_memory(self, array: Array) -> bool:
        return array.base is None and array.flags.writeable

    def strides(self, array: Array) -> tuple[int, ...]:
        size = array.itemsize
        steps = array.strides
        if 0 not in steps:
            return tuple(step // size for step in steps)
        shape = array.shape
        if not array.size:
            # NumPy gives an axis before an empty one stride 0; PyTorch counts empty axes as length 1.
            return super().strides(array)
        # A new axis has stride 0 in NumPy, in PyTorch that of an axis around the next one.
        found: list[int] = []
        outer = 1
        for length, step in zip(reversed(shape), reversed(steps), strict=True):
            found.append(outer if length == 1 and not step else step // size)
            outer = length * found[-1]
        return tuple(reversed(found))

    def data_ptr(self, array: Array) -> int:
        return int(array.ctypes.data) if array.size else 0

    def storage_offset(self, array: Array) -> int:
        """Elements between the start of the memory's owner and the first element."""
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return (int(array.ctypes.data) - int(owner.ctypes.data)) // array.itemsize

    def is_contiguous(self, array: Array) -> bool:
        return bool(array.flags.c_contiguous)

    def new_generator(self, seed: int, index: int | None = None) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(seed))
