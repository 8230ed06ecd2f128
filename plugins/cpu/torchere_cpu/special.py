"""The logistic and error functions on NumPy arrays.

The coefficients (highest power first) are our own fits: interpolation of 60-digit values at Chebyshev points for
float64, a rational function within 2e-8 for float32.
"""

from __future__ import annotations

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere_cpu.blocks import in_blocks
from torchere_dispatch import KernelTable

__all__ = ["erf_into", "sigmoid_into", "table"]

table = KernelTable(device="cpu")

#: erf(x) / x as a polynomial in x², for |x| ≤ 1.
_ERF_NEAR = (
    -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07, 1.6447424703317362e-06,
    -1.492473690741966e-05, 0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225,
    -0.02686617064323777, 0.11283791670945006, -0.37612638903183543, 1.1283791670955126,
)  # fmt: skip
#: (1 + 2x) exp(x²) erfc(x) as a polynomial in (x - 3) / (x + 3), for x ≥ 0.
_ERFC_SCALED = (
    9.948820947537195e-10, -3.169592039553522e-09, -1.3361953304404018e-08, 2.7779061599708634e-08,
    1.0195717375790894e-07, -1.2038713923616526e-07, -6.167709493550964e-07, 3.3649033965298255e-07,
    3.472520280065519e-06, -7.186149396303622e-07, -2.0100627664406107e-05, 4.944031214882928e-06,
    0.00012509937435915822, -0.00010515828085467254, -0.0007798322772742547, 0.0018886900908332905,
    0.002529391816799663, -0.023770514890662273, 0.06830802734392144, -0.11927366341681594,
    0.12964515870276264, -0.04756229435341897, -0.1356211061245812, 1.2530080582697296,
)  # fmt: skip
#: erf(x) / x as a quotient of polynomials in x², for |x| ≤ 3.925, where erf is 1 in float32.
_ERF_ABOVE = (
    2.0460307073655693e-06, 0.0002848428538542218, 0.003772523246445991,
    0.052769212366610536, 0.19059314350521064, 1.128379145775218,
)  # fmt: skip
_ERF_BELOW = (
    3.804777446874244e-05, 0.001163851174719306, 0.014983143160856246, 0.11418246446252779, 0.502241506160501, 1.0,
)  # fmt: skip
_ERF_END = 3.925


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    value = np.multiply(x, coefficients[0])
    for coefficient in coefficients[1:-1]:
        value += coefficient
        value *= x
    value += coefficients[-1]
    return value


def _erfc_of_positive(size: np.ndarray) -> np.ndarray:
    """erfc of float64 numbers ≥ 0, with a small relative error down to where it underflows."""
    size = np.minimum(size, 28.0)
    scaled = _polynomial(_ERFC_SCALED, (size - 3) / (size + 3))
    scaled /= size * 2 + 1
    # exp(-x²) loses as many digits as x² has; split off a head whose square is exact.
    head = np.floor(size * 64) / 64
    scaled *= np.exp(-head * head)
    scaled *= np.exp((head - size) * (head + size))
    return scaled


def _erf_single(out: np.ndarray, x: np.ndarray) -> None:
    size = np.clip(x, -_ERF_END, _ERF_END)
    square = np.multiply(size, size)
    above = _polynomial(_ERF_ABOVE, square)
    above *= size
    above /= _polynomial(_ERF_BELOW, square)
    np.clip(above, -1, 1, out=out)


def _erf_double(out: np.ndarray, x: np.ndarray) -> None:
    size = np.abs(x)
    near = _polynomial(_ERF_NEAR, np.minimum(size * size, 1.0))
    near *= x
    if not (size >= 1).any():  # also true of nan, which near keeps
        out[...] = near
        return
    far = np.copysign(1 - _erfc_of_positive(size), x)
    out[...] = np.where(size < 1, near, far)


def erf_into(out: np.ndarray, x: np.ndarray) -> None:
    """erf of a block of float32 or float64."""
    (_erf_single if x.dtype == np.float32 else _erf_double)(out, x)


def _erfc_into(out: np.ndarray, x: np.ndarray) -> None:
    # In float64 also for float32: 1 - erf has no digits left where erfc is small.
    wide = x.astype(np.float64, copy=False)
    erf = np.empty_like(wide)
    _erf_double(erf, wide)
    out[...] = np.where(wide < 0.5, 1 - erf, _erfc_of_positive(np.abs(wide)))


@table.kernel("erf", dtypes=WIDE_FLOATING)
def erf(x: np.ndarray) -> np.ndarray:
    return in_blocks(erf_into, x)


@table.kernel("erfc", dtypes=WIDE_FLOATING)
def erfc(x: np.ndarray) -> np.ndarray:
    return in_blocks(_erfc_into, x)


#: Ones as NumPy scalars: a Python 1 costs half a microsecond more.
#: Arrays of no dimensions: ufuncs take them faster than NumPy scalars or Python numbers.
_ONE = {dtype: np.ones((), dtype) for dtype in map(np.dtype, WIDE_FLOATING + COMPLEX)}


def sigmoid_into(out: np.ndarray, x: np.ndarray) -> None:
    """The logistic function of a block; overflow of exp gives the right 0."""
    one = _ONE[out.dtype]
    np.negative(x, out)
    np.exp(out, out)
    np.add(out, one, out)
    np.reciprocal(out, out)


@table.kernel("sigmoid", dtypes=WIDE_FLOATING + COMPLEX)
def sigmoid(x: np.ndarray) -> np.ndarray:
    if x.size > 4096:
        return in_blocks(sigmoid_into, x)
    out = np.negative(x)
    if out.__class__ is np.ndarray:
        np.exp(out, out)
        np.add(out, _ONE[out.dtype], out)
        return np.reciprocal(out, out)
    return in_blocks(sigmoid_into, x)
