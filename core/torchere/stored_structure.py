"""The structure of a stored object as JSON, taken apart for `save` and put together for `load`.

``null``, ``true``, ``1``, ``1.5``, ``"text"`` stand for themselves. Everything else is an object whose first member
says what it is::

    {"list": […]} {"tuple": […]} {"set": […]} {"frozenset": […]} {"size": […]}
    {"dict": [[key, value], …]} {"ordered": [[key, value], …], "metadata": …}
    {"int": "0x…"} {"float": "inf"} {"complex": [re, im]} {"bytes": "base64"}
    {"range": [start, stop, step]} {"slice": [start, stop, step]} {"dtype": "float32"} {"device": "cuda:0"}
    {"tensor": name} {"parameter": name} {"array": name} {"scalar": name}
    {"same": n}

``metadata`` is an OrderedDict's attribute ``_metadata``, which state dicts carry. ``tensor`` … ``scalar`` have their
elements in the file under `name`, and optional members: ``grad`` (true: requires_grad), ``device``, ``dtype`` where
the file has another, and ``view``: ``[offset, shape, strides]`` in bytes, for a part of the stored elements. ``same``
is the n-th list, dict, set, tensor, parameter, array, scalar, counted as they begin.
"""

from __future__ import annotations

import base64
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.lib.array_utils import byte_bounds

from torchere import dtypes
from torchere.backend import key_for
from torchere.devices import device as Device
from torchere.dtypes import DType, from_numpy_dtype
from torchere.errors import DeviceError, FileFormatError
from torchere.exchange import memory_between
from torchere.layouts import strided
from torchere.safetensors_file import SafetensorsFile, parse_json
from torchere.size import Size
from torchere.tensors.parameter import Parameter
from torchere.tensors.tensor import Tensor, wrap

__all__ = ["STRUCTURE_KEY", "VERSION", "Restorer", "Structure"]

Array = np.ndarray[Any, Any]

#: Where the structure stands in a file's metadata, and the version of the grammar above.
STRUCTURE_KEY: Final = "torchere.structure"
VERSION: Final = 1
_MAX_DEPTH: Final = 150
_CPU: Final = Device("cpu")


# --- taking apart ------------------------------------------------------------------------------------------------


class _Stored:
    """A tensor or array of the structure: its host array, wanted name, node, and what it shares memory by."""

    __slots__ = ("array", "memory", "name", "node")

    def __init__(self, array: Array, name: str, node: dict[str, Any], memory: object) -> None:
        self.array, self.name, self.node, self.memory = array, name, node, memory

    @property
    def layout(self) -> tuple[object, ...]:
        return self.array.ctypes.data, self.array.shape, self.array.strides, self.array.dtype


