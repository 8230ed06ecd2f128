"""NumPy as a device with the kernels that CuPy gets: views of memory, writes in place, NumPy's names."""

import numpy as np

from torchere_arrayapi.layout import Layout
from torchere_arrayapi.numpystyle import NumpyStyleLibrary
from torchere_arrayapi.strided import StridedDevice
from torchere_dispatch import hookimpl


class NumpyLike(StridedDevice):
    name = "numpylike"
    array_type = np.ndarray

    def memory(self, array):
        while isinstance(array.base, np.ndarray):
            array = array.base
        start, stop = np.lib.array_utils.byte_bounds(array) if array.size else (0, 0)
        return start, stop - start

    def at(self, array, dtype, layout: Layout):
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if layout.size == 0 or owner.size == 0:
            return np.empty(layout.shape, dtype)
        steps = tuple(step * dtype.itemsize for step in layout.strides)
        flat = owner.ravel(order="K").view(np.uint8)
        return np.ndarray(layout.shape, dtype, flat, layout.offset * dtype.itemsize, steps)

    def data_ptr(self, array):
        return array.ctypes.data if array.size else 0


@hookimpl
def torchere_register(registry):
    NumpyLike(NumpyStyleLibrary(np)).register(registry)
