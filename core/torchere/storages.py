"""The memory behind tensors as bytes, `UntypedStorage`, made when asked for.

Tensors hold arrays, not storages. A storage of a host tensor is a window on the memory of the array that owns it, so
writing through either shows in the other; tensors that share memory have the same storage object. A storage of another
device reads and writes through copies to the host.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.lib.array_utils import byte_bounds

from torchere import dtypes
from torchere.backend import backend_of
from torchere.devices import device as Device
from torchere.dtypes import DType
from torchere.exchange import memory_between
from torchere.layouts import strided

if TYPE_CHECKING:
    from torchere.typed_storage import TypedStorage

__all__ = [
    "CONVERSIONS",
    "UntypedStorage",
    "array_in_storage",
    "data_ptr",
    "owner_of",
    "storage_offset",
    "strides_in_elements",
    "typed_storage_of",
    "untyped_storage_of",
]

Array = np.ndarray[Any, Any]
_CPU: Final = Device("cpu")


# --- where an array lies -----------------------------------------------------------------------------------------


def owner_of(array: Array) -> Array:
    """The array whose memory `array` is a view of; itself if it is no view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def data_ptr(array: Array) -> int:
    """Address of the first element; 0 for an empty array."""
    return int(array.ctypes.data) if array.size else 0


def storage_offset(array: Array) -> int:
    """Elements from the start of the owner's memory to the first element."""
    if not array.size:
        return 0
    return (int(array.ctypes.data) - int(byte_bounds(owner_of(array))[0])) // array.itemsize


def strides_in_elements(array: Array) -> tuple[int, ...]:
    """Steps between neighbours of each dimension, as PyTorch counts them; row-major ones for an empty array."""
    if array.size:
        return tuple(step // array.itemsize for step in array.strides)
    strides, step = [], 1
    for length in reversed(array.shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))


# --- bytes -------------------------------------------------------------------------------------------------------


class _HostMemory:
    """Bytes of host memory, kept alive; `read` gives them live."""

    __slots__ = ("bytes", "fixed", "whole")
    device: ClassVar = _CPU

    def __init__(self, data: Array, fixed: bool) -> None:
        self.bytes, self.fixed = data, fixed
        #: What `bytes` began as, if it was shortened while tensors use the memory.
        self.whole = data

    def read(self) -> Array:
        return self.bytes

    def write(self, data: Array) -> None:
        if data is not self.bytes:
            self.bytes[...] = data

    def address(self) -> int:
        return data_ptr(self.bytes)


class _DeviceMemory:
    """An array of a device other than the host."""

    __slots__ = ("array", "device", "fixed")

    def __init__(self, array: Any, device: Device) -> None:
        self.array, self.device, self.fixed = array, device, True

    def read(self) -> Array:
        host = backend_of(self.device.type).to_numpy(self.array)
        return np.array(host, order="C").reshape(-1).view(np.uint8)

    def write(self, data: Array) -> None:
        backend = backend_of(self.device.type)
        host = data.view(backend.dtype_of(self.array).numpy).reshape(self.array.shape)
        backend.copy_into(self.array, backend.from_numpy(host, self.device.index))

    def address(self) -> int:
        return backend_of(self.device.type).data_ptr(self.array)


_Memory = _HostMemory | _DeviceMemory

#: Storages in use, by the identity of the array that owns their memory.
_of_owner: WeakValueDictionary[int, UntypedStorage] = WeakValueDictionary()


