"""Reading what ``torch.save`` wrote: zip archives, and the stream of pickles PyTorch wrote before version 1.6.

No code of a file runs (`torchere.restricted_pickle`). The names a file may use are those of ``torch.load`` with
``weights_only=True``, and NumPy's arrays and numbers, frozenset, range, slice. Tensors that share a storage in the
file share memory.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import numpy as np

from torchere import layouts
from torchere.backend import key_for
from torchere.devices import device as Device
from torchere.dtypes import DTYPES, DType, from_numpy_dtype
from torchere.errors import DeviceError, FileFormatError
from torchere.load_options import default_byte_order, mapping_is_shared, skips_data
from torchere.pytorch_archive import ArchiveReader
from torchere.restricted_pickle import Constructor, RestrictedUnpickler, Stateful, _check_key
from torchere.safetensors_file import _read_into
from torchere.size import Size
from torchere.storages import UntypedStorage, _HostMemory
from torchere.stored_structure import _check_map_location
from torchere.tensors.parameter import Parameter
from torchere.tensors.tensor import Tensor, wrap
from torchere.typed_storage import _CLASS_NAMES, TypedStorage

__all__ = ["LEGACY_MAGIC", "LEGACY_PROTOCOL", "is_legacy", "is_zip", "load_legacy", "load_zip"]

Array = np.ndarray[Any, Any]
_CPU: Final = Device("cpu")

#: What the stream format begins with: two pickled numbers.
LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL: Final = 1001

_DAMAGED: Final = (
    ValueError, TypeError, RuntimeError, KeyError, IndexError, AttributeError, OverflowError, StopIteration,
    RecursionError, EOFError, pickle.UnpicklingError, ArithmeticError,
    Warning,  # of an invalid escape sequence, where the program turns warnings into errors
)  # fmt: skip


def is_zip(start: bytes) -> bool:
    """Whether a file with these first bytes is a zip archive."""
    return start.startswith(b"PK\x03\x04")


def is_legacy(start: bytes) -> bool:
    """Whether a file with these first bytes is a pickle."""
    return len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5


# --- names a file may use ----------------------------------------------------------------------------------------


class _StorageKind:
    """``torch.FloatStorage`` and its like; `dtype` is None for bytes."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: DType | None) -> None:
        self.dtype = dtype


class _NumpyDtype(Stateful):
    """``numpy.dtype`` as pickled: a code, then the byte order."""

    __slots__ = ("numpy",)

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str):
            raise ValueError("the code of a NumPy dtype is no text")
        found = np.dtype(code)
        from_numpy_dtype(found.newbyteorder("="))
        self.numpy = found

    def restore_state(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] == ">":
            self.numpy = self.numpy.newbyteorder(">")


def _numpy_scalar(dtype: Any, data: Any) -> Any:
    if not isinstance(dtype, _NumpyDtype) or not isinstance(data, (bytes, str)):
        raise ValueError("a NumPy number without dtype and bytes")
    (number,) = np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype.numpy)
    return number.astype(dtype.numpy.newbyteorder("="))


class _NumpyArray(Stateful):
    """Stands for an array until `_plain_arrays`: the pickle makes it before it has its contents."""

    __slots__ = ("contents",)

    def __init__(self, *_: Any) -> None:
        self.contents: Array | None = None

    def restore_state(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        if not isinstance(dtype, _NumpyDtype) or not isinstance(data, (bytes, str)):
            raise ValueError("a NumPy array of objects")
        flat = np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype.numpy)
        native = flat.astype(dtype.numpy.newbyteorder("="))
        self.contents = native.reshape(_numbers(shape), order="F" if fortran else "C")


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise ValueError("wrong arguments of _codecs.encode")
    return text.encode(encoding)


def _byte_array(data: Any = b"", encoding: Any = "latin1") -> bytearray:
    if not isinstance(data, (bytes, str)):  # a number would reserve that much memory
        raise ValueError("wrong arguments of bytearray")
    return bytearray(_encode(data, encoding) if isinstance(data, str) else data)


def _items(kind: type) -> Callable[..., Any]:
    def make(items: Any = ()) -> Any:
        if not isinstance(items, (list, tuple, dict)):
            raise ValueError(f"wrong arguments of {kind.__name__}")
        for item in items:
            _check_key(item)
        return kind(items)

    return make


