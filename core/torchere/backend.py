"""What a device plugin provides, and the interned keys by which operators find kernels.

A device plugin subclasses `DeviceBackend`; five methods have no default: `from_numpy`, `to_numpy`, `native_dtype`,
`dtype_of` and `copy_into`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from torchere.devices import device as Device
from torchere.dtypes import BOOLEAN, COMPLEX, DTYPES, FLOATING, INTEGER, DType
from torchere.errors import DeviceError
from torchere.layouts import layout as Layout
from torchere.layouts import strided

__all__ = ["DeviceBackend", "Key", "backend_of", "key_for"]

Array = Any


class DeviceBackend:
    """One device type: how its arrays are made, read and written.

    Class attributes: `name` (the device type), `array_type` (class of its arrays), `dtypes` (names of the dtypes its
    arrays can hold), `compute_casts` (dtype name → dtype name in which kernels compute it), `numbered` (whether
    devices carry an index, as ``cuda:0``).
    """

    name: ClassVar[str]
    array_type: type
    dtypes: tuple[str, ...] = ()
    compute_casts: Mapping[str, str] = {}
    numbered: bool = False
    #: How its arrays hold their elements; other than strided: a backend of a layout (`torchere.layout_keys`).
    layout: ClassVar[Layout] = strided

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}

    def key(self, device: Device, dtype: DType) -> Key:
        """The key of this backend's arrays on a device."""
        return key_for(device, dtype)

    def count(self) -> int:
        """How many devices of this type there are."""
        return 1

    def current_index(self) -> int:
        """The index a device without one refers to."""
        return 0

    def native_dtype(self, dtype: DType) -> Any:
        """The array library's dtype object for `dtype`."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define native_dtype()")

    def dtype_of(self, array: Array) -> DType:
        """The torchere dtype of an array."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define dtype_of()")

    def from_numpy(self, array: np.ndarray[Any, Any], index: int | None) -> Array:
        """A new array on device `index` with the values of a NumPy array."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define from_numpy()")

    def to_numpy(self, array: Array) -> np.ndarray[Any, Any]:
        """The values as a NumPy array (shared memory allowed where the array lives in host memory)."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define to_numpy()")

    def copy_into(self, destination: Array, source: Array) -> None:
        """Write `source` (broadcast, converted) into the memory of `destination`."""
        raise NotImplementedError(f"device plugin '{self.name}' does not define copy_into()")

    def adopt(self, value: Any, native_dtype: Any) -> Array:
        """Turn what a kernel returned (a scalar of the library, say) into an array."""
        if isinstance(value, self.array_type):
            return value
        raise TypeError(
            f"a kernel of device '{self.name}' returned {type(value).__name__}, expected {self.array_type.__name__}"
        )

    def astype(self, array: Array, native_dtype: Any) -> Array:
        """A copy converted to `native_dtype`."""
        return array.astype(native_dtype)

    def dtype_name(self, native: Any) -> str:
        """The torchere name of a native dtype."""
        found = self._names.get(native)
        if found is None:
            for dtype in DTYPES:
                if dtype.name in self.dtypes:
                    self._names[self.native_dtype(dtype)] = dtype.name
            found = self._names[native]
        return found

    def alias(self, array: Array) -> Array:
        """The array of a tensor that shares memory with another, but is no view that autograd knows.

        A library that can protect arrays returns a read-only one where several elements are one place: writing is
        then refused.
        """
        return array

    def owns_memory(self, array: Array) -> bool:
        """Whether nobody else can own this array's memory (so that a gradient may be kept without copying)."""
        return False

    def on_device(self, array: Array, index: int | None) -> Array:
        """A copy of `array` on another device of the same type."""
        return self.from_numpy(self.to_numpy(array), index)

    def strides(self, array: Array) -> tuple[int, ...]:
        """Strides in elements. The default assumes row-major arrays."""
        strides, step = [], 1
        for size in reversed(array.shape):
            strides.append(step)
            step *= max(size, 1)
        return tuple(reversed(strides))

    def data_ptr(self, array: Array) -> int:
        """Address of the first element (an identifier of the memory where there is no address)."""
        return id(array)

    def storage_offset(self, array: Array) -> int:
        """Elements between the start of the memory and the first element."""
        return 0

    def is_contiguous(self, array: Array) -> bool:
        """Whether elements lie in row-major order without gaps."""
        return True

    def new_generator(self, seed: int, index: int | None = None) -> Any:
        """A native random generator; the default is NumPy's Philox, from which values are copied to the device."""
        return np.random.Generator(np.random.Philox(seed))

    def generator_state(self, generator: Any) -> Any:
        """The generator's state as a picklable value."""
        return generator.bit_generator.state

    def set_generator_state(self, generator: Any, state: Any) -> None:
        """Set a state that `generator_state` returned."""
        generator.bit_generator.state = state

    def bound(self, function: Callable[..., Any], index: int | None) -> Callable[..., Any]:
        """A kernel made to run on device `index`; for libraries that compute on whichever device is current."""
        return function

    def synchronize(self, index: int | None = None) -> None:
        """Wait until all work queued on the device is done."""

    def empty_cache(self) -> None:
        """Give unused memory back."""


