"""Exponentials, logarithms, trigonometric and hyperbolic functions and rounding on NumPy arrays."""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")
table.ufuncs(
    WIDE,
    exp=np.exp,
    exp2=np.exp2,
    expm1=np.expm1,
    log=np.log,
    log2=np.log2,
    log10=np.log10,
    log1p=np.log1p,
    sin=np.sin,
    cos=np.cos,
    tan=np.tan,
    asin=np.arcsin,
    acos=np.arccos,
    atan=np.arctan,
    sinh=np.sinh,
    cosh=np.cosh,
    tanh=np.tanh,
    asinh=np.arcsinh,
    acosh=np.arccosh,
    atanh=np.arctanh,
)
table.ufuncs(WIDE_FLOATING, atan2=np.arctan2, hypot=np.hypot, logaddexp=np.logaddexp, logaddexp2=np.logaddexp2)
table.ufuncs(WIDE_FLOATING + INTEGRAL, floor=np.floor, ceil=np.ceil, trunc=np.trunc)
table.ufuncs(WIDE_FLOATING, round=np.rint)
table.ufuncs(INTEGRAL, round=np.positive)


@table.kernel("frac", dtypes=WIDE_FLOATING, writes_out=True)
def frac(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return np.subtract(x, np.trunc(x), out)
