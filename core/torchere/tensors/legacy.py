"""Type names such as ``torch.FloatTensor`` and the constructors behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.backend import key_for
from torchere.devices import default_device
from torchere.devices import device as Device
from torchere.promotion import get_default_dtype

__all__ = ["construct", "dtype_of_type", "type_name"]

_NAMES = {
    "Float": dtypes.float32,
    "Double": dtypes.float64,
    "Half": dtypes.float16,
    "BFloat16": dtypes.bfloat16,
    "Byte": dtypes.uint8,
    "Char": dtypes.int8,
    "Short": dtypes.int16,
    "Int": dtypes.int32,
    "Long": dtypes.int64,
    "Bool": dtypes.bool_,
    "ComplexFloat": dtypes.complex64,
    "ComplexDouble": dtypes.complex128,
}
_BY_DTYPE = {dtype: name for name, dtype in _NAMES.items()}


def type_name(tensor: Any) -> str:
    """``'torch.FloatTensor'``, ``'torch.cuda.LongTensor'`` …"""
    device = tensor._key.device.type
    prefix = "torch." if device == "cpu" else f"torch.{device}."
    if tensor.is_sparse:
        prefix += "sparse."
    name = _BY_DTYPE.get(tensor._key.dtype, tensor._key.dtype.name)
    return f"{prefix}{name}Tensor"


def dtype_of_type(value: Any) -> dtypes.DType:
    """The dtype of a dtype, a Python type, a type name or a legacy tensor class. ValueError for another string."""
    if isinstance(value, dtypes.DType):
        return value
    if isinstance(value, str):
        name = value.rpartition(".")[2].removesuffix("Tensor")
        if name in _NAMES:
            return _NAMES[name]
        raise ValueError(f"invalid type: '{value}'. Known are {', '.join(f'torch.{n}Tensor' for n in _NAMES)}.")
    plain = {bool: dtypes.bool_, int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}
    if value in plain:
        return plain[value]
    found = getattr(value, "dtype", None)
    if isinstance(found, dtypes.DType):
        return found
    raise TypeError(f"type(): argument 'dtype' must be torch.dtype or a type name, not {type(value).__name__}")


def construct(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The legacy constructor of Tensor and its subclasses."""
    from torchere.creation import tensor
    from torchere.tensors.tensor import Tensor, wrap

    device = kwargs.pop("device", None)
    dtype = kwargs.pop("dtype", None) or getattr(cls, "legacy_dtype", None) or get_default_dtype()
    data = kwargs.pop("data", None)
    if kwargs:
        raise TypeError(f"new() received an invalid combination of arguments - got an unknown '{next(iter(kwargs))}='")
    if data is not None:
        args = (data,)
    where = default_device() if device is None else Device(device)
    if len(args) == 1 and isinstance(args[0], Tensor):
        made = args[0].detach()
    elif len(args) == 1 and (isinstance(args[0], (list, tuple)) and type(args[0]) is not _size()):
        made = tensor(list(args[0]), dtype=dtype, device=where)
    elif len(args) == 1 and isinstance(args[0], np.ndarray):
        made = tensor(args[0], dtype=dtype, device=where)
    else:
        if len(args) == 1 and isinstance(args[0], (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(args[0]).__name__}'")
        sizes = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args
        if not all(hasattr(size, "__index__") for size in sizes):
            kinds = ", ".join(type(item).__name__ for item in args)
            raise TypeError(f"new(): data must be a sequence or sizes must be ints (got {kinds})")
        shape = tuple(int(size) for size in sizes) if sizes else (0,)
        key = key_for(where, dtype)
        made = wrap(key.backend.from_numpy(np.zeros(shape, dtype.numpy), key.device.index), key)
    return made if cls is Tensor else made.as_subclass(cls)


def _size() -> type:
    from torchere.size import Size

    return Size