def _ordered(pairs: Any = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((_check_key(key), value) for key, value in (pairs if isinstance(pairs, list) else []))


def _numbers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, (tuple, list)) or not all(type(n) is int and 0 <= n < 2**63 for n in values):
        raise ValueError(f"no sizes: {values!r:.100}")
    return tuple(values)


_SPARSE_LAYOUTS = (
    layouts.sparse_coo,
    layouts.sparse_csr,
    layouts.sparse_csc,
    layouts.sparse_bsr,
    layouts.sparse_bsc,
)


def _layout(name: Any) -> Any:
    return {str(item): item for item in (layouts.strided, *_SPARSE_LAYOUTS)}[name]


_PLAIN_NAMES: Final[dict[str, Any]] = {
    "collections.OrderedDict": Constructor("OrderedDict", _ordered),
    "collections.Counter": Constructor("Counter", _items(Counter)),
    "builtins.set": Constructor("set", _items(set)),
    "builtins.frozenset": Constructor("frozenset", _items(frozenset)),
    "builtins.complex": Constructor("complex", lambda real, imag=0.0: complex(float(real), float(imag))),
    "builtins.bytearray": Constructor("bytearray", _byte_array),
    "builtins.bytes": Constructor("bytes", lambda *args: bytes(_byte_array(*args))),
    "builtins.xrange": Constructor("range", range),
    "builtins.range": Constructor("range", range),
    "builtins.slice": Constructor("slice", slice),
    "_codecs.encode": Constructor("encode", _encode),
    "torch.Size": Constructor("Size", lambda sizes=(): Size(_numbers(sizes))),
    "torch.device": Constructor("device", Device),
    "torch.serialization._get_layout": Constructor("_get_layout", _layout),
    "torch.storage.UntypedStorage": _StorageKind(None),
    "numpy.dtype": Constructor("dtype", _NumpyDtype),
    "numpy.ndarray": Constructor("ndarray", _NumpyArray),
    **{f"torch.{item.name}": item for item in DTYPES},
    **{f"torch.{name}": _StorageKind(item) for item, name in _CLASS_NAMES.items()},
    **{
        f"numpy.{core}.multiarray.{name}": Constructor(name, function)
        for core in ("core", "_core")
        for name, function in (("scalar", _numpy_scalar), ("_reconstruct", _NumpyArray))
    },
    **{
        f"numpy.dtypes.{name}DType": Constructor("dtype", lambda code=code: _NumpyDtype(code))
        for name, code in (
            ("Bool", "?"), ("Int8", "b"), ("UInt8", "B"), ("Int16", "h"), ("UInt16", "H"), ("Int32", "i"),
            ("UInt32", "I"), ("Int64", "l"), ("UInt64", "L"), ("Float16", "e"), ("Float32", "f"), ("Float64", "d"),
            ("Complex64", "F"), ("Complex128", "D"),
        )
    },
}  # fmt: skip

#: What PyTorch pickles for tensors this reader has no form for.
_OTHER_TENSORS: Final = {
    "_rebuild_qtensor": "a quantized tensor",
    "_rebuild_nested_tensor": "a nested tensor",
    "_rebuild_meta_tensor_no_storage": "a tensor without data (meta)",
    "_rebuild_mkldnn_tensor": "an MKL-DNN tensor",
    "_rebuild_device_tensor_from_numpy": "a tensor of another device",
    "_rebuild_device_tensor_from_cpu_tensor": "a tensor of another device",
    "_rebuild_wrapper_subclass": "a tensor subclass",
}


# --- loading -----------------------------------------------------------------------------------------------------


def allowed_names() -> set[str]:
    """The names ``module.name`` a file may use without anybody vouching for them."""
    return set(_Loader("", None, lambda key, size: np.empty(0, np.uint8), False).table)


