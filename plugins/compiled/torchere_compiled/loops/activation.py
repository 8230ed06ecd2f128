"""Activations and choices, elementwise over vectors: one pass where NumPy takes several."""

from __future__ import annotations

import numpy as np

from .jit import loop
from .softmax import exponential

__all__ = [
    "choose",
    "gelu",
    "gelu_backward",
    "gelu_tanh",
    "gelu_tanh_backward",
    "sigmoid",
    "silu",
    "silu_backward",
    "threshold_backward",
]


@loop
def threshold_backward(start, stop, grad, x, threshold, out):
    """The gradient where x is above the threshold, or NaN; else 0."""
    grad, x, out = grad[start:stop], x[start:stop], out[start:stop]
    zero = x.dtype.type(0)
    for i in range(x.size):
        g = grad[i]
        out[i] = zero if x[i] <= threshold else g


@loop
def choose(start, stop, condition, x, y, out):
    """x where the condition holds, else y; either may be a number, as a vector of one element."""
    condition, out = condition[start:stop], out[start:stop]
    if x.size == 1 and y.size == 1:
        a, b = x[0], y[0]
        for i in range(out.size):
            out[i] = a if condition[i] else b
    elif x.size == 1:
        a = x[0]
        y = y[start:stop]
        for i in range(out.size):
            v = y[i]
            out[i] = a if condition[i] else v
    elif y.size == 1:
        b = y[0]
        x = x[start:stop]
        for i in range(out.size):
            v = x[i]
            out[i] = v if condition[i] else b
    else:
        x, y = x[start:stop], y[start:stop]
        for i in range(out.size):
            v, w = x[i], y[i]
            out[i] = v if condition[i] else w


@loop
def sigmoid(start, stop, x, out):
    """The logistic function."""
    x, out = x[start:stop], out[start:stop]
    one = x.dtype.type(1)
    for i in range(x.size):
        out[i] = one / (one + exponential(-x[i]))


@loop
def silu(start, stop, x, out):
    """x times the logistic function of x."""
    x, out = x[start:stop], out[start:stop]
    one = x.dtype.type(1)
    for i in range(x.size):
        out[i] = x[i] * (one / (one + exponential(-x[i])))


@loop
def silu_backward(start, stop, grad, x, out):
    """``g · s · (1 + x (1 - s))``."""
    grad, x, out = grad[start:stop], x[start:stop], out[start:stop]
    one = x.dtype.type(1)
    for i in range(x.size):
        s = one / (one + exponential(-x[i]))
        out[i] = grad[i] * (s * (one + x[i] * (one - s)))


# erf(x) / x as a quotient of polynomials in x² for |x| ≤ 3.925, within 2e-8: enough for float32.
_A = np.array([2.0460307073655693e-06, 0.0002848428538542218, 0.003772523246445991], np.float32)
_A3, _A4, _A5 = np.float32(0.052769212366610536), np.float32(0.19059314350521064), np.float32(1.128379145775218)
_A0, _A1, _A2 = np.float32(_A[0]), np.float32(_A[1]), np.float32(_A[2])
_B0, _B1, _B2 = np.float32(3.804777446874244e-05), np.float32(0.001163851174719306), np.float32(0.014983143160856246)
_B3, _B4, _B5 = np.float32(0.11418246446252779), np.float32(0.502241506160501), np.float32(1)
_END = np.float32(3.925)


@loop
def _erf(x):
    t = x if x < _END else _END
    t = t if t > -_END else -_END
    s = t * t
    above = ((((_A0 * s + _A1) * s + _A2) * s + _A3) * s + _A4) * s + _A5
    below = ((((_B0 * s + _B1) * s + _B2) * s + _B3) * s + _B4) * s + _B5
    y = t * above / below
    y = y if y < np.float32(1) else np.float32(1)
    y = y if y > np.float32(-1) else np.float32(-1)
    return y if x == x else x


_ROOT_HALF, _DENSITY, _HALF = np.float32(0.7071067811865476), np.float32(0.3989422804014327), np.float32(0.5)
_ONE, _TWO, _CUBE = np.float32(1), np.float32(2), np.float32(0.044715)
_SLOPE = np.float32(0.7978845608028654)


@loop
def gelu(start, stop, x, out):
    """``x · Φ(x)`` of float32."""
    x, out = x[start:stop], out[start:stop]
    for i in range(x.size):
        out[i] = _HALF * x[i] * (_ONE + _erf(x[i] * _ROOT_HALF))


@loop
def gelu_backward(start, stop, grad, x, out):
    """``g · (Φ(x) + x φ(x))``."""
    grad, x, out = grad[start:stop], x[start:stop], out[start:stop]
    for i in range(x.size):
        v = x[i]
        w = v if abs(v) < np.float32(20) else np.float32(20)
        density = w * exponential(-_HALF * w * w) * _DENSITY
        out[i] = grad[i] * (_HALF * (_ONE + _erf(v * _ROOT_HALF)) + density)


@loop
def gelu_tanh(start, stop, x, out):
    """``x / (1 + exp(-2 √(2/π) (x + 0.044715 x³)))``, which is the form with tanh."""
    x, out = x[start:stop], out[start:stop]
    for i in range(x.size):
        v = x[i]
        out[i] = v / (_ONE + exponential(-_TWO * _SLOPE * v * (_ONE + _CUBE * v * v)))


@loop
def gelu_tanh_backward(start, stop, grad, x, out):
    """The gradient of `gelu_tanh`: with s the quotient's denominator inverted, ``g · (s + v s (1 - s) u')``."""
    grad, x, out = grad[start:stop], x[start:stop], out[start:stop]
    for i in range(x.size):
        v = x[i]
        s = _ONE / (_ONE + exponential(-_TWO * _SLOPE * v * (_ONE + _CUBE * v * v)))
        inner = _TWO * _SLOPE * (_ONE + np.float32(3) * _CUBE * v * v)
        w = v * s * (_ONE - s) * inner
        w = w if abs(v) < np.float32(20) else np.float32(0)
        out[i] = grad[i] * (s + w)