class Structure:
    """An object taken apart: `root` is JSON after the grammar of this module, `arrays` what it refers to by name.

    Raises TypeError, naming the place in the object and a remedy, for what cannot be stored.
    """

    def __init__(self, obj: object) -> None:
        self.arrays: dict[str, Array] = {}
        self._numbers: dict[int, int] = {}
        self._stored: list[_Stored] = []
        self.root = self._encode(obj, ())
        self._place_arrays()

    def _encode(self, obj: Any, path: tuple[Any, ...]) -> Any:
        """The node of `obj`, to which the keys and indices `path` lead."""
        kind = type(obj)
        if obj is None or kind is bool or kind is str:
            return obj
        if kind is int:
            return obj if -(2**63) <= obj < 2**64 else {"int": hex(obj)}
        if kind is float:
            return obj if math.isfinite(obj) else {"float": str(obj)}
        if kind is complex:
            return {"complex": [self._encode(obj.real, path), self._encode(obj.imag, path)]}
        if kind is bytes:
            return {"bytes": base64.b64encode(obj).decode("ascii")}
        if kind is DType:
            return {"dtype": obj.name}
        if kind is Device:
            return {"device": str(obj)}
        if kind is range or kind is slice:
            return {kind.__name__: [self._encode(part, path) for part in (obj.start, obj.stop, obj.step)]}
        if len(path) > _MAX_DEPTH:
            raise TypeError(
                f"save: cannot store an object nested more than {_MAX_DEPTH} levels deep, as {_place(path[:3])} is. "
                "Flatten it."
            )
        if kind is tuple or kind is Size or kind is frozenset:
            tag = "size" if kind is Size else kind.__name__
            return {tag: self._items(obj, path)}
        if kind is Tensor or kind is Parameter or isinstance(obj, (np.ndarray, np.generic)):
            return self._again(obj) or self._encode_array(obj, path)
        if kind is list or kind is set:
            return self._again(obj) or {kind.__name__: self._items(obj, path)}
        if kind is dict:
            return self._again(obj) or {"dict": self._pairs(obj, path)}
        if kind is OrderedDict:
            return self._again(obj) or self._encode_ordered(obj, path)
        raise TypeError(f"save: cannot store {_place(path)}: it is a {_name_of(kind)}. {_remedy(obj)}")

    def _again(self, obj: object) -> dict[str, int] | None:
        """A reference if `obj` was met before; otherwise it gets the next number."""
        number = self._numbers.get(id(obj))
        if number is not None:
            return {"same": number}
        self._numbers[id(obj)] = len(self._numbers)
        return None

    def _items(self, items: Any, path: tuple[Any, ...]) -> list[Any]:
        return [self._encode(item, (*path, place)) for place, item in enumerate(items)]

    def _pairs(self, mapping: dict[Any, Any], path: tuple[Any, ...]) -> list[list[Any]]:
        return [[self._encode(key, path), self._encode(value, (*path, key))] for key, value in mapping.items()]

    def _encode_ordered(self, obj: OrderedDict[Any, Any], path: tuple[Any, ...]) -> dict[str, Any]:
        node: dict[str, Any] = {"ordered": self._pairs(obj, path)}
        for name, value in vars(obj).items():
            if name != "_metadata":
                raise TypeError(
                    f"save: cannot store the attribute {name!r} of the OrderedDict {_place(path)}. Delete it, or store "
                    "it as a value of its own."
                )
            node["metadata"] = self._encode(value, (*path, name))
        return node

    def _encode_array(self, obj: Any, path: tuple[Any, ...]) -> dict[str, Any]:
        node: dict[str, Any] = {}
        if isinstance(obj, Tensor):
            node["parameter" if type(obj) is Parameter else "tensor"] = ""
            if obj.requires_grad:
                node["grad"] = True
            if obj.device is not _CPU:
                node["device"] = str(obj.device)
            if obj.layout is not strided:
                raise TypeError(
                    f"save: cannot store {_place(path)} in a safetensors file: it is of layout {obj.layout}. Make "
                    "it dense, x.to_dense(), or write PyTorch's format: save(x, path, format='pytorch')."
                )
            array = obj._key.backend.to_numpy(obj._array)
            memory = None if obj.device is _CPU else obj._array
        else:
            if type(obj) not in (np.ndarray, np.memmap) and isinstance(obj, np.ndarray):
                raise TypeError(
                    f"save: cannot store {_place(path)}: it is a {_name_of(type(obj))}. Convert it: numpy.asarray(x)."
                )
            node["scalar" if isinstance(obj, np.generic) else "array"] = ""
            array, memory = np.asarray(obj), None
            try:
                from_numpy_dtype(array.dtype.newbyteorder("="))
            except TypeError as error:
                raise TypeError(
                    f"save: cannot store {_place(path)}, a NumPy object of dtype {array.dtype}. Convert it to numbers, "
                    "or text to str."
                ) from error
            if not array.dtype.isnative:
                array = array.astype(array.dtype.newbyteorder("="))
        name = ".".join(str(key) for key in path) or "tensor"
        self._stored.append(_Stored(array, name, node, memory))
        return node

    # --- arrays ---

    def _place_arrays(self) -> None:
        """Give every array its elements in the file; arrays that share memory get the same ones."""
        wanted = {stored.name for stored in self._stored}
        for group in _sharing(self._stored):
            first = group[0]
            # Expanded tensors have more elements than memory.
            dense = first.array.size < 2 or first.array.nbytes <= _span(first)[1] - _span(first)[0]
            if len(group) == 1 and dense:
                self._add(first.name, first.array, group)
                continue
            if first.memory is not None or (dense and len({stored.layout for stored in group}) == 1):
                self._add(first.name, first.array, group)
                continue
            start = min(_span(stored)[0] for stored in group)
            end = max(_span(stored)[1] for stored in group)
            for stored in group:
                if stored.array.flags.c_contiguous and stored.array.nbytes == end - start:
                    self._add(stored.name, stored.array, [stored])
                    owner = stored
                    break
            else:
                owner = _Stored(_elements(group, start, end), first.name + ".storage", {"": ""}, None)
                while owner.name in wanted:
                    owner.name += "'"
                self._add(owner.name, owner.array, [owner])
            for stored in group:
                if stored is not owner:
                    _set_name(stored.node, _get_name(owner.node))
                    shape, strides = list(stored.array.shape), list(stored.array.strides)
                    stored.node["view"] = [_span(stored)[0] - start, shape, strides]
                    stored.node["dtype"] = from_numpy_dtype(stored.array.dtype).name

    def _add(self, name: str, array: Array, group: Sequence[_Stored]) -> None:
        """Store `array` under `name`, or the next free name like it, for all of the group."""
        while name in self.arrays or name == "__metadata__":
            name += "'"
        if array.dtype == np.complex128:
            # The format has no such dtype: real and imaginary parts become a last axis.
            parts = np.ascontiguousarray(array).reshape(-1).view(np.float64)
            array = parts.reshape(*array.shape, 2)
            for stored in group:
                stored.node["dtype"] = "complex128"
        self.arrays[name] = array
        for stored in group:
            _set_name(stored.node, name)


