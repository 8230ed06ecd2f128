"""The memory behind tensors as elements, `TypedStorage`, and its old names by dtype, ``FloatStorage`` …"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final

import numpy as np

from torchere import dtypes
from torchere.devices import device as Device
from torchere.dtypes import DType
from torchere.promotion import get_default_dtype
from torchere.storages import UntypedStorage, add_conversions

__all__ = [
    "BFloat16Storage",
    "BoolStorage",
    "ByteStorage",
    "CharStorage",
    "ComplexDoubleStorage",
    "ComplexFloatStorage",
    "DoubleStorage",
    "FloatStorage",
    "HalfStorage",
    "IntStorage",
    "LongStorage",
    "QInt8Storage",
    "QInt32Storage",
    "QUInt2x4Storage",
    "QUInt4x2Storage",
    "QUInt8Storage",
    "ShortStorage",
    "Storage",
    "TypedStorage",
]

Array = np.ndarray[Any, Any]

#: PyTorch's names of storages by dtype.
_CLASS_NAMES: Final = {
    dtypes.float64: "DoubleStorage",
    dtypes.float32: "FloatStorage",
    dtypes.float16: "HalfStorage",
    dtypes.bfloat16: "BFloat16Storage",
    dtypes.int64: "LongStorage",
    dtypes.int32: "IntStorage",
    dtypes.int16: "ShortStorage",
    dtypes.int8: "CharStorage",
    dtypes.uint8: "ByteStorage",
    dtypes.bool_: "BoolStorage",
    dtypes.complex128: "ComplexDoubleStorage",
    dtypes.complex64: "ComplexFloatStorage",
    dtypes.quint8: "QUInt8Storage",
    dtypes.qint8: "QInt8Storage",
    dtypes.qint32: "QInt32Storage",
    dtypes.quint4x2: "QUInt4x2Storage",
    dtypes.quint2x4: "QUInt2x4Storage",
}


class TypedStorage:
    """A block of elements of one dtype: ``TypedStorage([1.0, 2.0], dtype=torch.float32)``, ``TypedStorage(3)``.

    `wrap_storage` takes the bytes of an `UntypedStorage`. PyTorch has deprecated this class (and warns; this does not).
    """

    __slots__ = ("__weakref__", "_storage", "dtype")
    is_sparse: ClassVar = False

    def __init__(
        self,
        size: int | Iterable[Any] = 0,
        /,
        *,
        wrap_storage: UntypedStorage | None = None,
        dtype: DType | None = None,
        device: Any = None,
    ) -> None:
        if wrap_storage is not None and dtype is None:
            raise RuntimeError("TypedStorage: argument 'dtype' must be given with wrap_storage")
        self.dtype = dtype or get_default_dtype()
        if wrap_storage is not None:
            self._storage = wrap_storage
        elif isinstance(size, (int, np.integer)):
            self._storage = UntypedStorage(int(size) * self.dtype.itemsize, device=device)
        else:
            values = np.array(list(size)).astype(self.dtype.numpy).reshape(-1)
            self._storage = UntypedStorage(values.view(np.uint8), device=device)  # type: ignore[arg-type]

    @classmethod
    def from_buffer(cls, buffer: Any, *, byte_order: str = "native", dtype: DType | None = None) -> TypedStorage:
        """The elements of an object with the buffer protocol, copied."""
        kind = dtype or get_default_dtype()
        return cls(wrap_storage=UntypedStorage.from_buffer(buffer, byte_order=byte_order, dtype=kind), dtype=kind)

    def _elements(self) -> Array:
        data = self._storage._memory.read()
        itemsize = self.dtype.itemsize
        return data[: data.size - data.size % itemsize].view(self.dtype.numpy)

    @property
    def device(self) -> Device:
        """Where the elements are."""
        return self._storage.device

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a CUDA device."""
        return self._storage.is_cuda

    def untyped(self) -> UntypedStorage:
        """The bytes."""
        return self._storage

    def nbytes(self) -> int:
        """Number of bytes."""
        return self._storage.nbytes()

    def size(self) -> int:
        """Number of elements."""
        return self._storage.nbytes() // self.dtype.itemsize

    __len__ = size

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        """Address of the first element."""
        return self._storage.data_ptr()

    def get_device(self) -> int:
        """The device's index; -1 on the cpu."""
        return self._storage.get_device()

    @property
    def filename(self) -> str | None:
        """The file it maps; None for ordinary memory."""
        return self._storage.filename

    @classmethod
    def from_file(
        cls, filename: str, shared: bool = False, size: int = 0, *, dtype: DType | None = None
    ) -> TypedStorage:
        """The first `size` elements of a file, mapped; with `shared` writes go to the file."""
        kind = dtype or get_default_dtype()
        return cls(wrap_storage=UntypedStorage.from_file(filename, shared, size * kind.itemsize), dtype=kind)

    def resizable(self) -> bool:
        """Whether `resize_` is possible."""
        return self._storage.resizable()

    def is_pinned(self, device: Any = "cuda") -> bool:
        """False: no memory is page-locked."""
        return False

    def is_shared(self) -> bool:
        """False: the memory belongs to this process."""
        return False

    def __repr__(self) -> str:
        rows = "".join(f" {value}\n" for value in self.tolist())
        return f"{rows}[torch.storage.TypedStorage(dtype={self.dtype!r}, device={self.device}) of size {self.size()}]"

    def _index(self, index: Any) -> int:
        size = self.size()
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        try:
            place = operator.index(index)
        except TypeError:
            raise TypeError(f"can't index a torch.TypedStorage with {type(index).__name__}") from None
        if not -size <= place < size:
            raise IndexError(f"index {place} out of range for storage of size {size}")
        return place

    def __getitem__(self, index: Any) -> Any:
        return self.dtype.python_type(self._elements()[self._index(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        elements = self._elements()
        elements[index if isinstance(index, slice) else self._index(index)] = value
        self._storage._memory.write(elements.view(np.uint8))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return list(map(self.dtype.python_type, self._elements()))

    def fill_(self, value: Any) -> TypedStorage:
        """Set every element."""
        self[:] = value
        return self

    def copy_(self, source: TypedStorage, non_blocking: bool | None = None) -> TypedStorage:
        """Take the elements, converted, of another storage with as many (RuntimeError otherwise)."""
        if source.size() != self.size():
            raise RuntimeError(f"size does not match, self has {self.size()} elements but src has {source.size()}")
        self[:] = source._elements().astype(self.dtype.numpy)
        return self

    def resize_(self, size: int) -> None:
        """Change the number of elements. RuntimeError for the storage of a tensor."""
        self._storage.resize_(size * self.dtype.itemsize)

    def clone(self) -> TypedStorage:
        """A copy on the same device."""
        return TypedStorage(wrap_storage=self._storage.clone(), dtype=self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> TypedStorage:
        return TypedStorage(wrap_storage=self._storage.__deepcopy__(memo), dtype=self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return _typed_of, (self._storage, self.dtype)

    def cpu(self) -> TypedStorage:
        """The elements on the host."""
        return TypedStorage(wrap_storage=self._storage.cpu(), dtype=self.dtype)

    def to(self, *, device: Any, non_blocking: bool = False) -> TypedStorage:
        """The elements on `device`."""
        return TypedStorage(wrap_storage=self._storage.to(device=device), dtype=self.dtype)

    def cuda(self, device: Any = None, non_blocking: bool = False) -> TypedStorage:
        """The elements on a CUDA device."""
        return TypedStorage(wrap_storage=self._storage.cuda(device), dtype=self.dtype)

    def pin_memory(self, device: Any = "cuda") -> TypedStorage:
        """The storage itself: no memory is page-locked."""
        return self

    def share_memory_(self) -> TypedStorage:
        """The storage itself: accepted for PyTorch's sake."""
        return self

    def type(self, dtype: DType | None = None, non_blocking: bool = False) -> Any:
        """The name of the type, ``torch.FloatStorage``, or the elements converted to a dtype."""
        return f"torch.{self.pickle_storage_type()}" if dtype is None else self._as(dtype)

    def pickle_storage_type(self) -> str:
        """PyTorch's name of the class: ``FloatStorage``. KeyError for dtypes that never had one."""
        return _CLASS_NAMES[self.dtype]

    def _as(self, dtype: DType) -> TypedStorage:
        return TypedStorage(self._elements().astype(dtype.numpy), dtype=dtype)


def _typed_of(storage: UntypedStorage, dtype: DType) -> TypedStorage:
    return TypedStorage(wrap_storage=storage, dtype=dtype)


add_conversions(TypedStorage)


class _OfDtype(type):
    """The class of ``FloatStorage`` and its like, which make typed storages and recognise them."""

    dtype: DType

    def __call__(cls, *args: Any, **kwargs: Any) -> TypedStorage:
        return TypedStorage(*args, dtype=cls.dtype, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype

    def from_buffer(cls, buffer: Any, *, byte_order: str = "native") -> TypedStorage:
        """The elements of an object with the buffer protocol, copied."""
        return TypedStorage.from_buffer(buffer, byte_order=byte_order, dtype=cls.dtype)

    def from_file(cls, filename: str, shared: bool = False, size: int = 0) -> TypedStorage:
        """The first `size` elements of a file, mapped; with `shared` writes go to the file."""
        return TypedStorage.from_file(filename, shared, size, dtype=cls.dtype)


def _of_dtype(dtype: DType) -> _OfDtype:
    text = f"`TypedStorage` of {dtype!r} elements."
    return _OfDtype(_CLASS_NAMES[dtype], (), {"dtype": dtype, "__doc__": text, "__module__": __name__})


DoubleStorage = _of_dtype(dtypes.float64)
FloatStorage = _of_dtype(dtypes.float32)
HalfStorage = _of_dtype(dtypes.float16)
BFloat16Storage = _of_dtype(dtypes.bfloat16)
LongStorage = _of_dtype(dtypes.int64)
IntStorage = _of_dtype(dtypes.int32)
ShortStorage = _of_dtype(dtypes.int16)
CharStorage = _of_dtype(dtypes.int8)
ByteStorage = _of_dtype(dtypes.uint8)
BoolStorage = _of_dtype(dtypes.bool_)
ComplexDoubleStorage = _of_dtype(dtypes.complex128)
ComplexFloatStorage = _of_dtype(dtypes.complex64)
QUInt8Storage = _of_dtype(dtypes.quint8)
QInt8Storage = _of_dtype(dtypes.qint8)
QInt32Storage = _of_dtype(dtypes.qint32)
QUInt4x2Storage = _of_dtype(dtypes.quint4x2)
QUInt2x4Storage = _of_dtype(dtypes.quint2x4)
#: The deprecated name of the class for the default dtype PyTorch starts with.
Storage = FloatStorage
