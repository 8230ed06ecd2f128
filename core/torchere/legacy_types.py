"""``torch.FloatTensor`` and its like: constructors by dtype, and the default among them."""

from __future__ import annotations

from typing import Any, NoReturn

from torchere import dtypes
from torchere.devices import device as Device
from torchere.devices import set_default_device
from torchere.dtypes import DType
from torchere.errors import DTypeError
from torchere.promotion import set_default_dtype
from torchere.tensors.tensor import Tensor

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "is_conj",
    "is_inference",
    "is_neg",
    "is_signed",
    "new_like",
    "set_default_tensor_type",
    "set_flush_denormal",
]


class tensortype(type):
    """The class of ``torch.FloatTensor``: called, it makes plain tensors of its dtype in host memory."""

    dtype: DType
    is_cuda = is_sparse = False

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        where = kwargs.pop("device", None)
        if where is not None and Device(where).type != "cpu":
            raise RuntimeError(
                f"legacy constructor expects device type: cpu but device type: {Device(where).type} was passed. "
                f"Use torch.tensor(data, dtype={cls.dtype!r}, device='{where}')."
            )
        return _construct(cls.dtype, Device("cpu"), args, kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.device.type == "cpu"

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


def _construct(dtype: DType, where: Device, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    from torchere.tensors.legacy import construct

    if len(args) == 1 and isinstance(args[0], Tensor) and args[0].dtype is not dtype:
        raise TypeError(
            f"new(): expected a tensor of dtype {dtype!r}, got one of {args[0].dtype!r}. Convert it: x.to({dtype!r})."
        )
    return construct(Tensor, args, {**kwargs, "dtype": dtype, "device": where})


def _of_dtype(name: str, dtype: DType) -> tensortype:
    text = f"Tensors of {dtype!r}: made from sizes (contents unspecified) or a sequence; recognised by isinstance."
    return tensortype(name, (), {"dtype": dtype, "__doc__": text, "__module__": "torchere"})


FloatTensor = _of_dtype("FloatTensor", dtypes.float32)
DoubleTensor = _of_dtype("DoubleTensor", dtypes.float64)
HalfTensor = _of_dtype("HalfTensor", dtypes.float16)
BFloat16Tensor = _of_dtype("BFloat16Tensor", dtypes.bfloat16)
ByteTensor = _of_dtype("ByteTensor", dtypes.uint8)
CharTensor = _of_dtype("CharTensor", dtypes.int8)
ShortTensor = _of_dtype("ShortTensor", dtypes.int16)
IntTensor = _of_dtype("IntTensor", dtypes.int32)
LongTensor = _of_dtype("LongTensor", dtypes.int64)
BoolTensor = _of_dtype("BoolTensor", dtypes.bool_)


def new_like(tensor: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``Tensor.new``: the legacy constructor with the dtype and device of `tensor`."""
    where = kwargs.pop("device", None)
    return _construct(tensor.dtype, tensor.device if where is None else Device(where), args, kwargs)


def set_default_tensor_type(t: Any, /) -> None:
    """Make the dtype and device of a tensor type or its name (``"torch.DoubleTensor"``) those of new tensors.

    Raises TypeError for types that are not floating.
    """
    from torchere.tensors.legacy import dtype_of_type

    try:
        dtype = dtype_of_type(t)
    except (TypeError, ValueError):
        raise TypeError(
            f"invalid type object: {t!r}. Use torch.FloatTensor, torch.DoubleTensor or set_default_dtype."
        ) from None
    set_default_dtype(dtype)
    set_default_device("cuda" if isinstance(t, str) and ".cuda." in t else "cpu")


def set_flush_denormal(mode: bool) -> bool:
    """Whether denormal numbers could be set to be flushed to zero: only leaving them (False) is possible here."""
    if not isinstance(mode, bool):
        raise TypeError(f"set_flush_denormal(): expected a bool, got {type(mode).__name__}")
    return not mode


def _tensor(name: str, input: Any) -> Any:
    if not isinstance(input, Tensor):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative values."""
    return bool(_tensor("is_signed", input).is_signed())


def is_conj(input: Tensor) -> bool:
    """Whether a conjugate is only noted, not carried out: always False here."""
    return bool(_tensor("is_conj", input).is_conj())


def is_neg(input: Tensor) -> bool:
    """Whether a negative is only noted, not carried out: always False here."""
    return bool(_tensor("is_neg", input).is_neg())


def is_inference(input: Tensor) -> bool:
    """Whether it is marked as made in inference mode."""
    return bool(_tensor("is_inference", input).is_inference())


def no_complex32(*_: Any) -> NoReturn:
    """What ``Tensor.chalf`` says: there is no such dtype."""
    raise DTypeError(
        "complex32 is not a dtype of torchere: no array library computes in it. Use x.cfloat() (complex64)."
    )