class _Loader:
    """Makes tensors of storages. `fetch` gives the bytes of a storage by its key and expected size."""

    def __init__(self, name: str, map_location: Any, fetch: Callable[[str, int], Array], swap: bool) -> None:
        self.name, self._fetch, self._swap = name, fetch, swap
        self._map_location = _check_map_location(map_location)
        if isinstance(map_location, str):
            self._map_location = Device(map_location)
        self._storages: dict[str, Any] = {}
        self._targets: dict[int, Device] = {}
        self._flat: dict[tuple[int, str], Tensor] = {}
        self._foreign_error: BaseException | None = None
        self.table = dict(_PLAIN_NAMES)
        for name_, function in (
            ("_utils._rebuild_tensor", self._rebuild_tensor),
            ("_utils._rebuild_tensor_v2", self._rebuild_tensor),
            ("_utils._rebuild_tensor_v3", self._rebuild_tensor_v3),
            ("_utils._rebuild_sparse_tensor", _rebuild_sparse_tensor),
            ("_utils._rebuild_sparse_csr_tensor", _rebuild_sparse_tensor),
            ("_utils._rebuild_parameter", self._rebuild_parameter),
            ("_utils._rebuild_parameter_with_state", self._rebuild_parameter),
            ("_tensor._rebuild_from_type_v2", self._rebuild_from_type),
            ("_tensor._rebuild_from_type", self._rebuild_from_type),
        ):
            self.table[f"torch.{name_}"] = Constructor(name_, function)
        for name_, description in _OTHER_TENSORS.items():
            self.table[f"torch._utils.{name_}"] = Constructor(name_, self._refuse(description))
        self.table["torch.Tensor"] = Tensor
        self.table["torch.nn.parameter.Parameter"] = Constructor("Parameter", self._rebuild_parameter)

    def _refuse(self, description: str) -> Callable[..., Any]:
        def refuse(*_: Any) -> Any:
            raise FileFormatError(
                f"{self.name}: holds {description}, which cannot be loaded. Store it dense: x.to_dense() or "
                "x.dequantize()."
            )

        return refuse

    def unpickle(self, stream: BinaryIO) -> Any:
        """The object of one pickle. FileFormatError for damaged ones."""
        try:
            return _plain_arrays(RestrictedUnpickler(stream, self.name, self.table, self.persistent_load).load())
        except (FileFormatError, DeviceError):
            raise
        except _DAMAGED as error:
            if error is self._foreign_error:
                raise
            raise FileFormatError(
                f"{self.name}: its pickle is damaged or no data of torch.save ({type(error).__name__}: {error}). "
                "Restore the file from its source."
            ) from error

    # --- storages ---

    def persistent_load(self, saved: Any) -> Any:
        """The storage of a persistent id ``("storage", class, key, location, elements)``."""
        if not isinstance(saved, tuple) or len(saved) < 5 or saved[0] != "storage":
            raise ValueError(f"unknown persistent id {saved!r:.100}")
        _, kind, key, location, count = saved[:5]
        if not isinstance(kind, _StorageKind) or not isinstance(key, str) or not isinstance(location, str):
            raise ValueError(f"unknown persistent id {saved!r:.100}")
        (count,) = _numbers((count,))
        if len(saved) > 5 and saved[5] is not None:  # a view of another storage, as PyTorch 0.3 wrote
            view_key, offset, view_count = saved[5]
            offset, view_count = _numbers((offset, view_count))
            whole = self._storage(kind, key, location, count)
            itemsize = kind.dtype.itemsize if kind.dtype else 1
            if offset + view_count > count or not isinstance(view_key, str):
                raise ValueError("a storage is a view beyond its memory")
            data = whole.untyped()._memory.bytes[offset * itemsize : (offset + view_count) * itemsize]
            return self._remember(f"{key}/{view_key}", kind, data, self._targets[id(whole.untyped())])
        return self._storage(kind, key, location, count)

    def _storage(self, kind: _StorageKind, key: str, location: str, count: int) -> Any:
        found = self._storages.get(key)
        itemsize = kind.dtype.itemsize if kind.dtype else 1
        if found is not None:
            if found.untyped().nbytes() != count * itemsize:
                raise ValueError(f"storage {key!r:.50} has two sizes")
            return found
        data = self._fetch(key, count * itemsize)
        if self._swap and kind.dtype is not None:
            data = _swapped(data, kind.dtype)
        return self._remember(key, kind, data, None, location)

    def _remember(self, key: str, kind: _StorageKind, data: Array, target: Device | None, location: str = "cpu") -> Any:
        untyped = UntypedStorage._of(_HostMemory(data, True), None)
        if target is None:
            untyped, target = self._place(untyped, location)
        made: Any = untyped if kind.dtype is None else TypedStorage(wrap_storage=untyped, dtype=kind.dtype)
        self._storages[key] = made
        self._targets[id(untyped)] = target
        return made

    def _place(self, storage: UntypedStorage, location: str) -> tuple[UntypedStorage, Device]:
        """The storage in host memory, and the device its tensors go to."""
        wanted: Any = location
        if callable(self._map_location):
            try:
                chosen = self._map_location(storage, location)
            except BaseException as error:
                self._foreign_error = error
                raise
            if isinstance(chosen, (UntypedStorage, TypedStorage)):
                wanted = chosen.device
                if chosen.untyped().nbytes() == storage.nbytes():
                    storage = chosen.untyped().cpu()
            elif chosen is not None:
                wanted = getattr(chosen, "device", chosen)
        elif isinstance(self._map_location, dict):
            wanted = self._map_location.get(location, location)
        elif self._map_location is not None:
            wanted = self._map_location
        return storage, Device(wanted)

    # --- tensors ---

    def _rebuild_tensor(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any = False,
        hooks: Any = None,
        metadata: Any = None,
    ) -> Any:
        if not isinstance(storage, TypedStorage):
            raise ValueError("a tensor without storage")
        return self._tensor(storage.untyped(), storage.dtype, offset, size, stride, requires_grad, metadata)

    def _rebuild_tensor_v3(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any,
        hooks: Any,
        dtype: Any,
        metadata: Any = None,
    ) -> Any:
        if not isinstance(storage, (UntypedStorage, TypedStorage)) or not isinstance(dtype, DType):
            raise ValueError("a tensor without storage or dtype")
        untyped = storage.untyped()
        if self._swap and isinstance(storage, UntypedStorage) and (id(untyped), "") not in self._flat:
            untyped._memory.bytes = _swapped(untyped._memory.read(), dtype)  # type: ignore[union-attr]
            self._flat[id(untyped), ""] = Tensor()
        return self._tensor(untyped, dtype, offset, size, stride, requires_grad, metadata)

    def _tensor(
        self, storage: UntypedStorage, dtype: DType, offset: Any, size: Any, stride: Any, grad: Any, metadata: Any
    ) -> Any:
        shape, steps = _numbers(size), _numbers(stride)
        (offset,) = _numbers((offset,))
        if len(shape) != len(steps) or len(shape) > 64:
            raise ValueError(f"a tensor has {len(shape)} sizes and {len(steps)} strides")
        data, itemsize = storage._memory.read(), dtype.itemsize
        empty = 0 in shape
        reach = offset + sum((length - 1) * step for length, step in zip(shape, steps, strict=True)) + 1
        if not empty and reach * itemsize > data.size:
            raise ValueError(
                f"a tensor of sizes {list(shape)}, strides {list(steps)} and offset {offset} needs "
                f"{reach * itemsize:,} bytes, its storage has {data.size:,}"
            )
        if math.prod(shape) * itemsize >= 2**62:
            raise ValueError(f"a tensor has sizes {list(shape)}")
        target = self._targets[id(storage)]
        if target.type == "cpu":
            if empty:
                array = np.empty(shape, dtype.numpy)
            else:
                # Not the storage's own array: mapped files may start it anywhere.
                array = np.ndarray(shape, dtype.numpy, data, offset * itemsize, [step * itemsize for step in steps])
                array = array if array.flags.aligned else array.copy()
            made: Any = wrap(array, key_for(_CPU, dtype))
        else:
            made = self._on_device(storage, data, dtype, target)
            made = made.as_strided(shape, steps, offset).detach() if not empty else made[:0].reshape(shape)
        if metadata is not None:
            made = _with_math_bits(made, metadata)
        if grad:
            made.requires_grad_()
        return made

    def _on_device(self, storage: UntypedStorage, data: Array, dtype: DType, target: Device) -> Tensor:
        """The whole storage as a vector on its device, made once."""
        key = (id(storage), dtype.name)
        if key not in self._flat:
            whole = data[: data.size - data.size % dtype.itemsize].view(dtype.numpy)
            try:
                self._flat[key] = wrap(whole, key_for(_CPU, dtype)).to(target)
            except Exception as error:
                raise DeviceError(
                    f"load: a tensor of {self.name} belongs on device '{target}', where it cannot be placed "
                    f"({error}). Choose another device: load(f, map_location='cpu')."
                ) from error
        return self._flat[key]

    def _rebuild_parameter(self, data: Any, requires_grad: Any = True, hooks: Any = None, state: Any = None) -> Any:
        if not isinstance(data, Tensor):
            raise ValueError("a parameter without tensor")
        made = Parameter(data, requires_grad=bool(requires_grad))
        return _with_attributes(made, state)

    def _rebuild_from_type(self, function: Any, kind: Any, args: Any, state: Any) -> Any:
        if not isinstance(function, Constructor) or not function.name.startswith("_utils._rebuild"):
            raise ValueError("a tensor is made by no function for tensors")
        made = function.function(*args)
        if kind is not Tensor and isinstance(kind, type) and issubclass(kind, Tensor):
            made = made.as_subclass(kind)
        return _with_attributes(made, state)


