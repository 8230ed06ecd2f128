"""Activations on NumPy arrays: the ones whose decompositions would take many passes over memory."""

from __future__ import annotations

import math

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE_FLOATING
from torchere_cpu.blending import SMALLEST, drop
from torchere_cpu.blocks import in_blocks
from torchere_cpu.special import erf_into, sigmoid_into
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")

#: Zeros as arrays of no dimensions: a NumPy scalar costs 0.15 microseconds more, a Python 0 half a microsecond.
ZERO = {dtype: np.zeros((), dtype) for dtype in map(np.dtype, (*WIDE_FLOATING, *INTEGRAL))}


@table.kernel("relu", dtypes=WIDE_FLOATING + INTEGRAL, writes_out=True)
def relu(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    zero = ZERO[x.dtype]
    return np.maximum(x, zero) if out is None else np.maximum(x, zero, out=out)


@table.kernel("threshold_backward", dtypes=WIDE_FLOATING)
def threshold_backward(grad: np.ndarray, x: np.ndarray, threshold: float) -> np.ndarray:
    # Not x > threshold: nan lets the gradient through.
    stopped = np.less_equal(x, threshold or ZERO[x.dtype])
    if grad.shape == x.shape and x.ndim and grad.size < SMALLEST:
        result = grad.copy()
        np.putmask(result, stopped, ZERO[grad.dtype])  # for few elements faster than where
        return result
    if grad.size < SMALLEST or grad.shape != x.shape:
        return np.where(stopped, ZERO[grad.dtype], grad)
    return drop(stopped, grad)


@table.kernel("leaky_relu", dtypes=WIDE_FLOATING)
def leaky_relu(x: np.ndarray, slope: float) -> np.ndarray:
    if 0 <= slope <= 1:
        return np.maximum(x, np.multiply(x, slope))
    return np.where(x > 0, x, np.multiply(x, slope))


def _exponential_unit(out: np.ndarray, x: np.ndarray, scale: float, alpha: float, width: float) -> None:
    """``scale * x`` where positive, else ``alpha * (exp(x / width) - 1)``."""
    # exp(2t) - 1 = 2 tanh(t) / (1 - tanh(t)), exact near 0 and, unlike NumPy's expm1, vectorised.
    tanh = np.minimum(x, 0)
    tanh *= 0.5 / width
    np.tanh(tanh, tanh)
    np.subtract(1, tanh, out)
    np.true_divide(tanh, out, out)
    out *= 2 * alpha
    np.maximum(x, 0, out=tanh)
    if scale != 1:
        tanh *= scale
    out += tanh


@table.kernel("elu", dtypes=WIDE_FLOATING)
def elu(x: np.ndarray, alpha: float) -> np.ndarray:
    return in_blocks(lambda out, x: _exponential_unit(out, x, 1, alpha, 1), x)


@table.kernel("celu", dtypes=WIDE_FLOATING)
def celu(x: np.ndarray, alpha: float) -> np.ndarray:
    if alpha < 0:  # the exponential then grows without bound
        return np.where(x > 0, x, np.expm1(x / alpha) * alpha).astype(x.dtype, copy=False)
    return in_blocks(lambda out, x: _exponential_unit(out, x, 1, alpha, alpha), x)


_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717


@table.kernel("selu", dtypes=WIDE_FLOATING)
def selu(x: np.ndarray) -> np.ndarray:
    return in_blocks(lambda out, x: _exponential_unit(out, x, _SELU_SCALE, _SELU_SCALE * _SELU_ALPHA, 1), x)


def _tanh_argument(x: np.ndarray) -> np.ndarray:
    inner = np.multiply(x, x)
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= math.sqrt(2 / math.pi)
    return inner


def _gelu_exact(out: np.ndarray, x: np.ndarray) -> None:
    erf_into(out, np.multiply(x, math.sqrt(0.5), out))
    out += 1
    out *= x
    out *= 0.5


def _gelu_tanh(out: np.ndarray, x: np.ndarray) -> None:
    np.tanh(_tanh_argument(x), out)
    out += 1
    out *= x
    out *= 0.5


@table.kernel("gelu", dtypes=WIDE_FLOATING)
def gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    return in_blocks(_gelu_tanh if approximate == "tanh" else _gelu_exact, x)


def _gelu_exact_backward(out: np.ndarray, grad: np.ndarray, x: np.ndarray) -> None:
    density = np.multiply(x, x)
    density *= -0.5
    np.exp(density, density)
    density *= x
    density *= 1 / math.sqrt(2 * math.pi)
    erf_into(out, np.multiply(x, math.sqrt(0.5), out))
    out += 1
    out *= 0.5
    out += density
    out *= grad


def _gelu_tanh_backward(out: np.ndarray, grad: np.ndarray, x: np.ndarray) -> None:
    tanh = _tanh_argument(x)
    np.tanh(tanh, tanh)
    slope = np.multiply(x, x)
    slope *= 3 * 0.044715
    slope += 1
    slope *= math.sqrt(2 / math.pi)
    slope *= x
    np.multiply(tanh, tanh, out)
    np.subtract(1, out, out)
    out *= slope
    out += tanh
    out += 1
    out *= 0.5
    out *= grad


@table.kernel("gelu_backward", dtypes=WIDE_FLOATING)
def gelu_backward(grad: np.ndarray, x: np.ndarray, approximate: str) -> np.ndarray:
    grad, x = np.broadcast_arrays(grad, x)
    return in_blocks(_gelu_tanh_backward if approximate == "tanh" else _gelu_exact_backward, grad, x)


def _silu_into(out: np.ndarray, x: np.ndarray) -> None:
    sigmoid_into(out, x)
    out *= x


@table.kernel("silu", dtypes=WIDE_FLOATING)
def silu(x: np.ndarray) -> np.ndarray:
    return in_blocks(_silu_into, x)


def _silu_backward_into(out: np.ndarray, grad: np.ndarray, x: np.ndarray) -> None:
    gate = np.empty_like(out)
    sigmoid_into(gate, x)
    np.subtract(1, gate, out)
    out *= x
    out += 1
    out *= gate
    out *= grad


@table.kernel("silu_backward", dtypes=WIDE_FLOATING)
def silu_backward(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    grad, x = np.broadcast_arrays(grad, x)
    return in_blocks(_silu_backward_into, grad, x)


@table.kernel("softplus", dtypes=WIDE_FLOATING)
def softplus(x: np.ndarray, beta: float, threshold: float) -> np.ndarray:
    def compute(out: np.ndarray, x: np.ndarray) -> None:
        np.multiply(x, beta, out)
        linear = np.greater(out, threshold)
        np.exp(out, out)
        np.log1p(out, out)
        out /= beta
        np.copyto(out, x, where=linear)

    return in_blocks(compute, x)


@table.kernel("logsigmoid", dtypes=WIDE_FLOATING)
def logsigmoid(x: np.ndarray) -> np.ndarray:
    def compute(out: np.ndarray, x: np.ndarray) -> None:
        np.absolute(x, out)
        np.negative(out, out)
        np.exp(out, out)
        np.log1p(out, out)
        np.subtract(np.minimum(x, 0), out, out)

    return in_blocks(compute, x)


@table.kernel("hardswish", dtypes=WIDE_FLOATING)
def hardswish(x: np.ndarray) -> np.ndarray:
    def compute(out: np.ndarray, x: np.ndarray) -> None:
        np.add(x, 3, out)
        np.maximum(out, 0, out=out)
        np.minimum(out, 6, out=out)
        out *= x
        out /= 6

    return in_blocks(compute, x)
