"""Tables of raw kernels: functions of a library and its own arrays, bound to a device when one is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["RawKernel", "RawTable", "Result", "complex_of", "real_of"]

Function = Callable[..., Any]
#: The dtype of a kernel's result: a rule (dtype computed in, arguments) → dtype, or a tuple of dtypes.
Result = Callable[[np.dtype[Any], tuple[Any, ...]], Any]

_BOOL, _INT64 = np.dtype(np.bool_), np.dtype(np.int64)


def real_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of the parts of complex numbers; other dtypes themselves."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def complex_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The complex dtype whose parts have a floating dtype."""
    return np.result_type(dtype, np.complex64)


def _accumulated(dtype: np.dtype[Any], args: tuple[Any, ...]) -> np.dtype[Any]:
    """Of sums and products: what was asked for (the last argument), else int64 for bool and integers."""
    asked = args[-1]
    if asked is not None:
        return asked  # type: ignore[no-any-return]
    return _INT64 if dtype.kind in "biu" else dtype


RESULTS: dict[str, Result] = {
    "same": lambda dtype, args: dtype,
    "bool": lambda dtype, args: _BOOL,
    "int64": lambda dtype, args: _INT64,
    "real": lambda dtype, args: real_of(dtype),
    "complex": lambda dtype, args: complex_of(dtype),
    "flag": lambda dtype, args: np.dtype(np.uint8) if dtype == np.uint8 else _BOOL,
    "accumulated": _accumulated,
    "asked": lambda dtype, args: args[-1],
    "frexp": lambda dtype, args: (dtype, np.dtype(np.int32)),
    "sorted": lambda dtype, args: (dtype, _INT64),
    "pair": lambda dtype, args: (dtype, dtype),
    "cholesky": lambda dtype, args: (dtype, np.dtype(np.int32)),
    "eigh": lambda dtype, args: (real_of(dtype), dtype),
    "eig": lambda dtype, args: (complex_of(dtype), complex_of(dtype)),
    "svd": lambda dtype, args: (dtype, real_of(dtype), dtype),
}


class RawKernel(NamedTuple):
    """A function ``(library, *arguments)`` for an operator, and the dtype of its result."""

    op: str
    function: Function
    dtypes: tuple[str, ...]
    result: Result


class RawTable:
    """Raw kernels of one module."""

    def __init__(self) -> None:
        self.kernels: list[RawKernel] = []

    def add(self, op: str, function: Function, dtypes: Iterable[str], result: str = "same") -> None:
        """Declare `function` for `op`; `result` is a name of `RESULTS`."""
        self.kernels.append(RawKernel(op, function, tuple(dtypes), RESULTS[result]))

    def kernel(self, op: str, dtypes: Iterable[str], result: str = "same") -> Callable[[Function], Function]:
        """Decorator of the same purpose."""

        def declare(function: Function) -> Function:
            self.add(op, function, dtypes, result)
            return function

        return declare