class UntypedStorage:
    """A block of bytes. ``UntypedStorage(8)`` is uninitialised, ``UntypedStorage([1, 2])`` holds two bytes.

    Items are ints 0…255. Storages of tensors cannot be resized, as the tensors' arrays hold on to the memory.
    """

    __slots__ = ("__weakref__", "_filename", "_memory", "_owner")
    is_sparse: ClassVar = False
    is_sparse_csr: ClassVar = False

    def __init__(self, size: int | Sequence[int] = 0, /, *, device: Any = None) -> None:
        if isinstance(size, (int, np.integer)):
            if size < 0:
                raise RuntimeError(f"UntypedStorage: expected a size of 0 or more bytes, got {size}.")
            data = np.empty(int(size), np.uint8)
        else:
            data = _as_bytes(size)
        self._owner: object = None
        self._filename: str | None = None
        self._memory: _Memory = _HostMemory(data, False)
        target = _CPU if device is None else Device(device)
        if target.type != "cpu":
            backend = backend_of(target.type)
            self._memory = _DeviceMemory(backend.from_numpy(data, target.index), target)

    @classmethod
    def _of(cls, memory: _Memory, owner: object) -> UntypedStorage:
        self = object.__new__(cls)
        self._memory, self._owner, self._filename = memory, owner, None
        return self

    @staticmethod
    def from_buffer(buffer: Any, *, byte_order: str = "native", dtype: DType = dtypes.uint8) -> UntypedStorage:
        """The bytes of an object with the buffer protocol, copied, and swapped if `byte_order` is not the machine's."""
        storage = UntypedStorage._of(_HostMemory(np.frombuffer(buffer, np.uint8).copy(), False), None)
        if byte_order not in ("native", "little", "big"):
            raise ValueError(f"invalid byte_order '{byte_order}'. Use 'native', 'little' or 'big'.")
        if byte_order == ("big" if np.little_endian else "little"):
            storage.byteswap(dtype)
        return storage

    @staticmethod
    def from_file(filename: str | os.PathLike[str], shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The first `nbytes` of a file, mapped; with `shared` writes go to the file, which is made if need be."""
        path = os.fspath(filename)
        if shared:
            with open(path, "a+b") as stream:
                if os.fstat(stream.fileno()).st_size < nbytes:
                    stream.truncate(nbytes)
        if not nbytes:
            return UntypedStorage(0)
        size = os.stat(path).st_size
        if size < nbytes:
            raise RuntimeError(f"file <{path}> size <{size}> is smaller than the required mapping size <{nbytes}>")
        data = np.memmap(path, np.uint8, mode="r+" if shared else "c", shape=(nbytes,))
        storage = UntypedStorage._of(_HostMemory(data.view(np.ndarray), True), data)
        storage._filename = path
        return storage

    @property
    def filename(self) -> str | None:
        """The file it maps; None for ordinary memory."""
        return self._filename

    # --- what it is ---

    @property
    def device(self) -> Device:
        """Where the bytes are."""
        return self._memory.device

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a CUDA device."""
        return self.device.type == "cuda"

    def nbytes(self) -> int:
        """Number of bytes."""
        memory = self._memory
        return memory.bytes.size if isinstance(memory, _HostMemory) else int(memory.array.nbytes)

    def size(self) -> int:
        """Number of bytes."""
        return self.nbytes()

    __len__ = nbytes

    def element_size(self) -> int:
        """1: items are bytes."""
        return 1

    def data_ptr(self) -> int:
        """Address of the first byte; 0 if there is none."""
        return self._memory.address()

    def get_device(self) -> int:
        """The device's index; -1 on the cpu."""
        return -1 if self.device.type == "cpu" else (self.device.index or 0)

    def resizable(self) -> bool:
        """Whether `resize_` is possible: not while tensors hold on to the memory."""
        return not self._memory.fixed

    def is_pinned(self, device: Any = "cuda") -> bool:
        """False: no memory is page-locked."""
        return False

    def is_shared(self) -> bool:
        """False: the memory belongs to this process."""
        return False

    def __repr__(self) -> str:
        rows = "".join(f" {value}\n" for value in self.tolist())
        return f"{rows}[torch.storage.UntypedStorage(device={self.device}) of size {self.nbytes()}]"

    # --- elements ---

    def _index(self, index: Any) -> slice:
        size = self.nbytes()
        if isinstance(index, slice):
            start, stop, step = index.indices(size)
            if step != 1:
                raise RuntimeError(f"Trying to slice with a step of {step}, but only a step of 1 is supported")
            return slice(start, max(start, stop))
        try:
            place = operator.index(index)
        except TypeError:
            raise TypeError(f"can't index a torch.UntypedStorage with {type(index).__name__}") from None
        if not -size <= place < size:
            raise IndexError(f"index {place} out of range for storage of size {size}")
        return slice(place % size, place % size + 1)

    def __getitem__(self, index: Any) -> Any:
        chosen = self._index(index)
        data = self._memory.read()[chosen]
        if isinstance(index, slice):
            return UntypedStorage._of(_HostMemory(data, True), self)
        return int(data[0])

    def __setitem__(self, index: Any, value: Any) -> None:
        chosen = self._index(index)
        data = self._memory.read()
        data[chosen] = _as_byte(value)
        self._memory.write(data)

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def tolist(self) -> list[int]:
        """The bytes as ints."""
        return self._memory.read().tolist()  # type: ignore[no-any-return]

    def fill_(self, value: int) -> UntypedStorage:
        """Set every byte."""
        data = self._memory.read()
        data[...] = _as_byte(value)
        self._memory.write(data)
        return self

    def copy_(self, source: Any, non_blocking: bool | None = None) -> UntypedStorage:
        """Take the bytes of another storage of the same size (RuntimeError otherwise)."""
        other: UntypedStorage = source.untyped()
        if other.nbytes() != self.nbytes():
            raise RuntimeError(
                f"size does not match, self was {self.nbytes()} bytes but src was {other.nbytes()} bytes"
            )
        self._memory.write(other._memory.read())
        return self

    def byteswap(self, dtype: DType) -> None:
        """Reverse the byte order of elements of `dtype` (of the parts of complex ones), in place."""
        itemsize = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
        data = self._memory.read()
        if itemsize > 1:
            whole = data[: data.size - data.size % itemsize].reshape(-1, itemsize)
            whole[...] = whole[:, ::-1].copy()
        self._memory.write(data)

    def resize_(self, size: int) -> UntypedStorage:
        """Change the size; new bytes are uninitialised.

        The storage of a tensor can shrink, and grow to what it was, but its memory is not given back while the tensor
        lives; more is a RuntimeError, because arrays cannot follow their memory elsewhere.
        """
        memory = self._memory
        if size < 0:
            raise RuntimeError(f"resize_: expected a size of 0 or more bytes, got {size}.")
        if isinstance(memory, _HostMemory) and memory.fixed and size <= memory.whole.size:
            memory.bytes = memory.whole[:size]
            return self
        if memory.fixed or not isinstance(memory, _HostMemory):
            raise RuntimeError(
                "Trying to resize storage that is not resizable: tensors use its memory. "
                "Copy it first: storage.clone()."
            )
        grown = np.empty(size, np.uint8)
        kept = min(size, memory.bytes.size)
        grown[:kept] = memory.bytes[:kept]
        memory.bytes = memory.whole = grown
        return self

    # --- copies ---

    def clone(self) -> UntypedStorage:
        """A copy on the same device."""
        memory = self._memory
        if isinstance(memory, _DeviceMemory):
            copy = backend_of(memory.device.type).on_device(memory.array, memory.device.index)
            return UntypedStorage._of(_DeviceMemory(copy, memory.device), None)
        return UntypedStorage._of(_HostMemory(memory.bytes.copy(), False), None)

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        found: UntypedStorage = memo.setdefault(id(self), None) or self.clone()
        memo[id(self)] = found
        return found

    def __copy__(self) -> UntypedStorage:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        return _storage_of_bytes, (self._memory.read().tobytes(),)

    def new(self) -> UntypedStorage:
        """An empty storage on the same device."""
        return UntypedStorage(0, device=self.device)

    def cpu(self) -> UntypedStorage:
        """This storage if it is on the host, else a copy there."""
        if self.device.type == "cpu":
            return self
        return UntypedStorage._of(_HostMemory(self._memory.read(), False), None)

    def to(self, *, device: Any, non_blocking: bool = False) -> UntypedStorage:
        """This storage if it is on `device`, else a copy there."""
        target = Device(device)
        if target.type == self.device.type and target.index in (None, self.device.index):
            return self
        return UntypedStorage(self._memory.read(), device=target)  # type: ignore[arg-type]

    def cuda(self, device: Any = None, non_blocking: bool = False) -> UntypedStorage:
        """This storage on a CUDA device."""
        return self.to(device="cuda" if device is None else device)

    def pin_memory(self, device: Any = "cuda") -> UntypedStorage:
        """The storage itself: no memory is page-locked."""
        return self

    def share_memory_(self) -> UntypedStorage:
        """The storage itself: accepted for PyTorch's sake."""
        return self

    def untyped(self) -> UntypedStorage:
        """The storage itself."""
        return self

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The name of the type, or the bytes' values converted to a dtype."""
        return "torch.storage.UntypedStorage" if dtype is None else self._as(dtype)

    def _as(self, dtype: DType) -> TypedStorage:
        from torchere.typed_storage import TypedStorage

        values = self._memory.read().astype(dtype.numpy)
        return TypedStorage(
            wrap_storage=UntypedStorage._of(_HostMemory(values.view(np.uint8), False), None), dtype=dtype
        )


def _as_byte(value: Any) -> int:
    """A byte from an int, which wraps around as in PyTorch."""
    try:
        return operator.index(value) & 0xFF
    except TypeError:
        raise RuntimeError(
            f"can only set storage content with a int types, but got {type(value).__name__} instead"
        ) from None


def _as_bytes(items: Any) -> Array:
    if isinstance(items, np.ndarray) and items.dtype == np.uint8:
        return items.copy()
    data = np.empty(len(items), np.uint8)
    for place, item in enumerate(items):
        try:
            data[place] = operator.index(item) & 0xFF
        except TypeError:
            raise RuntimeError(
                f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(items).__name__}), but "
                f"one of the items was of type {type(item).__name__} instead of int"
            ) from None
    return data


