"""Tensor methods that move values: between dtypes and devices, to NumPy and to Python."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from torchere import dtypes
from torchere.autograd.modes import state
from torchere.autograd.node import Identity
from torchere.backend import key_for
from torchere.devices import device as Device
from torchere.errors import DTypeError, GradientError
from torchere.layouts import strided
from torchere.storage import Storage

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = ["Conversion", "warn_discarding_imaginary"]


def warn_discarding_imaginary() -> None:
    """The warning for complex values stored in a real tensor."""
    warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=4)


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, bool, Any]:
    """(device, dtype, copy, memory_format) of the call forms of ``Tensor.to``."""
    from torchere.tensors.tensor import Tensor

    rest = list(args)
    device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
    other = kwargs.pop("other", None)
    kwargs.pop("non_blocking", None)
    copy = kwargs.pop("copy", False)
    memory_format = kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"to() received an invalid combination of arguments - got an unknown '{next(iter(kwargs))}='")
    if rest and isinstance(rest[0], Tensor):
        other = rest.pop(0)
    elif rest and isinstance(rest[0], dtypes.DType):
        dtype = rest.pop(0)
    elif rest and (rest[0] is None or isinstance(rest[0], (str, int, Device))):
        device = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], dtypes.DType)):
            dtype = rest.pop(0) or dtype
    if rest and isinstance(rest[0], (bool, int)):
        rest.pop(0)
    if rest and isinstance(rest[0], (bool, int)):
        copy = bool(rest.pop(0))
    if rest:
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({', '.join(type(a).__name__ for a in args)}), "
            "but expected a device, a dtype, a device and a dtype, or a tensor"
        )
    if other is not None:
        device, dtype = other.device, other.dtype
    if dtype is not None and not isinstance(dtype, dtypes.DType):
        raise TypeError(f"to(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    return (None if device is None else Device(device)), dtype, bool(copy), memory_format


class Conversion:
    """`to` and its short forms, `numpy`, `item`, `tolist`, Python number protocols."""

    __slots__ = ()
    _storage: Storage | None

    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        """The tensor with another dtype and/or device; itself if nothing changes and not ``copy=True``.

        Forms: ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other)``; keywords `device`, `dtype`,
        `non_blocking` (accepted), `copy`, `memory_format`. Differentiable.
        """
        device, dtype, copy, memory_format = _parse_to(args, kwargs)
        result = self
        if dtype is not None and dtype is not self._key.dtype:
            if self._key.dtype.is_complex and not dtype.is_complex and dtype is not dtypes.bool_:
                warn_discarding_imaginary()
            if device is None or device == self._key.device:
                result = self.to_dtype(dtype)
            else:
                # Convert where the smaller number of bytes then travels.
                result = self.to_dtype(dtype) if dtype.itemsize <= self._key.dtype.itemsize else self
        if device is not None:
            key = key_for(device, result._key.dtype)
            if key.device is not result._key.device:
                result = _to_device(result, key)
        if dtype is not None and result._key.dtype is not dtype:
            result = result.to_dtype(dtype)
        if copy and result is self:
            result = self.clone()
        if memory_format is not None and str(memory_format) != "torch.preserve_format":
            result = result.contiguous(memory_format=memory_format)
        return result

    def type(self: Any, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
        """The type's name, ``'torch.FloatTensor'``; with an argument the tensor converted to it (dtype or name)."""
        from torchere.tensors.legacy import dtype_of_type, type_name

        if dtype is None:
            return type_name(self)
        return self.to(dtype_of_type(dtype))

    def type_as(self: Any, other: Any) -> Any:
        """Converted to the dtype and device of `other`."""
        return self.to(other.device, other.dtype)

    def cpu(self: Any, memory_format: Any = None) -> Any:
        """On the device ``cpu``."""
        return self.to("cpu")

    def cuda(self: Any, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Any:
        """On a CUDA device: the current one, or `device`."""
        if isinstance(device, int):
            device = Device("cuda", device)
        return self.to(device or "cuda")

    def bool(self: Any) -> Any:
        """Converted to bool: everything but zero is True."""
        return self.to(dtypes.bool_)

    def byte(self: Any) -> Any:
        """Converted to uint8."""
        return self.to(dtypes.uint8)

    def char(self: Any) -> Any:
        """Converted to int8."""
        return self.to(dtypes.int8)

    def short(self: Any) -> Any:
        """Converted to int16."""
        return self.to(dtypes.int16)

    def int(self: Any) -> Any:
        """Converted to int32."""
        return self.to(dtypes.int32)

    def long(self: Any) -> Any:
        """Converted to int64."""
        return self.to(dtypes.int64)

    def half(self: Any) -> Any:
        """Converted to float16."""
        return self.to(dtypes.float16)

    def bfloat16(self: Any) -> Any:
        """Converted to bfloat16."""
        return self.to(dtypes.bfloat16)

    def float(self: Any) -> Any:
        """Converted to float32."""
        return self.to(dtypes.float32)

    def double(self: Any) -> Any:
        """Converted to float64."""
        return self.to(dtypes.float64)

    def cfloat(self: Any) -> Any:
        """Converted to complex64."""
        return self.to(dtypes.complex64)

    def cdouble(self: Any) -> Any:
        """Converted to complex128."""
        return self.to(dtypes.complex128)

    def new(self: Any, *args: Any, **kwargs: Any) -> Any:
        """The legacy constructor, ``x.new(2, 3)`` or ``x.new([1, 2])``, with this tensor's dtype and device."""
        from torchere.legacy_types import new_like

        return new_like(self, args, kwargs)

    def chalf(self: Any, memory_format: Any = None) -> Any:
        """An error: there is no complex32. Use ``cfloat``."""
        from torchere.legacy_types import no_complex32

        no_complex32()

    def new_tensor(
        self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False, **_: Any
    ) -> Any:
        """A new leaf tensor with a copy of `data`, by default of this tensor's dtype and device."""
        from torchere.creation import tensor

        if hasattr(data, "_key"):
            data = data.detach()
            made = data.to(device or self.device, dtype or data.dtype, copy=True)
            return made.requires_grad_(requires_grad)
        return tensor(data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)

    # --- Python and NumPy ------------------------------------------------------------------------------------------

    def item(self: Any) -> Any:
        """The one element as a Python number. RuntimeError for more or none."""
        array = self._key.backend.to_numpy(self._array)
        if array.size != 1:
            raise RuntimeError(f"a Tensor with {array.size} elements cannot be converted to Scalar")
        return self._key.dtype.python_type(array.item())

    def tolist(self: Any) -> Any:
        """Nested lists of Python numbers; a number for a 0-d tensor."""
        array = self._key.backend.to_numpy(self._array)
        if self._key.dtype.is_floating_point and array.dtype.kind != "f":
            array = array.astype(np.float32)
        return array.tolist()

    def numpy(self: Any, *, force: Any = False) -> Any:
        """A NumPy array sharing the tensor's memory (cpu); with ``force`` detached, and copied to the host if need be.

        Raises RuntimeError for a tensor that requires gradients, TypeError for one on another device.
        """
        from torchere.exchange import array_to_numpy

        tensor = self.detach().cpu() if force else self
        if tensor._key.level:
            return tensor._key.backend.to_numpy(tensor._array)
        if tensor._key.backend.layout is not strided:
            raise tensor._key.backend.refuse_numpy()
        if tensor._key.device.type != "cpu":
            raise TypeError(
                f"can't convert {tensor._key.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
                "to host memory first."
            )
        return array_to_numpy(tensor._array, requires_grad=tensor._requires_grad)

    def __array__(self: Any, dtype: Any = None, copy: Any = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a copy is needed to convert {array.dtype} to {dtype}")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_wrap__(self: Any, array: Any, context: Any = None, return_scalar: Any = False) -> Any:
        from torchere.creation import from_numpy

        return from_numpy(np.asarray(array))

    def __dlpack__(
        self: Any, *, stream: Any = -1, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """A DLPack capsule of the tensor's memory."""
        from torchere import exchange

        return exchange.tensor_to_dlpack(self, stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self: Any) -> Any:
        from torchere import exchange

        return exchange.device_to_dlpack(self._key.device.type, self._key.device.index)

    def __bool__(self: Any) -> Any:
        array = self._array
        size = 1
        for part in array.shape:
            size *= part
        if size != 1:
            if size == 0:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        if self._key.level and array.is_batched:
            from torchere.func.levels import DataDependentError

            raise DataDependentError(
                "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. Each "
                "example has another value there: use where() to choose between results."
            )
        return bool(self._key.backend.to_numpy(array).item())

    def __float__(self: Any) -> Any:
        value = _only(self)
        if isinstance(value, complex):
            raise RuntimeError("value cannot be converted to type double without overflow")
        return float(value)

    def __int__(self: Any) -> Any:
        value = _only(self)
        if isinstance(value, complex):
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        return int(value)

    def __complex__(self: Any) -> Any:
        return complex(_only(self))

    def __index__(self: Any) -> Any:
        if self._key.dtype.category > 1 or self.numel() != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    # --- copies of the object ----------------------------------------------------------------------------------------

    def __deepcopy__(self: Any, memo: dict[Any, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment. If you were attempting to deepcopy a module, this may be because of a "
                "torch.nn.utils.weight_norm usage. Use x.detach().clone()."
            )
        import copy

        from torchere.autograd.modes import no_grad

        with no_grad():
            made = self.detach().clone()
        made._requires_grad = self._requires_grad
        if type(self) is not type(made):
            made.__class__ = type(self)
        memo[id(self)] = made
        for name, value in self.__dict__.items():
            made.__dict__[name] = copy.deepcopy(value, memo) if name not in ("_hooks",) else value
        return made

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        if self._key.backend.layout is not strided:
            return self._key.backend.pickled(self)
        array = self._key.backend.to_numpy(self._array)
        kept = {name: value for name, value in self.__dict__.items() if name not in ("_hooks", "_retains")}
        return rebuild_tensor, (
            type(self),
            np.ascontiguousarray(array).reshape(array.shape),
            self._key.device,
            self._key.dtype,
            self._requires_grad,
            kept,
        )

    def as_subclass(self: Any, cls: Any) -> Any:
        """The same memory and history as an instance of the Tensor subclass `cls`."""
        if self._storage is None:
            self._storage = Storage()  # one version counter for both
        made = object.__new__(cls)
        for field in ("_array", "_key", "_requires_grad", "_node", "_storage", "_view"):
            setattr(made, field, getattr(self, field))
        if self._requires_grad and self._node is None:
            # The leaf stays the one whose `grad` is filled.
            made._node = Identity(self)
        return made


def _only(tensor: Any) -> Any:
    """The one element, for Python's number protocols."""
    if tensor.numel() != 1:
        raise ValueError(
            f"only one element tensors can be converted to Python scalars, got shape {list(tensor._array.shape)}"
        )
    return tensor.item()


def rebuild_tensor(
    cls: Any, array: Any, device: Device, dtype: dtypes.DType, requires_grad: Any, attributes: dict[str, Any]
) -> Tensor:
    """A tensor from what pickling kept."""
    from torchere.tensors.tensor import Tensor, wrap

    key = key_for(device, dtype)
    array = array if key.device.type == "cpu" and array.flags.writeable else np.array(array)
    tensor: Any = wrap(array if key.device.type == "cpu" else key.backend.from_numpy(array, key.device.index), key)
    if cls is not Tensor:
        tensor = tensor.as_subclass(cls)
    tensor._requires_grad = requires_grad
    tensor.__dict__.update(attributes)
    return tensor  # type: ignore[no-any-return]


def _to_device(source: Any, key: Any) -> Any:
    """A copy on another device, in the graph."""
    from torchere.autograd.node import Node
    from torchere.tensors.tensor import refresh_view, wrap

    here, there = source._key.backend, key.backend
    if here is there:
        array = there.on_device(source._array, key.device.index)
    else:
        array = there.from_numpy(here.to_numpy(source._array), key.device.index)
    result = wrap(array, key)
    if source._requires_grad and state.enabled:
        global _transfer
        if _transfer is None:

            class ToCopyBackward0(Node):
                """A copy to another device: the gradient travels back."""

                __slots__ = ("device",)
                device: Any

                def apply(self, grad: Any) -> Any:
                    return (grad.to(self.device),)

            _transfer = ToCopyBackward0
        if source._view is not None:
            refresh_view(source)
        node = _transfer()
        node.edges = (source if source._node is None else source._node,)
        node.device = source._key.device
        result._requires_grad = True
        result._node = node
    return result


_transfer: Any = None

# Re-exported for annotation of errors raised by the methods above.
_ERRORS = (DTypeError, GradientError)