def _span(stored: _Stored) -> tuple[int, int]:
    start, end = byte_bounds(stored.array)
    return int(start), int(end)


def _sharing(items: Sequence[_Stored]) -> list[list[_Stored]]:
    """Groups of arrays whose memory overlaps, in the order of their first members."""
    groups: list[list[_Stored]] = []
    by_identity: dict[int, list[_Stored]] = {}
    reach = -1
    order = {id(stored): place for place, stored in enumerate(items)}
    on_host = [stored for stored in items if stored.memory is None and stored.array.size]
    for stored in sorted(on_host, key=_span):
        start, end = _span(stored)
        if start < reach:
            groups[-1].append(stored)
        else:
            groups.append([stored])
        reach = max(reach, end)
    for stored in items:
        if stored.memory is not None:  # a device's array: shared if it is the same object
            if id(stored.memory) not in by_identity:
                groups.append(by_identity.setdefault(id(stored.memory), []))
            by_identity[id(stored.memory)].append(stored)
        elif not stored.array.size:
            groups.append([stored])
    for group in groups:
        group.sort(key=lambda stored: order[id(stored)])
    return sorted(groups, key=lambda group: order[id(group[0])])


def _elements(group: Sequence[_Stored], start: int, end: int) -> Array:
    """All memory a group reaches, as a vector of its dtype, or of bytes."""
    memory = memory_between(start, end, group)
    found = {stored.array.dtype for stored in group}
    itemsize = group[0].array.itemsize
    plain = len(found) == 1 and all((_span(stored)[0] - start) % itemsize == 0 for stored in group)
    return memory.view(found.pop()) if plain else memory


def _get_name(node: dict[str, Any]) -> str:
    name = next(iter(node.values()))
    assert isinstance(name, str)
    return name


def _set_name(node: dict[str, Any], name: str) -> None:
    node[next(iter(node))] = name


def _place(path: Sequence[Any]) -> str:
    """A path as the user would write it: ``obj['model'][0]``."""
    return "obj" + "".join(f"[{key!r:.60}]" for key in path)


