"""Fourier transforms by NumPy's pocketfft, in the precision of the input."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")


@table.kernel("_fft_c2c", dtypes=COMPLEX)
def complex_transform(x: np.ndarray, dim: tuple[int, ...], norm: str, forward: bool) -> np.ndarray:
    if x.size == 0:
        return np.zeros_like(x)
    one = np.fft.fft if forward else np.fft.ifft
    for axis in reversed(dim):
        x = one(x, axis=axis, norm=norm)
    return x


@table.kernel("_fft_r2c", dtypes=WIDE_FLOATING)
def real_to_complex(x: np.ndarray, dim: int, norm: str) -> np.ndarray:
    return np.fft.rfft(x, axis=dim, norm=norm)


@table.kernel("_fft_c2r", dtypes=COMPLEX)
def complex_to_real(x: np.ndarray, dim: int, norm: str, size: int) -> np.ndarray:
    return np.fft.irfft(x, size, axis=dim, norm=norm)
