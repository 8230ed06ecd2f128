"""Elementwise functions that leave zero zero: the device's own operators, on the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.autograd.modes import no_grad
from torchere.backend import key_for
from torchere.devices import device as Device
from torchere.operators import operator_named
from torchere.tensors.tensor import wrap
from torchere_sparse.arrays import CooArray, SparseArray, coalesced, dtype_of

__all__ = ["KERNELS", "on_values"]

#: Operators of one tensor for which f(0) = 0.
ZERO_PRESERVING = (
    "abs", "angle", "asin", "asinh", "atan", "atanh", "ceil", "conj_physical", "deg2rad", "erf", "erfinv", "expm1",
    "floor", "frac", "isinf", "isnan", "isneginf", "isposinf", "log1p", "nan_to_num", "neg", "positive", "rad2deg",
    "relu", "round", "sgn", "sign", "signbit", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
)  # fmt: skip


def on_values(name: str, values: np.ndarray[Any, Any], *arguments: Any) -> np.ndarray[Any, Any]:
    """Operator `name` of dense values; arrays among the further arguments become tensors, too."""

    def tensor(item: Any) -> Any:
        return wrap(item, key_for(Device("cpu"), dtype_of(item))) if isinstance(item, np.ndarray) else item

    with no_grad():
        result: Any = operator_named(name).entry(tensor(values), *map(tensor, arguments))
    found: np.ndarray[Any, Any] = result._array
    return found


def unary(name: str) -> Callable[..., SparseArray]:
    """The kernel of a zero-preserving operator. Uncoalesced values are summed first: f(a + b) is not f(a) + f(b)."""

    def kernel(x: SparseArray, *arguments: Any) -> SparseArray:
        if isinstance(x, CooArray):
            x = coalesced(x)
        result = on_values(name, x.values, *arguments)
        return x.with_values(result.copy() if result is x.values else result)

    kernel.__name__ = name
    return kernel


KERNELS = {name: unary(name) for name in ZERO_PRESERVING}