def _storage_of_bytes(data: bytes) -> UntypedStorage:
    return UntypedStorage.from_buffer(data) if data else UntypedStorage(0)


#: Names of the conversion methods of storages.
CONVERSIONS: Final = {
    "double": dtypes.float64,
    "float": dtypes.float32,
    "half": dtypes.float16,
    "bfloat16": dtypes.bfloat16,
    "long": dtypes.int64,
    "int": dtypes.int32,
    "short": dtypes.int16,
    "char": dtypes.int8,
    "byte": dtypes.uint8,
    "bool": dtypes.bool_,
    "complex_double": dtypes.complex128,
    "complex_float": dtypes.complex64,
    "float8_e5m2": dtypes.float8_e5m2,
    "float8_e4m3fn": dtypes.float8_e4m3fn,
    "float8_e5m2fnuz": dtypes.float8_e5m2fnuz,
    "float8_e4m3fnuz": dtypes.float8_e4m3fnuz,
}


def add_conversions(storage_class: type) -> None:
    """Give a storage class the methods ``float()``, ``int()`` …"""
    for name, dtype in CONVERSIONS.items():

        def convert(self: Any, dtype: DType = dtype) -> TypedStorage:
            return self._as(dtype)  # type: ignore[no-any-return]

        convert.__name__ = name
        convert.__doc__ = f"The values of the items converted to {dtype!r}, in new memory."
        setattr(storage_class, name, convert)