def _rebuild_sparse_tensor(layout: Any, data: Any) -> Any:
    """A sparse tensor from its parts, whose indices are checked against its size."""
    import torchere

    if layout not in _SPARSE_LAYOUTS or not isinstance(data, tuple) or len(data) not in (3, 4):
        raise ValueError("a sparse tensor without layout or parts")
    *parts, last = data
    if layout is layouts.sparse_coo:
        indices, values, size = data[:3]
        parts = [indices, values]
    else:
        size = last
    if not all(isinstance(part, Tensor) for part in parts):
        raise ValueError("a sparse tensor whose parts are no tensors")
    shape = _numbers(tuple(size))
    if layout is layouts.sparse_coo:
        known = bool(data[3]) if len(data) == 4 else None
        return torchere.sparse_coo_tensor(*parts, shape, is_coalesced=known)
    return torchere.sparse_compressed_tensor(*parts, shape, layout=layout)


def _with_attributes(tensor: Tensor, state: Any) -> Tensor:
    if isinstance(state, tuple) and len(state) == 2:
        state = {**(state[0] or {}), **(state[1] or {})}
    if not isinstance(state or {}, dict):
        raise ValueError("the state of a tensor is no dict")
    for name, value in (state or {}).items():
        if not isinstance(name, str) or hasattr(Tensor, name):
            raise ValueError(f"a tensor has an attribute {name!r:.50}")
        tensor.__dict__[name] = value
    return tensor


