"""Arrays for cases: from `A`, `I` and `Values` to NumPy arrays, and on to tensors of a device."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.backend import key_for
from torchere.devices import device as Device
from torchere.dtypes import COMPLEX, FLOATING, INTEGER, DType, by_name
from torchere.tensors.tensor import Tensor, wrap
from torchere.testing.cases import A, I, Values

__all__ = ["LAYOUTS", "array_of", "arrays_of", "is_inexact", "mapped", "random_source", "tensor_of", "to_numpy", "wide"]

Array = np.ndarray[Any, Any]

#: How an argument's elements may lie in memory; every one must give the same result.
LAYOUTS = ("strided", "transposed")


def random_source(*names: object) -> np.random.Generator:
    """A stream that depends on the names alone, so that a failing item fails again by itself."""
    return np.random.Generator(np.random.Philox(zlib.crc32("/".join(map(str, names)).encode())))


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """`value` with `function` applied to every `A`, `I`, `Values`, array and tensor in it, through lists and dicts."""
    if isinstance(value, (A, I, Values, np.ndarray, Tensor)):
        return function(value)
    if isinstance(value, dict):
        return {name: mapped(item, function) for name, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(mapped(item, function) for item in value)
    return value


def array_of(spec: A | I | Values, dtype: str, source: np.random.Generator) -> Array:
    """The array a description stands for, `dtype` being the dtype of the run."""
    kind = by_name(spec.dtype or dtype)
    if isinstance(spec, Values):
        with np.errstate(all="ignore"):
            return np.asarray(spec.values).astype(kind.numpy)
    if isinstance(spec, I):
        if not spec.unique:
            return np.asarray(source.integers(spec.low, spec.high, spec.shape)).astype(kind.numpy)
        count = spec.shape[-1] if spec.shape else 1
        rows = np.broadcast_to(np.arange(spec.low, spec.high), (*spec.shape[:-1], spec.high - spec.low))
        drawn = source.permuted(rows, axis=-1)[..., :count]
        return drawn.reshape(spec.shape).astype(kind.numpy)
    return _drawn(spec, kind, source)


def _drawn(spec: A, kind: DType, source: np.random.Generator) -> Array:
    count = int(np.prod(spec.shape))
    if kind.category < INTEGER:
        return np.asarray(source.random(spec.shape) < 0.5)
    if kind.category == INTEGER:
        limits: Any = np.iinfo(kind.name)
        low = max(int(np.ceil(spec.low)), int(limits.min))
        high = max(min(int(np.ceil(spec.high)), int(limits.max)), low + 1)
        if spec.distinct:
            return source.permutation(np.arange(low, low + count)).reshape(spec.shape).astype(kind.numpy)
        return np.asarray(source.integers(low, high, spec.shape)).astype(kind.numpy)

    def real() -> Array:
        if not spec.distinct:
            return np.asarray(source.uniform(spec.low, spec.high, spec.shape))
        steps = spec.low + (np.arange(count) + 0.5) * (spec.high - spec.low) / max(count, 1)
        return np.asarray(source.permutation(steps).reshape(spec.shape))

    if kind.category == COMPLEX:
        return np.asarray(real() + 1j * real()).astype(kind.numpy)
    return real().astype(kind.numpy)


def arrays_of(value: Any, dtype: str, source: np.random.Generator) -> Any:
    """`value` with every description replaced by its array."""
    return mapped(value, lambda spec: array_of(spec, dtype, source))


def is_inexact(array: Array) -> bool:
    """Whether an array has a floating (16- and 8-bit ones, too) or complex dtype."""
    return array.dtype.kind in "fcV"


def wide(array: Array) -> Array:
    """A copy in float64 or complex128 if the array is inexact; otherwise the array in a copy."""
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    # ml_dtypes' types have kind V or f.
    return array.astype(np.float64) if is_inexact(array) else array.copy()


def tensor_of(array: Array, device: str, layout: str = "plain") -> Tensor:
    """A tensor on `device` with the values of `array`; `layout` is ``"plain"`` or one of `LAYOUTS`."""
    from torchere.dtypes import from_numpy_dtype

    if layout == "strided" and array.ndim:
        spread = np.zeros((*array.shape[:-1], 2 * array.shape[-1] + 1), array.dtype)
        spread[..., 1::2] = array
        whole: Any = tensor_of(spread, device)
        part: Tensor = whole[..., 1::2]
        return part
    if layout == "transposed" and array.ndim > 1:
        axes = tuple(reversed(range(array.ndim)))
        made: Tensor = tensor_of(np.ascontiguousarray(array.transpose(axes)), device).permute(axes)
        return made
    where = Device(device)
    key = key_for(where, from_numpy_dtype(array.dtype))
    tensor: Tensor = wrap(key.backend.from_numpy(np.array(array, order="C"), where.index), key)
    return tensor


def to_numpy(tensor: Any) -> Array:
    """A NumPy copy of a tensor's values, in its own dtype."""
    return np.array(tensor._key.backend.to_numpy(tensor._array))


def inexact_dtype(name: str) -> bool:
    """Whether the dtype called `name` is floating or complex."""
    return by_name(name).category >= FLOATING
