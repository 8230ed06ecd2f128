"""Bitwise and logical operators on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import BOOL, INTEGRAL, WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
table.ufuncs(
    BOOL + INTEGRAL,
    bitwise_and=np.bitwise_and,
    bitwise_or=np.bitwise_or,
    bitwise_xor=np.bitwise_xor,
    bitwise_not=np.invert,
)
# NumPy defines shifts by negative counts, and by more than the width, as PyTorch does: 0, or the sign.
table.ufuncs(INTEGRAL, bitwise_left_shift=np.left_shift, bitwise_right_shift=np.right_shift)
table.ufuncs(
    BOOL + INTEGRAL + WIDE,
    logical_and=np.logical_and,
    logical_or=np.logical_or,
    logical_xor=np.logical_xor,
    logical_not=np.logical_not,
)
