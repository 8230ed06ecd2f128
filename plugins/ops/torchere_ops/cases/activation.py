"""Cases of activation functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from torchere.dtype_sets import INTEGRAL
from torchere.testing import A, Case, ErrorCase, Values
from torchere_ops.cases.arithmetic import quiet

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")
EDGES = [0.0, 1.0, -1.0, 2.5, -2.5, 3.0, -3.0, 6.0, 30.0, -30.0, inf, nan]
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _celu(x: Array, alpha: float = 1.0) -> Array:
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(x / alpha))


def _leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    return np.where(x > 0, x, x * negative_slope)


def _gelu(x: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * special.ndtr(x)


def _gelu_backward(grad: Array, x: Array, approximate: str) -> Array:
    step = 1e-5
    return grad * (_gelu(x + step, approximate) - _gelu(x - step, approximate)) / (2 * step)


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    return np.where(x * beta > threshold, x, np.logaddexp(0, x * beta) / beta)


def _hardsigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


def _hardshrink(x: Array, lambd: float = 0.5) -> Array:
    return np.where(np.abs(x) <= lambd, 0, x)


def _softshrink(x: Array, lambd: float = 0.5) -> Array:
    return np.where(np.abs(x) <= lambd, 0, x - np.sign(x) * lambd)


def _prelu(x: Array, weight: Array) -> Array:
    shape = [-1 if i == 1 else 1 for i in range(x.ndim)] if weight.ndim and x.ndim > 1 else ()
    return np.where(x > 0, x, weight.reshape(shape) * x)


def _glu(x: Array, dim: int = -1) -> Array:
    first, second = np.split(x, 2, axis=dim)
    return first * special.expit(second)


CASES = []
for name, function in (
    ("relu", lambda x: np.maximum(x, 0)),
    ("relu6", lambda x: np.clip(x, 0, 6)),
    ("hardtanh", lambda x, low=-1.0, high=1.0: np.clip(x, low, high)),
    ("leaky_relu", _leaky_relu),
    ("elu", _elu),
    ("selu", lambda x: SELU_SCALE * _elu(x, SELU_ALPHA)),
    ("celu", _celu),
    ("gelu", _gelu),
    ("silu", lambda x: x * special.expit(x)),
    ("mish", lambda x: x * np.tanh(np.logaddexp(0, x))),
    ("softplus", _softplus),
    ("softsign", lambda x: x / (1 + np.abs(x))),
    ("tanhshrink", lambda x: x - np.tanh(x)),
    ("logsigmoid", lambda x: -np.logaddexp(0, -x)),
    ("hardsigmoid", _hardsigmoid),
    ("hardswish", lambda x: x * _hardsigmoid(x)),
    ("hardshrink", _hardshrink),
    ("softshrink", _softshrink),
):
    edges = [x for x in EDGES if not (name in ("softsign",) and x == inf)]
    CASES += [
        Case(name, A(3, 4, low=-5, high=5), reference=quiet(function)),
        Case(name, A(), reference=quiet(function)),
        Case(name, A(0, 3), reference=quiet(function)),
        Case(name, A(70, 90, low=-8, high=8), reference=quiet(function), gradient=False),
        Case(name, A(90, 1000, low=-8, high=8), reference=quiet(function), dtypes=("float32",), gradient=False),
        Case(name, Values(edges), reference=quiet(function), gradient=False),
    ]
CASES += [
    Case("relu", A(3, 4, low=-5, high=5), reference=lambda x: np.maximum(x, 0), dtypes=INTEGRAL),
    Case("relu6", A(3, 4, low=-5, high=9), reference=lambda x: np.clip(x, 0, 6), dtypes=INTEGRAL),
    Case("hardtanh", A(5), -0.3, 0.4, reference=np.clip),
    Case("hardtanh", A(5, low=-5, high=5), -2, 3, reference=np.clip, dtypes=("int64", "int8")),
    Case("leaky_relu", A(5), 0.3, reference=_leaky_relu),
    Case("leaky_relu", A(5), -1.5, reference=_leaky_relu),
    Case("elu", A(5), 2.0, reference=_elu),
    Case("elu", A(5), -0.5, reference=_elu),
    Case("elu", A(5, low=-1e-3, high=0), reference=_elu, dtypes=("float32", "float64"), gradient=False),
    Case("celu", A(5), 2.0, reference=_celu),
    Case("celu", A(5), -1.5, reference=lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha))),
    Case("gelu", A(3, 4, low=-5, high=5), approximate="tanh", reference=_gelu),
    Case("gelu", A(70, 90, low=-5, high=5), approximate="tanh", reference=_gelu, gradient=False),
    Case("softplus", A(9, low=-9, high=9), 2.0, 3.0, reference=_softplus, second=False, why="kinks at the threshold"),
    Case("hardshrink", A(9), 1.0, reference=_hardshrink),
    Case("softshrink", A(9), 1.0, reference=_softshrink),
    Case("softshrink", A(9), 0.0, reference=_softshrink),
    Case("threshold", A(3, 4), 0.1, 20.0, reference=lambda x, t, v: np.where(x <= t, v, x)),
    Case("threshold", A(40, 50), 0.1, 20.0, reference=lambda x, t, v: np.where(x <= t, v, x), gradient=False),
    Case("threshold", A(5, low=0, high=9), 4, 1, reference=lambda x, t, v: np.where(x <= t, v, x), dtypes=INTEGRAL),
    Case(
        "threshold",
        Values([nan, 0.0, inf]),
        0.0,
        5.0,
        reference=lambda x, t, v: np.array([nan, 5, inf]),
        gradient=False,
    ),
    Case("prelu", A(2, 3, 4), A(3), reference=_prelu),
    Case("prelu", A(2, 3), A(1), reference=_prelu),
    Case("prelu", A(2, 3), A(), reference=_prelu),
    Case("prelu", A(4), A(1), reference=_prelu),
    Case("prelu", A(), A(1), reference=_prelu),
    Case("glu", A(3, 4), reference=_glu),
    Case("glu", A(4, 3), dim=0, reference=_glu),
    Case("glu", A(0, 4), reference=_glu),
    Case("rrelu", A(3, 4), reference=lambda x: _leaky_relu(x, (1 / 8 + 1 / 3) / 2)),
    Case("rrelu", A(3, 4), 0.25, 0.25, True, reference=lambda x, lower, upper, training: _leaky_relu(x, lower)),
    Case("threshold_backward", A(3, 4), A(3, 4), 0.0, reference=lambda g, x, t: np.where(x <= t, 0, g)),
    Case(
        "threshold_backward",
        A(40, 50),
        A(40, 50),
        0.5,
        reference=lambda g, x, t: np.where(x <= t, 0, g),
        gradient=False,
    ),
    Case(
        "threshold_backward",
        Values([1.0, inf, nan, 4.0]),
        Values([nan, -1.0, -1.0, 1.0]),
        0.0,
        reference=lambda g, x, t: np.array([1.0, 0.0, 0.0, 4.0]),
        gradient=False,
    ),
    Case(
        "gelu_backward",
        A(3, 4),
        A(3, 4),
        "none",
        reference=_gelu_backward,
        tolerance=10,
        why="differences",
        second=False,
    ),
    Case(
        "gelu_backward",
        A(3, 4),
        A(3, 4),
        "tanh",
        reference=_gelu_backward,
        tolerance=10,
        why="differences",
        second=False,
    ),
    Case(
        "silu_backward",
        A(3, 4),
        A(3, 4),
        reference=lambda g, x: g * special.expit(x) * (1 + x * special.expit(-x)),
        second=False,
    ),
]


def _check_rrelu(result: Array, x: Array, lower: float, upper: float, training: bool) -> None:
    x, result = x.astype(np.float64), result.astype(np.float64)
    slopes = result[x < 0] / x[x < 0]
    assert (result[x >= 0] == x[x >= 0]).all()
    assert ((slopes > lower - 0.01) & (slopes < upper + 0.01)).all()
    assert slopes.std() > 0.02
    assert abs(slopes.mean() - (lower + upper) / 2) < 0.02


CASES.append(Case("rrelu", A(2000), 0.1, 0.4, True, properties=_check_rrelu, gradient=False))

ERRORS = [
    ErrorCase("relu", A(2), dtype="bool", raises=RuntimeError, match="Boolean inputs not supported for relu"),
    ErrorCase("hardtanh", A(2), 2.0, 1.0, raises=ValueError, match="min_val cannot be greater than max_val"),
    ErrorCase("hardtanh", A(2), dtype="uint8", raises=RuntimeError, match="unsigned type with negative limits"),
    ErrorCase("hardtanh", A(2), dtype="bool", raises=RuntimeError, match="Bool inputs not supported for hardtanh"),
    ErrorCase("leaky_relu", A(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"),
    ErrorCase("celu", A(2), 0.0, raises=RuntimeError, match="alpha cannot be 0 for CELU"),
    ErrorCase(
        "gelu", A(2), approximate="erf", raises=RuntimeError, match="approximate argument must be either none or"
    ),
    ErrorCase("softshrink", A(2), -1.0, raises=RuntimeError, match="lambda must be in range"),
    ErrorCase(
        "prelu", A(2, 3), A(2), raises=RuntimeError, match="Mismatch of parameter numbers and input channel size"
    ),
    ErrorCase("prelu", A(2, 3), A(1, 3), raises=RuntimeError, match="to be a scalar or 1D tensor"),
    ErrorCase("prelu", A(), A(3), raises=RuntimeError, match="Not allow zero-dim input tensor"),
    ErrorCase("prelu", A(2, 3), A(3, dtype="float64"), raises=RuntimeError, match="Type promoting not supported"),
    ErrorCase("glu", A(3), raises=RuntimeError, match="Halving dimension must be even, but dimension 0 is size 3"),
    ErrorCase("glu", A(), raises=RuntimeError, match="does not support scalars"),
    ErrorCase("glu", A(2, 2), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("rrelu", A(2), 0.5, 0.1, raises=RuntimeError, match="Lower bound should be less than or equal to"),
]
for name in ("elu", "selu", "celu", "silu", "mish", "softplus", "logsigmoid", "hardsigmoid", "hardswish", "hardshrink"):
    ERRORS.append(ErrorCase(name, A(2), dtype="int64", raises=RuntimeError, match="not implemented for 'Long'"))
ERRORS += [
    ErrorCase("relu6", A(2), dtype="complex64", raises=RuntimeError, match="omplex"),
    ErrorCase("threshold", A(2), 0.0, 1.0, dtype="complex64", raises=RuntimeError, match="'ComplexFloat'"),
    ErrorCase("threshold", A(2), "0", 1.0, raises=TypeError, match="'threshold' .*not str"),
    ErrorCase("softsign", A(2), A(2), raises=TypeError, match="positional argument"),
    ErrorCase("tanhshrink", A(2), A(2), raises=TypeError, match="positional argument"),
]
