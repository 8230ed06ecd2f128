"""Writing files that ``torch.load(weights_only=True)`` reads: zip archives, and the older stream of pickles.

The pickle is written opcode by opcode (protocol 2), as the classes it names live in PyTorch, not here. Of a storage
only the part that tensors show is stored; tensors that share memory share a storage in the file, too.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import numpy as np

from torchere import layouts
from torchere.devices import device as Device
from torchere.dtypes import DType, from_numpy_dtype
from torchere.exchange import memory_between
from torchere.layouts import strided
from torchere.load_options import skips_data
from torchere.pytorch_archive import ArchiveWriter
from torchere.pytorch_file import LEGACY_MAGIC, LEGACY_PROTOCOL
from torchere.size import Size
from torchere.storages import UntypedStorage, strides_in_elements
from torchere.stored_structure import _CPU, _MAX_DEPTH, _name_of, _place, _remedy, _sharing, _span, _Stored
from torchere.tensors.parameter import Parameter
from torchere.tensors.tensor import Tensor
from torchere.typed_storage import _CLASS_NAMES, TypedStorage

__all__ = ["prepare_legacy", "prepare_zip"]

Array = np.ndarray[Any, Any]


class _Global:
    """A name to write, ``module name``."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _Call:
    """A call to write: a name, its arguments, and a state for the result."""

    __slots__ = ("args", "function", "state")

    def __init__(self, function: str, *args: Any, state: Any = None) -> None:
        self.function, self.args, self.state = function, args, state


class _Persistent:
    """A storage to write, by its persistent id."""

    __slots__ = ("identity",)

    def __init__(self, identity: tuple[Any, ...]) -> None:
        self.identity = identity


