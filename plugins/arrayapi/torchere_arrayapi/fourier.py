"""Fourier transforms on arrays of any namespace, by NumPy on the host.

The standard's ``fft`` is an extension that libraries have in part, with other precisions; three copies serve all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

table = RawTable()


@table.kernel("_fft_c2c", COMPLEX)
def complex_transform(library: Library, x: Array, dim: tuple[int, ...], norm: str, forward: bool) -> Array:
    function = np.fft.fft if forward else np.fft.ifft
    host = library.to_numpy(x)
    for axis in reversed(dim if host.size else ()):
        host = function(host, axis=axis, norm=norm)
    return library.asarray(host)


@table.kernel("_fft_r2c", WIDE_FLOATING, "complex")
def real_to_complex(library: Library, x: Array, dim: int, norm: str) -> Array:
    return library.asarray(np.fft.rfft(library.to_numpy(x), axis=dim, norm=norm))


@table.kernel("_fft_c2r", COMPLEX, "real")
def complex_to_real(library: Library, x: Array, dim: int, norm: str, size: int) -> Array:
    return library.asarray(np.fft.irfft(library.to_numpy(x), size, axis=dim, norm=norm))
