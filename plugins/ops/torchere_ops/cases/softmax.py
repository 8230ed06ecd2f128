"""Cases of softmax, its logarithm, and log-sum-exp."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.dtype_sets import COMPLEX, FLOATING, INTEGRAL, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")


def _along(function: Any) -> Any:
    def reference(x: Array, dim: int, dtype: Any = None) -> Array:
        if dtype is not None:
            x = x.astype(dtype.numpy)
        if x.size == 0:
            return x
        with np.errstate(all="ignore"):
            return function(x, axis=dim if x.ndim else None)

    return reference


def _logarithm(x: Array, axis: int | None) -> Array:
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _powers(x: Array, axis: int | None) -> Array:
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


_softmax, _log_softmax = _along(_powers), _along(_logarithm)


def _softmax_backward(grad: Array, out: Array, dim: int) -> Array:
    return out * (grad - (grad * out).sum(axis=dim, keepdims=True))


def _log_softmax_backward(grad: Array, out: Array, dim: int) -> Array:
    return grad - np.exp(out) * grad.sum(axis=dim, keepdims=True)


def _logsumexp(x: Array, dim: Any, keepdim: bool = False) -> Array:
    axes = dim if x.ndim and dim != () else None
    with np.errstate(all="ignore"):
        if x.dtype.kind == "c" or x.size == 0:
            return np.log(np.exp(x).sum(axis=axes, keepdims=keepdim))
        return np.asarray(np.logaddexp.reduce(x.astype(np.float64), axis=axes, keepdims=keepdim and x.ndim > 0))


CASES = []
for name, reference in (("softmax", _softmax), ("log_softmax", _log_softmax)):
    CASES += [
        Case(name, A(3, 4), 1, reference=reference),
        Case(name, A(3, 4), 0, reference=reference),
        Case(name, A(2, 3, 4), dim=-2, reference=reference),
        Case(name, A(), 0, reference=reference),
        Case(name, A(0, 3), 1, reference=reference),
        Case(name, A(3, 0), 1, reference=reference),
        Case(name, A(3, 4), 1, dtype=dtypes.float64, reference=reference, dtypes=("float32", "int64", "bool")),
        Case(name, A(3, 4), 1, dtypes.float32, reference=reference, dtypes=("float16",), gradient=False),
        Case(name, A(3, 4, low=80, high=800), 1, reference=reference, dtypes=WIDE_FLOATING, gradient=False),
        Case(name, A(70, 2000, low=-900, high=-800), 1, reference=reference, dtypes=WIDE_FLOATING, gradient=False),
        Case(name, A(70, 2000), 1, reference=reference, gradient=False),
        Case(name, A(2000, 70), 0, reference=reference, dtypes=WIDE_FLOATING, gradient=False),
        Case(name, A(30, 50, 70), 1, reference=reference, dtypes=WIDE_FLOATING, gradient=False),
        Case(
            name,
            Values([[0.0, -inf, 1.0], [nan, 1.0, 2.0], [inf, 1.0, 2.0], [-inf] * 3]),
            1,
            gradient=False,
            reference=reference,
        ),
    ]
CASES += [
    Case("softmin", A(3, 4), 1, reference=lambda x, dim: _powers(-x, dim)),
    Case("softmin", A(3, 4), dim=-2, reference=lambda x, dim: _powers(-x, dim)),
    Case("_softmax_backward_data", A(3, 4), A(3, 4), 1, reference=_softmax_backward),
    Case("_softmax_backward_data", A(3, 4, 2), A(3, 4, 2), 1, reference=_softmax_backward),
    Case(
        "_softmax_backward_data",
        A(70, 2000),
        A(70, 2000),
        1,
        reference=_softmax_backward,
        gradient=False,
        dtypes=("float64",),
    ),
    Case("_log_softmax_backward_data", A(3, 4), A(3, 4), 1, reference=_log_softmax_backward),
    Case("_log_softmax_backward_data", A(3, 4, 2), A(3, 4, 2), 0, reference=_log_softmax_backward),
    Case(
        "_log_softmax_backward_data",
        A(3000, 70),
        A(3000, 70),
        0,
        reference=_log_softmax_backward,
        gradient=False,
        dtypes=("float64",),
    ),
    Case("logsumexp", A(3, 4), 1, reference=_logsumexp, dtypes=FLOATING + COMPLEX),
    Case("logsumexp", A(3, 4), 1, reference=_logsumexp, dtypes=INTEGRAL),
    Case("logsumexp", A(3, 4, 2), (0, -1), keepdim=True, reference=_logsumexp),
    Case("logsumexp", A(), 0, reference=_logsumexp),
    Case("logsumexp", A(0), 0, reference=_logsumexp, gradient=False),
    Case("logsumexp", A(3, low=700, high=900), 0, reference=_logsumexp, dtypes=WIDE_FLOATING),
    Case(
        "logsumexp",
        Values([[-inf, -inf], [inf, 1.0], [nan, 1.0], [-inf, 1.0]]),
        1,
        gradient=False,
        reference=_logsumexp,
    ),
]

ERRORS = [
    ErrorCase("softmax", A(3), 0, dtype="int64", raises=NotImplementedError, match="not implemented for 'Long'"),
    ErrorCase("log_softmax", A(3), 0, dtype="bool", raises=NotImplementedError, match="not implemented for 'Bool'"),
    ErrorCase("softmax", A(3), 0, dtype="complex64", raises=NotImplementedError, match="'ComplexFloat'"),
    ErrorCase("softmax", A(3, 2), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("softmax", A(3, 2), raises=TypeError, match="dim"),
    ErrorCase("softmin", A(3, 2), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("logsumexp", A(3, 2), (0, 0), raises=RuntimeError, match="multiple times"),
]
