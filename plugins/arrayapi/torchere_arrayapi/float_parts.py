"""Mantissas, exponents and neighbours on arrays of any namespace, by NumPy on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any

table = RawTable()


@table.kernel("frexp", FLOATING, "frexp")
def frexp(library: Library, x: Array) -> tuple[Array, Array]:
    mantissa, exponent = np.frexp(library.to_numpy(x))
    return library.asarray(np.asarray(mantissa)), library.asarray(np.asarray(exponent).astype(np.int32))


@table.kernel("nextafter", FLOATING)
def nextafter(library: Library, x: Array, y: Array) -> Array:
    first, second = library.operands(x, y)
    return library.asarray(np.asarray(np.nextafter(library.to_numpy(first), library.to_numpy(second))))