_NUMBERS: dict[int, frozenset[type]] = {
    BOOLEAN: frozenset({bool}),
    INTEGER: frozenset({bool, int}),
    FLOATING: frozenset({bool, int, float}),
    COMPLEX: frozenset({bool, int, float, complex}),
}


class Key:
    """A (device, dtype) pair, interned: what every operator looks its kernel up by.

    `numbers` are the Python number types that do not change a result's dtype; `native` the array library's dtype;
    `by_native` the keys of the same device by native dtype.
    """

    __slots__ = ("array_type", "backend", "by_native", "device", "dtype", "native", "numbers")

    #: The number of `vmap` calls around the tensor; 0 for the device's own arrays.
    level = 0

    def __init__(self, backend: DeviceBackend, device: Device, dtype: DType, by_native: dict[Any, Key]) -> None:
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.array_type = backend.array_type
        self.native = backend.native_dtype(dtype)
        self.numbers = _NUMBERS[dtype.category]
        self.by_native = by_native

    def __repr__(self) -> str:
        return f"<Key {self.device} {self.dtype.name}>"

    def adopt(self, value: Any) -> Array:
        """What a kernel returned, as an array."""
        return self.backend.adopt(value, self.native)

    def of_array(self, array: Array) -> Key:
        """The key of an array on the same device."""
        native: Any = array.dtype
        found = self.by_native.get(native)
        if found is not None:
            return found
        if native.__class__ in _LAYOUT_DTYPES:
            return native.key_on(self.device)  # type: ignore[no-any-return]
        return key_for(self.device, self.backend.dtype_of(array))

    def with_dtype(self, dtype: DType) -> Key:
        """The key of the same device and another dtype."""
        return self if dtype is self.dtype else self.backend.key(self.device, dtype)

    def accompany(self, made: Any) -> Any:
        """`made`, a fresh tensor, so that values of tensors of this key can be written to it."""
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return self.backend.key, (self.device, self.dtype)


#: The native dtype of layouts' arrays; filled by `torchere.layout_keys`.
_LAYOUT_DTYPES: set[Any] = set()
_keys: dict[tuple[Device, DType], Key] = {}
_natives: dict[Device, dict[Any, Key]] = {}
_backends: dict[str, DeviceBackend] = {}
_lock = threading.Lock()


def backend_of(name: str) -> DeviceBackend:
    """The backend of a device type, loading its plugin if needed. RuntimeError names the devices there are."""
    found = _backends.get(name)
    if found is None:
        from torchere.plugins import load_device

        found = _backends[name] = load_device(name)
    return found


def forget_backends() -> None:
    """Drop cached backends and keys (after plugins were removed)."""
    with _lock:
        _backends.clear()
        _keys.clear()
        _natives.clear()


def key_for(device: Device, dtype: DType) -> Key:
    """The key of (device, dtype). An index is filled in for numbered devices and dropped for others."""
    found = _keys.get((device, dtype))
    if found is not None:
        return found
    backend = backend_of(device.type)
    whole = device
    if backend.numbered:
        if device.index is None:
            whole = Device(device.type, backend.current_index())
        elif device.index >= backend.count():
            raise DeviceError(
                f"device '{device}': index out of range, '{device.type}' has {backend.count()} device(s): "
                f"0 … {backend.count() - 1}"
            )
    elif device.index is not None:
        whole = Device(device.type)
    if dtype.name not in backend.dtypes:
        held = ", ".join(backend.dtypes)
        raise TypeError(
            f"device '{device.type}' cannot hold dtype {dtype.name}. It has {held}. Convert first, e.g. "
            "x.to(torch.float32)."
        )
    with _lock:
        found = _keys.get((whole, dtype))
        if found is None:
            by_native = _natives.setdefault(whole, {})
            found = Key(backend, whole, dtype, by_native)
            by_native[found.native] = found
            _keys[(whole, dtype)] = found
        _keys[(device, dtype)] = found
    return found
