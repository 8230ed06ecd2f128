"""Arrays from numbers and nested sequences: their shape, the dtype PyTorch infers, conversion with overflow checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.errors import ArgumentError, DTypeError
from torchere.promotion import default_complex_dtype, get_default_dtype, promote_types
from torchere.tensors.tensor import Tensor

__all__ = ["array_of"]

Array = np.ndarray[Any, Any]


def array_of(data: Any, dtype: dtypes.DType | None) -> tuple[Array, dtypes.DType]:
    """A fresh NumPy array of `data`, and its dtype: `dtype`, or the one PyTorch infers.

    Raises ValueError for ragged sequences and integers beyond int64, TypeError for text, RuntimeError for other
    objects and for values that `dtype` cannot hold.
    """
    if isinstance(data, (np.ndarray, np.generic)):
        return _of_numpy(np.asarray(data), dtype)
    if isinstance(data, (bool, int, float, complex)):
        return _converted(data, np.array(data), dtype or _dtype_of_kind(type(data)), dtype is None)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, (list, tuple)):
        return _of_sequence(data, dtype)
    if hasattr(data, "__array_interface__") or hasattr(data, "__array__"):
        return _of_numpy(np.asarray(data), dtype)
    if isinstance(data, Sequence):
        return _of_sequence(list(data), dtype)
    raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _of_numpy(array: Array, dtype: dtypes.DType | None) -> tuple[Array, dtypes.DType]:
    if array.dtype.byteorder == ">":
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    wanted = dtype or dtypes.from_numpy_dtype(array.dtype)
    if array.dtype.kind == "c" and wanted.category < 3:
        array = array.real
    return np.array(array, dtype=wanted.numpy, copy=True), wanted


def _of_sequence(data: Any, dtype: dtypes.DType | None) -> tuple[Array, dtypes.DType]:
    if data and isinstance(data[0], np.ndarray):
        return _of_numpy(np.array(data), dtype)
    depth = _depth(data)
    kinds: set[type] = set()
    for row in _rows(data, depth):
        kinds.update(map(type, row))
    inferred: dtypes.DType | None = None
    has_tensors = False
    for kind in kinds:
        if issubclass(kind, Tensor):
            has_tensors = True
        elif dtype is None:
            found = _dtype_of_kind(kind)
            inferred = found if inferred is None else promote_types(inferred, found)
    if has_tensors:
        for item in _tensors(data):
            if item.numel() != 1:
                raise ValueError(
                    f"only one element tensors can be converted to Python scalars, got shape {list(item.shape)}. Join "
                    "tensors with torch.stack or torch.cat."
                )
            if dtype is None:
                inferred = item.dtype if inferred is None else promote_types(inferred, item.dtype)
        data = _plain(data)
    wanted = dtype or inferred or get_default_dtype()
    try:
        array = np.array(data)
    except OverflowError:
        raise ArgumentError("Overflow when unpacking long long") from None
    if array.size == 0:
        return np.empty(array.shape, wanted.numpy), wanted
    return _converted(data, array, wanted, dtype is None)


def _depth(data: Any) -> int:
    """How deep the sequences are nested; ValueError or TypeError where they are not equally long or deep."""
    shape: list[int] = []
    level = data
    while isinstance(level, Sequence) and not isinstance(level, (str, bytes)):
        shape.append(len(level))
        if not level:
            break
        level = level[0]
    _check_shape(data, tuple(shape), 0)
    return len(shape)


def _check_shape(data: Any, shape: tuple[int, ...], depth: int) -> None:
    if not isinstance(data, Sequence):
        raise TypeError(f"not a sequence: found {type(data).__name__} at dim {depth}")
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    if depth + 1 < len(shape):
        for item in data:
            _check_shape(item, shape, depth + 1)


def _rows(data: Any, depth: int) -> Iterator[Any]:
    """The innermost sequences."""
    if depth <= 1:
        yield data
        return
    for item in data:
        yield from _rows(item, depth - 1)


def _dtype_of_kind(kind: type) -> dtypes.DType:
    """The dtype a number of this type stands for."""
    if issubclass(kind, np.generic):
        return dtypes.from_numpy_dtype(np.dtype(kind))
    if issubclass(kind, bool):
        return dtypes.bool_
    if issubclass(kind, int):
        return dtypes.int64
    if issubclass(kind, float):
        return get_default_dtype()
    if issubclass(kind, complex):
        return default_complex_dtype()
    if issubclass(kind, (str, bytes)):
        raise ArgumentError(f"too many dimensions '{kind.__name__}'")
    if issubclass(kind, Sequence):
        raise TypeError(f"'{kind.__name__}' object cannot be interpreted as an integer: nest sequences equally deep")
    raise RuntimeError(f"Could not infer dtype of {kind.__name__}")


def _tensors(data: Any) -> Iterator[Tensor]:
    if isinstance(data, Tensor):
        yield data
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from _tensors(item)


def _plain(data: Any) -> Any:
    """Nested lists with tensors replaced by numbers."""
    if isinstance(data, Tensor):
        return data.item()
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data


def _converted(data: Any, array: Array, wanted: dtypes.DType, inferred: bool) -> tuple[Array, dtypes.DType]:
    """`array` in dtype `wanted`, or the error for a value that does not fit."""
    kind = array.dtype.kind
    if array.dtype == wanted.numpy:
        return array, wanted
    if kind == "O" or (kind == "u" and array.dtype == np.uint64 and inferred and wanted is dtypes.int64):
        if inferred or (wanted.category == dtypes.INTEGER and wanted is not dtypes.uint64):
            _refuse_objects(array)
        try:
            return np.array(data, dtype=wanted.numpy), wanted
        except OverflowError:
            raise OverflowError(f"int too big to convert to {wanted.name}") from None
    if kind in "SUVMm":
        raise TypeError(f"new(): invalid data type '{type(array.ravel()[0].item()).__name__}'")
    if kind == "c" and wanted.category < dtypes.COMPLEX:
        raise TypeError(f"must be real number, not complex (dtype={wanted.name})")
    if wanted.category == dtypes.INTEGER and kind in "iuf":
        _check_range(array, wanted)
    return array.astype(wanted.numpy), wanted


def _refuse_objects(array: Array) -> None:
    """Raise for an array of Python objects: too large integers, or no numbers."""
    for item in array.ravel():
        if not isinstance(item, (bool, int, float, complex, np.generic)):
            raise RuntimeError(f"Could not infer dtype of {type(item).__name__}")
    raise ArgumentError("Overflow when unpacking long long: an integer is outside -2**63 … 2**63-1")


def _check_range(array: Array, wanted: dtypes.DType) -> None:
    limits = np.iinfo(str(wanted.numpy))
    # Unsigned dtypes take negative numbers modulo their range, as C does.
    lowest = limits.min if limits.min else -limits.max
    high, low = array.max(), array.min()
    if array.dtype.kind == "f":
        # 2**63 is a floating number, 2**63-1 is not: compare with the first value beyond the range.
        fits = bool(low >= lowest) and bool(high < float(limits.max) + 1.0)
    else:
        fits = int(low) >= lowest and int(high) <= limits.max
    if not fits:
        raise DTypeError(f"value cannot be converted to type {wanted.name} without overflow")
