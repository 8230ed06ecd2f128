"""Complex numbers on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import ALL, COMPLEX, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

REAL_ALL = tuple(name for name in ALL if name not in COMPLEX)

table = KernelTable(device="cpu")
table.ufuncs(COMPLEX, conj_physical=np.conjugate)


@table.kernel("conj_physical", dtypes=REAL_ALL)
def copy(x: np.ndarray) -> np.ndarray:
    return x.copy()


@table.kernel("real", dtypes=COMPLEX)
def real(x: np.ndarray) -> np.ndarray:
    return x.real


@table.kernel("real", dtypes=REAL_ALL)
def real_of_real(x: np.ndarray) -> np.ndarray:
    return x.view()


@table.kernel("imag", dtypes=COMPLEX)
def imag(x: np.ndarray) -> np.ndarray:
    return x.imag


@table.kernel("view_as_real", dtypes=COMPLEX)
def view_as_real(x: np.ndarray) -> np.ndarray:
    part = x.real
    return np.lib.stride_tricks.as_strided(part, (*x.shape, 2), (*x.strides, part.itemsize))


@table.kernel("view_as_complex", dtypes=WIDE_FLOATING)
def view_as_complex(x: np.ndarray) -> np.ndarray:
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]


@table.kernel("complex", dtypes=WIDE_FLOATING)
def complex_from_parts(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    result = np.empty(np.broadcast_shapes(first.shape, second.shape), np.result_type(first.dtype, np.complex64))
    result.real = first
    result.imag = second
    return result


@table.kernel("angle", dtypes=COMPLEX)
def angle(x: np.ndarray) -> np.ndarray:
    return np.arctan2(x.imag, x.real)