def _with_math_bits(tensor: Any, metadata: Any) -> Any:
    """Carry out what PyTorch only notes: a conjugate, a negative."""
    if not isinstance(metadata, dict):
        raise ValueError("the metadata of a tensor is no dict")
    if metadata.get("conj"):
        tensor = tensor.conj()
    if metadata.get("neg"):
        tensor = -tensor
    return tensor.detach()


def _swapped(data: Array, dtype: DType) -> Array:
    itemsize = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    if itemsize == 1:
        return data
    whole = data[: data.size - data.size % itemsize]
    return np.ascontiguousarray(whole.reshape(-1, itemsize)[:, ::-1]).reshape(-1)


def _plain_arrays(obj: Any) -> Any:
    """`obj` with NumPy arrays in the place of those being made, in lists, dicts and tuples."""
    done: dict[int, Any] = {}

    def plain(value: Any, depth: int) -> Any:
        if isinstance(value, _NumpyArray):
            if value.contents is None:
                raise ValueError("a NumPy array without contents")
            return value.contents
        if isinstance(value, _NumpyDtype):
            return value.numpy
        if id(value) in done or depth > 200:
            return done.get(id(value), value)
        if type(value) is list:
            done[id(value)] = value
            value[:] = [plain(item, depth + 1) for item in value]
        elif type(value) in (dict, OrderedDict):
            done[id(value)] = value
            for key in list(value):
                value[key] = plain(value[key], depth + 1)
        elif type(value) is tuple:
            made = tuple([plain(item, depth + 1) for item in value])
            same = all(a is b for a, b in zip(made, value, strict=True))
            done[id(value)] = value = value if same else made
        return value

    return plain(obj, 0)


