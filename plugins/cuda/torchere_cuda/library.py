"""CuPy as an array library, with the places where it differs from NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere_arrayapi.numpystyle import NumpyStyleLibrary

__all__ = ["CupyLibrary", "accumulation_dtype"]

Array = Any
HostArray = np.ndarray[Any, Any]

#: Bytes from which copies to the host go through page-locked memory, which doubles their speed and costs an allocation.
_PINNED = 1 << 18


def accumulation_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which CUDA's atomic addition runs for elements of `dtype`.

    int64 is added as uint64, which wraps alike; narrow integers as int32, floats of 16 bits as float32.
    """
    if dtype == np.int64:
        return np.dtype(np.uint64)
    if dtype.kind in "bui" and dtype.itemsize < 4:
        return np.dtype(np.int32)
    if dtype.itemsize == 2:
        return np.dtype(np.float32)
    return dtype


class CupyLibrary(NumpyStyleLibrary):
    """CuPy on the current device."""

    def __init__(self, cupy: Any) -> None:
        self.cupy = cupy
        super().__init__(cupy)

    def asarray(self, array: HostArray, native: Any = None) -> Array:
        return self.cupy.asarray(np.ascontiguousarray(array).reshape(np.shape(array)))

    def to_numpy(self, x: Array, dtype: np.dtype[Any] | None = None) -> HostArray:
        if x.nbytes < _PINNED or not x.flags.c_contiguous:
            host = x.get()
        else:
            import cupyx

            host = x.get(out=cupyx.empty_pinned(x.shape, x.dtype))
        return host if dtype is None or host.dtype == dtype else host.astype(dtype)

    def sorting_order(self, rows: Array) -> Array:
        return self.cupy.argsort(rows, axis=1)  # always stable

    def add_at(self, flat: Array, positions: Array, values: Array) -> None:
        import cupyx

        wide = accumulation_dtype(flat.dtype)
        if wide == flat.dtype:
            cupyx.scatter_add(flat, positions, values)
        elif wide.itemsize == flat.dtype.itemsize:
            cupyx.scatter_add(flat.view(wide), positions, values.view(wide))
        else:
            total = flat.astype(wide)
            cupyx.scatter_add(total, positions, values.astype(wide))
            flat[...] = total.astype(flat.dtype)