def _name_of(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _remedy(obj: object) -> str:
    if isinstance(obj, Tensor):
        return "Convert the subclass: x.as_subclass(torch.Tensor)."
    if hasattr(obj, "state_dict"):
        return "Store its state instead: obj.state_dict()."
    if hasattr(obj, "get_state"):
        return "Store its state instead: obj.get_state()."
    for plain in (dict, OrderedDict, list, tuple, set, frozenset, str, int, float, complex, bytes, bytearray):
        if isinstance(obj, plain):
            simple = bytes if plain is bytearray else plain
            return f"Convert it: {simple.__name__}(x)."
    return "Store its numbers, texts and tensors in a dict instead, and make the object again after loading."


# --- putting together --------------------------------------------------------------------------------------------


class Restorer:
    """Makes the object of a file again; `map_location` is that of `torchere.load`."""

    def __init__(self, file: SafetensorsFile, map_location: Any = None) -> None:
        self._file = file
        self._map_location = _check_map_location(map_location)
        self._begun: list[Any] = []
        self._arrays: dict[str, Array] = {}
        self._placed: dict[tuple[str, str, str], Tensor] = {}
        self._in_callback = False

    def result(self) -> Any:
        """The object. FileFormatError for a structure that follows no grammar or does not fit the tensors."""
        text = self._file.metadata.get(STRUCTURE_KEY)
        if text is None:
            return {name: self._tensor({"tensor": name}) for name in self._file.entries}
        try:
            document = parse_json(text)
            if document["version"] != VERSION:
                raise FileFormatError(
                    f"{self._file.name}: has structure version {document['version']!r}, this torchere reads {VERSION}. "
                    "Install a newer torchere."
                )
            return self._decode(document["root"])
        except (FileFormatError, DeviceError):
            raise
        except (
            ValueError, TypeError, RuntimeError, KeyError, IndexError, AttributeError, OverflowError, StopIteration,
        ) as error:  # fmt: skip
            if self._in_callback:
                raise
            raise FileFormatError(
                f"{self._file.name}: its structure is invalid ({type(error).__name__}: {error}). The file is damaged; "
                "restore it from its source."
            ) from error

    def _decode(self, node: Any) -> Any:
        if not isinstance(node, (dict, list)):
            return node
        if not isinstance(node, dict) or not node:
            raise ValueError(f"unexpected {node!r:.100}")
        tag = next(iter(node))
        restore = _RESTORE.get(tag)
        if restore is None:
            raise ValueError(f"unknown kind {tag!r:.100}")
        return restore(self, node[tag], node)

    def _begin(self, value: Any) -> Any:
        """Count `value`, which is not complete yet, as ``same`` does."""
        self._begun.append(value)
        return value

    def _list(self, items: list[Any], node: dict[str, Any]) -> list[Any]:
        made: list[Any] = self._begin([])
        made.extend(map(self._decode, _a_list(items)))
        return made

    def _set(self, items: list[Any], node: dict[str, Any]) -> set[Any]:
        made: set[Any] = self._begin(set())
        made.update(map(self._decode, _a_list(items)))
        return made

    def _dict(self, pairs: list[list[Any]], node: dict[str, Any]) -> dict[Any, Any]:
        made: dict[Any, Any] = self._begin({})
        for key, value in _a_list(pairs):
            made[self._decode(key)] = self._decode(value)
        return made

    def _ordered(self, pairs: list[list[Any]], node: dict[str, Any]) -> OrderedDict[Any, Any]:
        made: OrderedDict[Any, Any] = self._begin(OrderedDict())
        for key, value in _a_list(pairs):
            made[self._decode(key)] = self._decode(value)
        if "metadata" in node:
            made._metadata = self._decode(node["metadata"])  # type: ignore[attr-defined]
        return made

    def _parts(self, items: Any, node: dict[str, Any]) -> list[Any]:
        return [self._decode(item) for item in _a_list(items)]

    def _same(self, number: Any, node: dict[str, Any]) -> Any:
        if type(number) is not int or not 0 <= number < len(self._begun):
            raise ValueError(f"reference to item {number!r:.50} of {len(self._begun)}")
        return self._begun[number]

    # --- arrays ---

    def _array(self, node: dict[str, Any]) -> Array:
        """The elements of a node, in memory shared with other nodes of the same name."""
        name = next(iter(node.values()))
        if not isinstance(name, str):
            raise ValueError(f"a tensor is called {name!r:.50}")
        array = self._arrays.get(name)
        if array is None:
            array = self._arrays[name] = self._file.read(name)
        if "dtype" not in node:
            return array
        dtype = dtypes.by_name(node["dtype"]).numpy
        if "view" in node:
            offset, shape, strides = node["view"]
            numbers = [offset, *shape, *strides]
            if not all(type(item) is int and item >= 0 for item in numbers) or len(shape) != len(strides):
                raise ValueError(f"tensor {name!r} has a wrong view {node['view']!r:.200}")
            if any(item % dtype.itemsize for item in (offset, *strides)):
                raise ValueError(f"tensor {name!r} has a view that is not aligned to elements")
            # NumPy checks that the view lies inside the elements.
            return np.ndarray(tuple(shape), dtype, array.reshape(-1).view(np.uint8), offset, tuple(strides))
        if dtype != np.complex128 or array.dtype != np.float64 or array.shape[-1:] != (2,):
            raise ValueError(f"tensor {name!r} cannot be {node['dtype']}")
        return array.reshape(-1).view(dtype).reshape(array.shape[:-1])

    def _tensor(self, node: dict[str, Any]) -> Tensor:
        """A tensor that shares memory with others of the same elements, on the device where it belongs."""
        array, location = self._array(node), node.get("device", "cpu")
        if not isinstance(location, str):
            raise ValueError(f"a tensor is on {location!r:.50}")
        key = (next(iter(node.values())), location, json.dumps(node.get("view")))
        placed = self._placed.get(key)
        if placed is not None:
            return wrap(placed._array, placed._key)
        made = wrap(array, key_for(_CPU, from_numpy_dtype(array.dtype)))
        made = self._placed[key] = self._to_location(made, location)
        return made

    def _plain_tensor(self, name: Any, node: dict[str, Any]) -> Tensor:
        tensor = self._tensor(node)
        if node.get("grad") is True:
            tensor.requires_grad_()
        return self._begin(tensor)  # type: ignore[no-any-return]

    def _parameter(self, name: Any, node: dict[str, Any]) -> Parameter:
        return self._begin(Parameter(self._tensor(node), requires_grad=node.get("grad") is True))  # type: ignore[no-any-return]

    def _numpy(self, name: Any, node: dict[str, Any]) -> Any:
        array = self._array(node)
        return self._begin(array[()] if "scalar" in node else array.view())

    def _to_location(self, tensor: Tensor, location: str) -> Tensor:
        target: Any = location
        if callable(self._map_location):
            self._in_callback = True
            chosen = self._map_location(tensor, location)
            self._in_callback = False
            if isinstance(chosen, Tensor):
                return chosen
            if chosen is not None:
                target = getattr(chosen, "device", chosen)
        elif isinstance(self._map_location, dict):
            target = self._map_location.get(location, location)
        elif self._map_location is not None:
            target = self._map_location
        if target == "cpu" or target is _CPU:
            return tensor
        try:
            return tensor.to(Device(target))  # type: ignore[no-any-return]
        except Exception as error:
            raise DeviceError(
                f"load: a tensor of {self._file.name} belongs on device '{target}', where it cannot be placed "
                f"({error}). Choose another device: load(f, map_location='cpu')."
            ) from error


def _a_list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise ValueError(f"expected a list, found {items!r:.100}")
    return items


def _check_map_location(map_location: Any) -> Any:
    """`map_location`, or TypeError for what is none."""
    if map_location is None or isinstance(map_location, (str, Device, dict)) or callable(map_location):
        return map_location
    raise TypeError(
        f"load: map_location must be a device, its name, a dict or a function, got {type(map_location).__name__}."
    )


def _special_float(text: Any) -> float:
    if text not in ("inf", "-inf", "nan"):
        raise ValueError(f"no number: {text!r:.50}")
    return float(text)


def _complex(real: float, imag: float) -> complex:
    return complex(real, imag)


_RESTORE: Final[dict[str, Callable[[Restorer, Any, dict[str, Any]], Any]]] = {
    "list": Restorer._list,
    "tuple": lambda self, value, node: tuple(self._parts(value, node)),
    "set": Restorer._set,
    "frozenset": lambda self, value, node: frozenset(self._parts(value, node)),
    "size": lambda self, value, node: Size(self._parts(value, node)),
    "dict": Restorer._dict,
    "ordered": Restorer._ordered,
    "int": lambda self, value, node: int(value, 16),
    "float": lambda self, value, node: _special_float(value),
    "complex": lambda self, value, node: _complex(*self._parts(value, node)),
    "bytes": lambda self, value, node: base64.b64decode(value, validate=True),
    "range": lambda self, value, node: range(*self._parts(value, node)),
    "slice": lambda self, value, node: slice(*self._parts(value, node)),
    "dtype": lambda self, value, node: dtypes.by_name(value),
    "device": lambda self, value, node: Device(value),
    "tensor": Restorer._plain_tensor,
    "parameter": Restorer._parameter,
    "array": Restorer._numpy,
    "scalar": Restorer._numpy,
    "same": Restorer._same,
}