def load_zip(stream: BinaryIO, name: str, map_location: Any, mmap: bool) -> Any:
    """The object of a zip archive; with `mmap` elements of the file `stream` are mapped, private when written."""
    mapped = None
    if mmap:
        mapped = np.memmap(stream, np.uint8, mode="r+" if mapping_is_shared() else "c").view(np.ndarray)
    archive = ArchiveReader(stream, name, mapped)
    order = bytes(archive.read("byteorder")) if "byteorder" in archive else default_byte_order().encode()
    if order not in (b"little", b"big"):
        raise FileFormatError(f"{name}: has byte order {order!r:.50}, expected little or big. Restore the file.")

    def fetch(key: str, size: int) -> Array:
        if archive.size(f"data/{key}") != size:
            raise FileFormatError(
                f"{name}: storage {key!r:.50} has {archive.size(f'data/{key}'):,} bytes, its tensors expect {size:,}. "
                "The file is damaged; restore it from its source."
            )
        return np.zeros(size, np.uint8) if skips_data() else archive.read(f"data/{key}")

    loader = _Loader(name, map_location, fetch, order.decode() != sys.byteorder)
    return loader.unpickle(io.BytesIO(archive.read("data.pkl").data))


class _Bounded:
    """A stream that is never asked for more than it has: a pickle may announce a text of any length."""

    def __init__(self, stream: BinaryIO, end: int) -> None:
        self._stream, self.end = stream, end
        self.tell, self.seek, self.readline = stream.tell, stream.seek, stream.readline

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        return self._stream.read(max(0, min(size, self.end - self._stream.tell())))


def load_legacy(stream: BinaryIO, name: str, map_location: Any) -> Any:
    """The object of a stream of pickles, of which `stream` stands at the first."""
    origin = stream.tell()
    end = stream.seek(0, os.SEEK_END)
    stream.seek(origin)
    bounded: Any = _Bounded(stream, end)
    sizes: dict[str, int] = {}

    def reserve(key: str, size: int) -> Array:
        sizes[key] = size
        if sum(sizes.values()) > end - origin:
            raise FileFormatError(f"{name}: is truncated: its storages need more bytes than it has. Copy it again.")
        return np.zeros(size, np.uint8)

    # The elements follow the object that refers to them, at places that depend on all of it: read it twice.
    first = _Loader(name, "cpu", reserve, False)
    magic = first.unpickle(bounded)
    if type(magic) is not int or magic != LEGACY_MAGIC:
        raise FileFormatError(
            f"{name}: is a pickle, but not one of torch.save. Store its tensors with torch.save, or as safetensors."
        )
    if first.unpickle(bounded) != LEGACY_PROTOCOL:
        raise FileFormatError(f"{name}: has an unknown version of PyTorch's stream format. Store it again.")
    system = first.unpickle(bounded)
    order = "big" if isinstance(system, dict) and system.get("little_endian") is False else "little"
    start = stream.tell()
    first.unpickle(bounded)
    places, last = _legacy_places(bounded, name, first.unpickle(bounded), sizes)

    def fetch(key: str, size: int) -> Array:
        data = np.empty(size, np.uint8)
        position = stream.tell()  # inside the pickle
        stream.seek(places[key])
        _read_into(stream, data, name)
        stream.seek(position)
        return data

    stream.seek(start)
    result = _Loader(name, map_location, fetch, order != sys.byteorder).unpickle(bounded)
    stream.seek(last)
    return result


def _legacy_places(stream: Any, name: str, keys: Any, sizes: dict[str, int]) -> tuple[dict[str, int], int]:
    """Where the bytes of each storage lie, and where the last ends."""
    if not isinstance(keys, list) or set(map(str, keys)) != sizes.keys() or len(keys) != len(sizes):
        raise FileFormatError(f"{name}: its list of storages fits not its tensors. Restore the file from its source.")
    places: dict[str, int] = {}
    for key in keys:
        count = int.from_bytes(stream.read(8), "little")
        places[key] = stream.tell()
        size = sizes[key]
        # Elements, whose size only the tensors know: any that divides.
        if count > size or (size and (not count or size % count)) or places[key] + size > stream.end:
            raise FileFormatError(
                f"{name}: storage {key!r:.50} has {count:,} elements, expected {size:,} bytes. The file is damaged or "
                "truncated; copy it again."
            )
        stream.seek(places[key] + size)
    return places, stream.tell()
