"""Divisors and multiples by NumPy's ufuncs."""

from __future__ import annotations

import numpy as np

from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
table.ufuncs(("uint8", "int8", "int16", "int32", "int64"), gcd=np.gcd, lcm=np.lcm)
