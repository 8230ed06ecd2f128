"""Namespaces in NumPy's style, of one memory: other names for the standard's functions, arrays with strides.

NumPy itself and CuPy are such; their arrays are views of memory and can be written into, so that tensors hold them
directly and no `Box` is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .library import Array, Library, Shape, host_dtype

__all__ = ["NumpyStyleLibrary"]

#: The standard's name → NumPy's.
_NAMES = {
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    "concat": "concatenate",
    "cumulative_prod": "cumprod",
    "cumulative_sum": "cumsum",
    "permute_dims": "transpose",
    "pow": "power",
    "round": "rint",
}


class StandardNames:
    """A namespace under the standard's names."""

    def __init__(self, xp: Any) -> None:
        self._xp = xp
        self.__name__ = xp.__name__

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._xp, _NAMES.get(name, name))
        setattr(self, name, found)
        return found


class NumpyStyleLibrary(Library):
    """NumPy, CuPy and their like: no ``device`` and ``copy`` keywords are used, only what NumPy 1 already had."""

    def __init__(self, xp: Any) -> None:
        super().__init__(StandardNames(xp))

    def _listed(self) -> None:
        return None

    def _candidate(self, name: str) -> Any:
        return host_dtype(name)

    def _made(self, native: Any) -> Array:
        made = self.xp.asarray(np.ones(1, np.float32)).astype(native)
        if not bool((made.astype(np.float32) == 1).all()):
            raise TypeError(f"{native} does not convert")
        return made

    def asarray(self, array: np.ndarray[Any, Any], native: Any = None) -> Array:
        return self.xp.array(array, order="C")

    def zeros(self, shape: Shape, native: Any) -> Array:
        return self.xp.zeros(shape, native)

    def ones(self, shape: Shape, native: Any) -> Array:
        return self.xp.ones(shape, native)

    def empty(self, shape: Shape, native: Any) -> Array:
        return self.xp.empty(shape, native)

    def full(self, shape: Shape, value: complex, native: Any) -> Array:
        return self.xp.full(shape, value, native)

    def eye(self, rows: int, columns: int, native: Any) -> Array:
        return self.xp.eye(rows, columns, dtype=native)

    def copy(self, x: Array) -> Array:
        return x.copy()

    def astype(self, x: Array, native: Any) -> Array:
        return x if x.dtype == native else x.astype(native)

    def scalar(self, value: complex, like: Array) -> Array:
        return self.xp.asarray(np.asarray(value, like.dtype))

    def sorting_order(self, rows: Array) -> Array:
        return self.xp.argsort(rows, axis=1, kind="stable")

    def write(self, flat: Array, positions: Array, values: Array, accumulate: bool = False) -> Array:
        found = flat.copy()
        if accumulate:
            self.add_at(found, positions, values)
        else:
            found[positions] = values
        return found

    def add_at(self, flat: Array, positions: Array, values: Array) -> None:
        """``flat[positions] += values`` with repeated positions adding up."""
        self.xp.add.at(flat, positions, values)
