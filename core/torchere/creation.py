"""Tensors from Python and NumPy data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.backend import Key, key_for
from torchere.devices import default_device
from torchere.devices import device as Device
from torchere.exchange import array_from_numpy
from torchere.promotion import default_complex_dtype, get_default_dtype
from torchere.tensors.tensor import Tensor, wrap

__all__ = [
    "as_tensor",
    "asarray",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "legacy_constructor",
    "scalar_tensor",
    "tensor",
]


def _check_dtype(dtype: Any, name: str) -> None:
    if dtype is not None and not isinstance(dtype, dtypes.DType):
        raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")


def _shape_of(data: Any) -> tuple[int, ...]:
    """The shape of nested sequences; ValueError as PyTorch's for ragged ones."""
    shape: list[int] = []
    level = data
    while isinstance(level, (list, tuple)) or (isinstance(level, Sequence) and not isinstance(level, (str, bytes))):
        shape.append(len(level))
        if not level:
            break
        level = level[0]
    _check_shape(data, tuple(shape), 0)
    return tuple(shape)


def _check_shape(data: Any, shape: tuple[int, ...], depth: int) -> None:
    if depth == len(shape):
        if isinstance(data, (list, tuple)):
            raise TypeError(f"not a sequence of equal depth: found {type(data).__name__} at dim {depth}")
        return
    if not isinstance(data, Sequence):
        raise TypeError(f"not a sequence: found {type(data).__name__} at dim {depth}")
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    if depth + 1 < len(shape):
        for item in data:
            _check_shape(item, shape, depth + 1)


