"""Tensors from Python and NumPy data."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.backend import Key, key_for
from torchere.devices import default_device
from torchere.devices import device as Device
from torchere.exchange import array_from_numpy
from torchere.nested_data import array_of
from torchere.promotion import get_default_dtype, scalar_type_name
from torchere.tensors.tensor import Tensor, wrap

__all__ = [
    "as_tensor",
    "asarray",
    "from_dlpack",
    "from_file",
    "from_numpy",
    "frombuffer",
    "legacy_constructor",
    "scalar_tensor",
    "tensor",
]


_PYTHON_TYPES: dict[Any, dtypes.DType] = {
    bool: dtypes.bool_,
    int: dtypes.int64,
    float: dtypes.float64,
    complex: dtypes.complex128,
}


def _checked_dtype(dtype: Any, name: str) -> dtypes.DType | None:
    """`dtype`, which may also be given as Python's bool, int, float or complex. TypeError for anything else."""
    if dtype is None or isinstance(dtype, dtypes.DType):
        return dtype
    found = _PYTHON_TYPES.get(dtype) if isinstance(dtype, type) else None
    if found is None:
        raise TypeError(f"{name}(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return found


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
    names: Any = None,
) -> Tensor:
    """A new leaf tensor with a copy of `data`: numbers, nested sequences, NumPy arrays.

    Dtype: inferred as int64, bool, the default floating or complex dtype; NumPy arrays and scalars keep theirs.
    Raises ValueError for ragged sequences and integers beyond int64, TypeError for text, RuntimeError for other
    objects and for values that `dtype` cannot hold.
    """
    if names is not None:
        from torchere.tensors.named import check_names, named

        plain = tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)
        return named(plain, check_names(names, plain.ndim))  # type: ignore[no-any-return]
    dtype = _checked_dtype(dtype, "tensor")
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
    array, found = array_of(data, dtype)
    made = _place(array, key_for(default_device() if device is None else Device(device), found))
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: Any) -> Tensor:
    """A cpu tensor sharing the array's memory. TypeError for other objects and unsupported dtypes."""
    array = array_from_numpy(ndarray)
    return wrap(array, key_for(Device("cpu"), dtypes.from_numpy_dtype(array.dtype)))


def as_tensor(data: Any, dtype: dtypes.DType | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where dtype and device allow (tensors, NumPy arrays)."""
    dtype = _checked_dtype(dtype, "as_tensor")
    if isinstance(data, Tensor):
        made: Tensor = data.to(device if device is not None else data.device, dtype or data.dtype)
        return made
    if isinstance(data, np.ndarray):
        shared: Tensor = from_numpy(data).to(
            default_device() if device is None else device, dtype or dtypes.from_numpy_dtype(data.dtype)
        )
        return shared
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
    """`obj` as a tensor: shared if possible (``copy=None``), always (``False``) or never (``True``).

    Bytes and other objects with the buffer protocol are read as elements of `dtype`. Raises ValueError if
    ``copy=False`` and dtype, device or the kind of object need a copy.
    """
    if isinstance(obj, (bytes, bytearray, memoryview, array)):
        made = frombuffer(obj, dtype=dtype or get_default_dtype())
        made, shared = (made, True) if device is None else (moved := made.to(device), moved is made)
    else:
        made = as_tensor(obj, dtype, device)
        if isinstance(obj, Tensor):
            shared = made is obj
        elif isinstance(obj, np.ndarray):
            host = made._key.backend.to_numpy(made._array)
            shared = np.shares_memory(host, obj) if obj.size else host.dtype == obj.dtype
        else:
            shared = hasattr(obj, "__dlpack__")
    if copy is False and not shared:
        if isinstance(obj, (Tensor, np.ndarray)):
            given = obj.dtype if isinstance(obj, Tensor) else dtypes.from_numpy_dtype(obj.dtype)
            if given is not made.dtype:
                raise ValueError(
                    f"can't alias tensor with dtype '{scalar_type_name(given)}' into dtype "
                    f"'{scalar_type_name(made.dtype)}'. Use copy=None or copy=True."
                )
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


def from_file(
    filename: Any,
    shared: bool | None = None,
    size: int | None = 0,
    *,
    dtype: dtypes.DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A 1-d cpu tensor of the first `size` elements of a file, mapped; with `shared` writes go to the file.

    Raises: RuntimeError if the file is too short (`shared` makes it longer), OSError if it is not there.
    """
    import numpy

    from torchere.storages import UntypedStorage

    kind = _checked_dtype(dtype, "from_file") or get_default_dtype()
    if Device("cpu" if device is None else device).type != "cpu":
        raise RuntimeError(f"from_file(): files are mapped into memory of the cpu, not of {device}")
    storage = UntypedStorage.from_file(filename, bool(shared), (size or 0) * kind.itemsize)
    array = storage._owner if size else numpy.zeros(0, numpy.uint8)
    made = wrap(numpy.asarray(array).view(numpy.ndarray).view(kind.numpy), key_for(Device("cpu"), kind))
    return made.requires_grad_() if requires_grad else made


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor sharing the memory of an object with ``__dlpack__`` (or a capsule)."""
    from torchere import exchange

    made: Tensor = exchange.tensor_from_dlpack(ext_tensor, device=device, copy=copy)
    return made


def legacy_constructor(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``Tensor(2, 3)``: uninitialised sizes; ``Tensor([1, 2])``: data; ``Tensor()``: empty."""
    from torchere.tensors.legacy import construct

    return construct(cls, args, kwargs)