add_conversions(UntypedStorage)


# --- storages of tensors -----------------------------------------------------------------------------------------


def untyped_storage_of(tensor: Any) -> UntypedStorage:
    """``Tensor.untyped_storage()``: the same object for all tensors that share memory."""
    array = tensor._array
    if tensor.layout is not strided:
        raise NotImplementedError(
            f"Cannot access storage of a tensor of layout {tensor.layout}: ask its parts, "
            "x._values().untyped_storage()."
        )
    on_host = isinstance(array, np.ndarray) and tensor.device.type == "cpu"
    owner = owner_of(array) if on_host else array
    storage = _of_owner.get(id(owner))
    if storage is None:
        memory: _Memory
        if on_host:
            start, end = byte_bounds(owner) if owner.size else (0, 0)
            empty = np.empty(0, np.uint8)
            memory = _HostMemory(memory_between(int(start), int(end), owner) if owner.size else empty, True)
        else:
            memory = _DeviceMemory(array, tensor.device)
        storage = _of_owner[id(owner)] = UntypedStorage._of(memory, owner)
    return storage


def typed_storage_of(tensor: Any) -> TypedStorage:
    """``Tensor.storage()``: the whole memory behind a tensor as elements of its dtype."""
    from torchere.typed_storage import TypedStorage

    return TypedStorage(wrap_storage=untyped_storage_of(tensor), dtype=tensor.dtype)


def array_in_storage(
    storage: UntypedStorage, dtype: DType, offset: int, shape: Sequence[int], strides: Sequence[int]
) -> Array:
    """A host array over a storage's memory, as ``Tensor.set_`` needs; `offset` and `strides` in elements.

    From then on the storage cannot be resized. RuntimeError if the array would leave the storage.
    """
    memory = storage._memory
    if not isinstance(memory, _HostMemory):
        raise RuntimeError(f"expected a storage on the cpu, got one on {memory.device}. Use storage.cpu().")
    itemsize = dtype.itemsize
    needed = 0
    if 0 not in shape:
        needed = (offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + 1) * itemsize
    if needed > memory.bytes.size or offset < 0 or any(step < 0 for step in strides):
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize "
            f"{itemsize} requiring a storage size of {needed} are out of bounds for storage of size "
            f"{memory.bytes.size}"
        )
    memory.fixed = True
    if not needed:
        return np.empty(tuple(shape), dtype.numpy)
    steps = tuple(step * itemsize for step in strides)
    array: Array = np.ndarray(tuple(shape), dtype.numpy, memory.bytes, offset * itemsize, steps)
    _of_owner.setdefault(id(owner_of(array)), storage)
    return array