def _has_tensor(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(_has_tensor(item) for item in data)
    return isinstance(data, Tensor)


def _plain(data: Any) -> Any:
    """Nested lists with tensors replaced by numbers or lists."""
    if isinstance(data, Tensor):
        return data.tolist()
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data


def _array_of(data: Any, dtype: dtypes.DType | None) -> tuple[np.ndarray[Any, Any], dtypes.DType]:
    """A fresh NumPy array of `data`, and its dtype by PyTorch's inference."""
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        if array.dtype.byteorder == ">":
            raise ValueError(
                "given numpy array has byte order different from the native byte order. Conversion between byte "
                "orders is currently not supported."
            )
        found = dtypes.from_numpy_dtype(array.dtype)
        wanted = dtype or found
        return np.array(array, dtype=wanted.numpy, copy=True), wanted
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if isinstance(data, (list, tuple)):
        if data and isinstance(data[0], np.ndarray):
            return _array_of(np.array(data), dtype)
        if _has_tensor(data):
            kinds = {item.dtype for item in _tensors_in(data)}
            if dtype is None and len(kinds) == 1 and not _has_number(data):
                dtype = kinds.pop()
            data = _plain(data)
        _shape_of(data)
        try:
            array = np.array(data)
        except OverflowError:
            raise RuntimeError("Overflow when unpacking long long") from None
    elif isinstance(data, (bool, int, float, complex)):
        array = np.array(data)
    elif hasattr(data, "__array_interface__") or hasattr(data, "__array__"):
        return _array_of(np.asarray(data), dtype)
    elif isinstance(data, Sequence):
        return _array_of(list(data), dtype)
    else:
        raise TypeError(f"Could not infer dtype of {type(data).__name__}")
    kind = array.dtype.kind
    if kind == "O" or kind in "SUVMm":
        flat = array.ravel()
        bad = next(
            (item for item in flat if not isinstance(item, (bool, int, float, complex))), flat[0] if flat.size else None
        )
        if isinstance(bad, int):
            if dtype is dtypes.uint64:
                return np.array(data, dtype=np.uint64), dtype
            raise RuntimeError("Overflow when unpacking long long")
        if kind in "SU":
            raise TypeError("new(): invalid data type 'str'")
        raise TypeError(f"Could not infer dtype of {type(bad).__name__}")
    if array.size == 0:
        inferred = get_default_dtype()
    elif kind == "b":
        inferred = dtypes.bool_
    elif kind in "iu":
        if kind == "u" and array.dtype == np.uint64 and dtype is None:
            raise RuntimeError("Overflow when unpacking long long")
        inferred = dtypes.int64
    elif kind == "f":
        inferred = get_default_dtype()
    else:
        inferred = default_complex_dtype()
    wanted = dtype or inferred
    if array.dtype == wanted.numpy:
        return array, wanted
    if wanted.category == 1 and kind in "iu" and array.size:
        limits = np.iinfo(wanted.numpy)
        if int(array.max()) > limits.max or int(array.min()) < limits.min:
            if wanted.itemsize == 8 or True:
                raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow")
    if kind == "c" and wanted.category < 3:
        raise RuntimeError(f"value cannot be converted to type {wanted.name} without overflow")
    return array.astype(wanted.numpy), wanted


def _tensors_in(data: Any) -> list[Tensor]:
    if isinstance(data, Tensor):
        return [data]
    return [found for item in data for found in _tensors_in(item)] if isinstance(data, (list, tuple)) else []


def _has_number(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(_has_number(item) for item in data)
    return not isinstance(data, Tensor)


def _place(array: np.ndarray[Any, Any], key: Key) -> Tensor:
    backend = key.backend
    return wrap(array if key.device.type == "cpu" else backend.from_numpy(array, key.device.index), key)


def tensor(
    data: Any,
    *,
    dtype: dtypes.DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new leaf tensor with a copy of `data`: numbers, nested sequences, NumPy arrays.

    Dtype: inferred as int64, bool, the default floating or complex dtype; NumPy arrays keep theirs.
    Raises ValueError for ragged sequences, TypeError for what is no number, RuntimeError for overflow.
    """
    _check_dtype(dtype, "tensor")
    if isinstance(data, Tensor):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
        made: Tensor = data.detach().to(device if device is not None else data.device, dtype or data.dtype, copy=True)
        return made.requires_grad_() if requires_grad else made
    array, found = _array_of(data, dtype)
    made = _place(array, key_for(default_device() if device is None else Device(device), found))
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: Any) -> Tensor:
    """A cpu tensor sharing the array's memory. TypeError for other objects and unsupported dtypes."""
    array = array_from_numpy(ndarray)
    return wrap(array, key_for(Device("cpu"), dtypes.from_numpy_dtype(array.dtype)))


def as_tensor(data: Any, dtype: dtypes.DType | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where dtype and device allow (tensors, NumPy arrays)."""
    _check_dtype(dtype, "as_tensor")
    if isinstance(data, Tensor):
        return data.to(device if device is not None else data.device, dtype or data.dtype)
    if isinstance(data, np.ndarray):
        return from_numpy(data).to(
            default_device() if device is None else device, dtype or dtypes.from_numpy_dtype(data.dtype)
        )
    if hasattr(data, "__dlpack__") and not isinstance(data, np.generic):
        return as_tensor(from_dlpack(data), dtype, device)
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: dtypes.DType | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`obj` as a tensor: shared if possible (``copy=None``), always (``False``: ValueError if not) or never (``True``)."""
    made = as_tensor(obj, dtype, device)
    if isinstance(obj, Tensor):
        shared = made is obj
        if shared and not copy:
            made = made.detach() if made.requires_grad and not requires_grad else made
    else:
        shared = isinstance(obj, np.ndarray) and np.shares_memory(made._key.backend.to_numpy(made._array), obj)
        shared = shared or hasattr(obj, "__dlpack__")
    if copy is False and not shared:
        raise ValueError("can't alias arbitrary sequence, dtype or device into a tensor. Use copy=None or copy=True.")
    if copy and shared:
        made = made.detach().clone()
    return made.requires_grad_() if requires_grad else made


def scalar_tensor(
    s: Any,
    *,
    dtype: dtypes.DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A 0-d tensor of the default dtype."""
    return tensor(s, dtype=dtype or get_default_dtype(), device=device, requires_grad=requires_grad)


def frombuffer(
    buffer: Any, *, dtype: dtypes.DType, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A 1-d cpu tensor sharing the memory of an object with the buffer protocol."""
    from torchere.exchange import array_from_buffer

    made = wrap(array_from_buffer(buffer, dtype, count, offset), key_for(Device("cpu"), dtype))
    return made.requires_grad_() if requires_grad else made


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor sharing the memory of an object with ``__dlpack__`` (or a capsule)."""
    from torchere import exchange

    return exchange.tensor_from_dlpack(ext_tensor, device=device, copy=copy)


def legacy_constructor(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``Tensor(2, 3)``: uninitialised sizes; ``Tensor([1, 2])``: data; ``Tensor()``: empty."""
    from torchere.tensors.legacy import construct

    return construct(cls, args, kwargs)
