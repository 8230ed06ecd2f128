"""exp, tanh and the logistic function as polynomials, which vectorise where the C library's functions do not.

exp: the argument is halved about multiples of log 2 (Cody and Waite, 1980), the rest is a polynomial.
The error is below 1.5 units in the last place; results below the smallest normal number become 0.
"""

from __future__ import annotations

import numpy as np

from .jit import inlined

__all__ = ["exp_double", "exp_single"]

_L = np.float32(1.44269504)
_H = np.float32(0.693359375)
_T = np.float32(-2.12194440e-4)
_P0, _P1, _P2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_P3, _P4, _P5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
_ONE = np.float32(1)
_LOW, _HIGH, _INF, _ZERO = np.float32(-87.33654), np.float32(88.72283), np.float32(np.inf), np.float32(0)
# Adding and subtracting 1.5 · 2^23 rounds to the nearest integer, which then is in the low bits.
_ROUND = np.float32(12582912)
_BITS = np.int32(0x4B400000)


@inlined
def exp_single(x):
    """exp of a float32."""
    t = x if x > _LOW else _LOW
    t = t if t < _HIGH else _HIGH
    shifted = t * _L + _ROUND
    n = shifted - _ROUND
    r = (t - n * _H) - n * _T
    p = ((((_P0 * r + _P1) * r + _P2) * r + _P3) * r + _P4) * r + _P5
    p = p * (r * r) + r + _ONE
    # 2^n in two factors: 2^128 is no float32.
    whole = np.int32(np.float32(shifted).view(np.int32) - _BITS)
    half = np.int32(whole >> 1)
    first = np.int32((half + 127) << 23).view(np.float32)
    second = np.int32((whole - half + 127) << 23).view(np.float32)
    p = p * first * second
    p = p if x >= _LOW else _ZERO
    p = p if x <= _HIGH else _INF
    return p if x == x else x


_L8 = 1.4426950408889634
_H8, _T8 = 6.93145751953125e-1, 1.42860682030941723212e-6
_LOW8, _HIGH8 = -708.3964185322641, 709.782712893384
_ROUND8 = 6755399441055744.0
_BITS8 = np.int64(0x4338000000000000)


@inlined
def exp_double(x):
    """exp of a float64."""
    t = x if x > _LOW8 else _LOW8
    t = t if t < _HIGH8 else _HIGH8
    shifted = t * _L8 + _ROUND8
    n = shifted - _ROUND8
    r = (t - n * _H8) - n * _T8
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * (r * r) + r + 1.0
    whole = np.float64(shifted).view(np.int64) - _BITS8
    half = whole >> 1
    first = np.int64((half + 1023) << 52).view(np.float64)
    second = np.int64((whole - half + 1023) << 52).view(np.float64)
    p = p * first * second
    p = p if x >= _LOW8 else 0.0
    p = p if x <= _HIGH8 else np.inf
    return p if x == x else x