class _Storages:
    """The storages of a file: arrays in groups that share memory."""

    def __init__(self, arrays: list[_Stored]) -> None:
        self.data: list[Array] = []
        #: Of an array: number of its storage, offset in bytes, dtype of the storage (None: bytes).
        self.of: dict[int, tuple[int, int, DType | None]] = {}
        self.elements: list[int] = []
        self.all_typed = True
        for group in _sharing(arrays):
            start, end = min(map(_span, group))[0], max(_span(stored)[1] for stored in group)
            dtype = _storage_dtype(group, start, end)
            number = len(self.data)
            for stored in group:
                offset = _span(stored)[0] - start if stored.memory is None and stored.array.size else 0
                self.of[id(stored)] = (number, offset, dtype)
            size = end - start if any(stored.array.size for stored in group) else 0
            self.data.append(memory_between(start, start + size, group) if size else np.empty(0, np.uint8))
            self.all_typed &= dtype is not None
            self.elements.append(size // (dtype.itemsize if dtype else 1))


def _storage_dtype(group: list[_Stored], start: int, end: int) -> DType | None:
    """The dtype of a storage class PyTorch has, if all tensors are of it; None for a storage of bytes."""
    found = {from_numpy_dtype(stored.array.dtype) for stored in group}
    dtype = found.pop()
    if any("untyped" in stored.node for stored in group):
        return None
    if found or dtype not in _CLASS_NAMES or any((_span(stored)[0] - start) % dtype.itemsize for stored in group):
        return None
    return dtype


class _Pickler:
    """Takes an object apart into opcodes. Without `storages` it only finds the arrays."""

    def __init__(self, obj: object, storages: _Storages | None, arrays: list[_Stored], legacy: bool) -> None:
        self._storages, self.arrays, self._legacy = storages, arrays, legacy
        self._parts: list[bytes] = [b"\x80\x02"]
        self._memo: dict[Any, int] = {}
        self._alive: list[Any] = []
        self._met = 0
        self._write(obj, ())
        self._parts.append(b".")

    @property
    def text(self) -> bytes:
        """The pickle."""
        return b"".join(self._parts)

    # --- memo ---

    def _remember(self, key: Any) -> None:
        number = self._memo[key] = len(self._memo)
        self._parts.append(b"q" + bytes((number,)) if number < 256 else b"r" + struct.pack("<I", number))

    def _again(self, key: Any) -> bool:
        number = self._memo.get(key)
        if number is None:
            return False
        self._parts.append(b"h" + bytes((number,)) if number < 256 else b"j" + struct.pack("<I", number))
        return True

    # --- values ---

    def _write(self, obj: Any, path: tuple[Any, ...]) -> None:
        kind = type(obj)
        parts = self._parts
        if obj is None or kind is bool:
            parts.append(b"N" if obj is None else b"\x88" if obj else b"\x89")
        elif kind is int:
            parts.append(_int(obj))
        elif kind is float:
            parts.append(b"G" + struct.pack(">d", obj))
        elif kind is str:
            self._text(obj)
        elif kind is _Global:
            self._global(obj.text)
        elif kind is DType:
            self._global(f"torch {obj.name}")
        elif kind is layouts.layout:
            self._call(_Call("torch.serialization _get_layout", str(obj)), path)
        elif kind is _Persistent:
            self._tuple(obj.identity, path)
            parts.append(b"Q")
        elif kind is _Call:
            self._call(obj, path)
        elif len(path) > _MAX_DEPTH:
            raise TypeError(
                f"save: cannot store an object nested more than {_MAX_DEPTH} levels deep, as {_place(path[:3])} is. "
                "Flatten it."
            )
        elif kind is tuple:
            if obj and self._again(id(obj)):
                return
            self._tuple(obj, path)
            if obj:
                self._keep(obj)
        elif not self._again(id(obj)):
            self._object(obj, kind, path)

    def _keep(self, obj: Any) -> None:
        self._alive.append(obj)  # its identity must stay its own
        self._remember(id(obj))

    def _text(self, text: str) -> None:
        if self._again(("text", text)):
            return
        data = text.encode("utf-8", "surrogatepass")
        self._parts.append(b"X" + struct.pack("<I", len(data)) + data)
        self._remember(("text", text))

    def _global(self, name: str) -> None:
        if not self._again(("global", name)):
            self._parts.append(b"c" + name.replace(" ", "\n").encode() + b"\n")
            self._remember(("global", name))

    def _tuple(self, items: Any, path: tuple[Any, ...]) -> None:
        if len(items) > 3:
            self._parts.append(b"(")
        for place, item in enumerate(items):
            self._write(item, (*path, place))
        self._parts.append((b")", b"\x85", b"\x86", b"\x87")[len(items)] if len(items) <= 3 else b"t")

    def _call(self, call: _Call, path: tuple[Any, ...]) -> None:
        self._global(call.function)
        if len(call.args) > 3:
            self._parts.append(b"(")
        for item in call.args:
            self._write(item, path)
        self._parts.append((b")", b"\x85", b"\x86", b"\x87")[len(call.args)] if len(call.args) <= 3 else b"t")
        self._parts.append(b"R")
        if call.state is not None:
            self._write(call.state, path)
            self._parts.append(b"b")

    def _object(self, obj: Any, kind: type, path: tuple[Any, ...]) -> None:
        if kind is list:
            self._parts.append(b"]")
            self._keep(obj)
            self._items(obj, path, b"e")
        elif kind is dict or kind is OrderedDict:
            if kind is dict:
                self._parts.append(b"}")
            else:
                self._call(_Call("collections OrderedDict"), path)
            self._keep(obj)
            self._pairs(obj, path)
            if kind is OrderedDict and vars(obj):
                self._write(dict(vars(obj)), path)
                self._parts.append(b"b")
        elif kind is UntypedStorage or kind is TypedStorage:
            self._write(self._storage(obj.untyped(), obj), path)
            self._keep(obj)
        else:
            self._write(self._reduced(obj, kind, path), path)
            self._keep(obj)

    def _items(self, items: Any, path: tuple[Any, ...], end: bytes) -> None:
        if items:
            self._parts.append(b"(")
            for place, item in enumerate(items):
                self._write(item, (*path, place))
            self._parts.append(end)

    def _pairs(self, mapping: Any, path: tuple[Any, ...]) -> None:
        if mapping:
            self._parts.append(b"(")
            for key, value in mapping.items():
                self._write(key, path)
                self._write(value, (*path, key))
            self._parts.append(b"u")

    def _reduced(self, obj: Any, kind: type, path: tuple[Any, ...]) -> _Call:
        """The call that makes `obj` again."""
        if kind is Tensor:
            return self._tensor(obj)
        if kind is Parameter:
            return _Call("torch._utils _rebuild_parameter", self._tensor(obj.data), obj.requires_grad, _NO_HOOKS)
        if isinstance(obj, (np.ndarray, np.generic)):
            return _numpy(obj, path)
        simple = _SIMPLE.get(kind)
        if simple is None:
            raise TypeError(f"save: cannot store {_place(path)}: it is a {_name_of(kind)}. {_remedy(obj)}")
        return simple(obj)

    # --- storages ---

    def _stored(self, array: Array, device: Device, memory: object) -> _Stored:
        """The array's entry: made in the first pass, found again in the second."""
        if self._storages is None:
            self.arrays.append(_Stored(array, "cpu" if device.type == "cpu" else _location(device), {}, memory))
        self._met += 1
        return self.arrays[self._met - 1]

    def _identity(self, stored: _Stored) -> tuple[_Persistent, int, DType | None]:
        """Persistent id of an array's storage, offset in it in bytes, and the storage's dtype."""
        if self._storages is None:
            return _Persistent(()), 0, None
        number, offset, dtype = self._storages.of[id(stored)]
        kind = _Global("torch.storage UntypedStorage" if dtype is None else f"torch {_CLASS_NAMES[dtype]}")
        identity = ("storage", kind, str(number), stored.name, self._storages.elements[number])
        return _Persistent((*identity, None) if self._legacy else identity), offset, dtype

    def _storage(self, untyped: UntypedStorage, obj: Any) -> _Persistent:
        data = untyped._memory.read()
        if isinstance(obj, TypedStorage):
            data = data[: data.size - data.size % obj.dtype.itemsize].view(obj.dtype.numpy)
        stored = self._stored(data, untyped.device, None)
        if obj is untyped:
            stored.node["untyped"] = True
        return self._identity(stored)[0]

    def _tensor(self, tensor: Any) -> _Call:
        if tensor.layout is not strided:
            return _sparse(tensor)
        array = tensor._key.backend.to_numpy(tensor._array)
        stored = self._stored(array, tensor.device, None if tensor.device is _CPU else tensor._array)
        array = stored.array
        storage, offset, dtype = self._identity(stored)
        strides = strides_in_elements(array)
        args = (storage, offset // array.itemsize, tuple(array.shape), strides, tensor.requires_grad, _NO_HOOKS)
        if dtype is not None:
            return _Call("torch._utils _rebuild_tensor_v2", *args)
        return _Call("torch._utils _rebuild_tensor_v3", *args, tensor.dtype)


_NO_HOOKS: Final = _Call("collections OrderedDict")


def _sparse(tensor: Any) -> _Call:
    """A sparse tensor: its layout and its parts, dense tensors."""
    tensor = tensor.detach()
    if tensor.is_sparse:
        parts: tuple[Any, ...] = (tensor._indices(), tensor._values(), tensor.shape, tensor.is_coalesced())
    elif tensor.layout.name in ("sparse_csr", "sparse_bsr"):
        parts = (tensor.crow_indices(), tensor.col_indices(), tensor.values(), tensor.shape)
    else:
        parts = (tensor.ccol_indices(), tensor.row_indices(), tensor.values(), tensor.shape)
    layout = _Call("torch.serialization _get_layout", str(tensor.layout))
    return _Call("torch._utils _rebuild_sparse_tensor", layout, parts)


def _location(device: Device) -> str:
    return f"{device.type}:{device.index or 0}"


def _numpy_dtype(dtype: np.dtype[Any], path: tuple[Any, ...]) -> _Call:
    if dtype.kind not in "biufc" or dtype.itemsize > 16 or dtype.char not in "?bBhHiIlLqQefdFD":
        raise TypeError(
            f"save: cannot store {_place(path)}, a NumPy object of dtype {dtype}. Convert it to a tensor, to numbers, "
            "or text to str."
        )
    order = "|" if dtype.itemsize == 1 else "<" if sys.byteorder == "little" else ">"
    return _Call("numpy dtype", dtype.str[1:], False, True, state=(3, order, None, None, None, -1, -1, 0))


def _numpy(obj: Any, path: tuple[Any, ...]) -> _Call:
    native = np.asarray(obj, np.asarray(obj).dtype.newbyteorder("="))
    dtype = _numpy_dtype(native.dtype, path)
    if isinstance(obj, np.generic):
        return _Call("numpy._core.multiarray scalar", dtype, native.tobytes())
    state = (1, tuple(native.shape), dtype, False, native.tobytes())
    return _Call("numpy._core.multiarray _reconstruct", _Global("numpy ndarray"), (0,), b"b", state=state)


def _int(number: int) -> bytes:
    if 0 <= number < 256:
        return b"K" + bytes((number,))
    if 0 <= number < 65536:
        return b"M" + struct.pack("<H", number)
    if -(2**31) <= number < 2**31:
        return b"J" + struct.pack("<i", number)
    data = pickle.encode_long(number)
    return b"\x8a" + bytes((len(data),)) + data if len(data) < 256 else b"\x8b" + struct.pack("<i", len(data)) + data


_SIMPLE: Final[dict[type, Callable[[Any], _Call]]] = {
    Size: lambda obj: _Call("torch Size", tuple(obj)),
    Device: lambda obj: _Call("torch device", *([obj.type] if obj.index is None else [obj.type, obj.index])),
    set: lambda obj: _Call("__builtin__ set", list(obj)),
    frozenset: lambda obj: _Call("__builtin__ frozenset", list(obj)),
    complex: lambda obj: _Call("__builtin__ complex", obj.real, obj.imag),
    bytes: lambda obj: _Call("_codecs encode", obj.decode("latin1"), "latin1"),
    bytearray: lambda obj: _Call("__builtin__ bytearray", obj.decode("latin1"), "latin-1"),
    range: lambda obj: _Call("__builtin__ xrange", obj.start, obj.stop, obj.step),
    slice: lambda obj: _Call("__builtin__ slice", obj.start, obj.stop, obj.step),
    Counter: lambda obj: _Call("collections Counter", dict(obj)),
}


def _taken_apart(obj: object, legacy: bool) -> tuple[bytes, _Storages]:
    """The pickle of an object, and its storages."""
    arrays: list[_Stored] = []
    _Pickler(obj, None, arrays, legacy)
    storages = _Storages(arrays)
    return _Pickler(obj, storages, arrays, legacy).text, storages


def prepare_zip(obj: object) -> Callable[[BinaryIO], None]:
    """A function that writes `obj` as an archive. TypeError, naming the place, for what cannot be stored."""
    text, storages = _taken_apart(obj, legacy=False)
    if skips_data():
        storages.data = [np.broadcast_to(np.uint8(0), len(data)) for data in storages.data]

    def write(stream: BinaryIO) -> None:
        archive = ArchiveWriter(stream)
        archive.write("data.pkl", text)
        archive.write(".format_version", b"1")
        archive.write(".storage_alignment", b"64")
        archive.write("byteorder", sys.byteorder.encode())
        for number, data in enumerate(storages.data):
            archive.write(f"data/{number}", np.ascontiguousarray(data))
        archive.write("version", b"3\n")
        archive.close()

    return write


def prepare_legacy(obj: object) -> Callable[[BinaryIO], None]:
    """A function that writes `obj` as the stream of PyTorch before version 1.6. TypeError as `prepare_zip`."""
    text, storages = _taken_apart(obj, legacy=True)
    if not storages.all_typed:
        raise TypeError(
            "save: PyTorch's older stream cannot hold unsigned integers beyond uint8, float8, storages of bytes and "
            "memory shared by tensors of different dtypes. Use the archive: save(obj, f, format='pytorch')."
        )
    system = {
        "protocol_version": LEGACY_PROTOCOL,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }

    def write(stream: BinaryIO) -> None:
        for part in (LEGACY_MAGIC, LEGACY_PROTOCOL, system):
            stream.write(pickle.dumps(part, protocol=2))
        stream.write(text)
        stream.write(pickle.dumps(list(map(str, range(len(storages.data)))), protocol=2))
        for count, data in zip(storages.elements, storages.data, strict=True):
            stream.write(struct.pack("<q", count))
            stream.write(data.data)

    return write
