"""Arrays in and out of host memory without copying: NumPy arrays, buffers, DLPack.

Everything here works on NumPy arrays; Tensor's methods and the public functions wrap the results. Other devices hand
DLPack on to their own array library.

DLPack (https://dmlc.github.io/dlpack/latest/) passes a C structure in a capsule. It is read here through ctypes,
because NumPy refuses bfloat16 and float8, and makes arrays from unversioned capsules read-only. Exporting is NumPy's
own, for the 8- and 16-bit floats under the name of an integer, which is then corrected in the structure.
"""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchere import deprecation, dtypes
from torchere.dtypes import DType, from_numpy_dtype
from torchere.errors import DTypeError

__all__ = [
    "HOST",
    "array_from_buffer",
    "array_from_dlpack",
    "array_from_numpy",
    "array_to_dlpack",
    "array_to_numpy",
    "device_of_dlpack",
    "device_to_dlpack",
    "memory_between",
    "tensor_from_dlpack",
    "tensor_to_dlpack",
    "writable_alias",
]

Array = np.ndarray[Any, Any]

# --- NumPy -------------------------------------------------------------------------------------------------------

_warned: set[str] = set()


def _warn_once(what: str, text: str) -> None:
    if deprecation.warn_always or what not in _warned:
        _warned.add(what)
        warnings.warn(text, UserWarning, stacklevel=4)


def array_from_numpy(array: object) -> Array:
    """The array a tensor may hold and share with `array`, checked as ``torch.from_numpy`` does.

    Warns, once in a process, that a read-only array would be written through. Raises TypeError for other objects and
    unsupported dtypes, ValueError for foreign byte order, negative strides, or strides that are no multiple of the
    element size (a field of a structured array, say).
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__}). Use torch.tensor(data) for other data.")
    if not array.dtype.isnative:
        raise ValueError(
            f"given numpy array has byte order different from the native byte order (dtype {array.dtype!r}). "
            "Convert it first: array.astype(array.dtype.newbyteorder('='))."
        )
    from_numpy_dtype(array.dtype)
    itemsize = array.dtype.itemsize
    for stride in array.strides:
        if stride % itemsize:
            raise ValueError(
                f"given numpy array strides not a multiple of the element byte size: strides {array.strides}, "
                f"element size {itemsize}. Copy it first: array.copy()."
            )
        if stride < 0:
            raise ValueError(
                f"At least one stride in the given numpy array is negative: {array.strides}; tensors cannot have "
                "negative strides. Copy it first: array.copy()."
            )
    if not array.flags.writeable:
        _warn_once(
            "array",
            "The given NumPy array is not writable, but a tensor always is: writing to the tensor changes memory that "
            "was meant to stay. Copy the array first, or make it writable. This warning is shown once.",
        )
        return writable_alias(array)
    return array if type(array) is np.ndarray else array.view(np.ndarray)


def array_to_numpy(array: Array, *, requires_grad: bool = False) -> Array:
    """The array ``Tensor.numpy()`` gives: the same memory, always writable.

    bfloat16 and float8 come as ml_dtypes arrays (PyTorch raises TypeError). Raises RuntimeError if the tensor requires
    gradients.
    """
    if requires_grad:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    return array if array.flags.writeable else writable_alias(array)


def array_from_buffer(buffer: Any, dtype: DType, count: int = -1, offset: int = 0) -> Array:
    """A vector that shares the memory of an object with the buffer protocol, as ``torch.frombuffer``.

    `count` elements (-1: all) from byte `offset` on. Raises ValueError for a length, offset or count that does not
    fit, or an object without the protocol.
    """
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError(
            f"object does not implement Python buffer protocol (frombuffer(): got {type(buffer).__name__})."
        ) from None
    size, itemsize = view.nbytes, dtype.itemsize
    if size == 0 or count == 0:
        raise ValueError(f"both buffer length ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({size} bytes) minus 1"
        )
    rest = size - offset
    if count < 0 and rest % itemsize:
        raise ValueError(
            f"buffer length ({rest} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({itemsize})"
        )
    if count > 0 and count * itemsize > rest:
        raise ValueError(
            f"requested buffer length ({count} * {itemsize} bytes) after offset ({offset} bytes) must not be greater "
            f"than actual buffer length ({size} bytes)"
        )
    bytes_ = np.frombuffer(buffer, np.uint8, count * itemsize if count > 0 else rest, offset)
    array = bytes_.view(dtype.numpy)
    if not array.flags.writeable:
        _warn_once(
            "buffer",
            "The given buffer is not writable, but a tensor always is: writing to the tensor changes memory that was "
            "meant to stay. Copy the buffer first. This warning is shown once.",
        )
        return writable_alias(array)
    return array


class _Memory:
    """Memory described by NumPy's array interface; `owner` keeps it alive."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, address: int, typestr: str, shape: tuple[int, ...], strides: tuple[int, ...], owner: object):
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, False),
            "typestr": typestr,
            "shape": shape,
            "strides": strides,
        }


def _array_at(
    address: int, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], owner: object
) -> Array:
    """A writable array over memory at `address`; `strides` in bytes."""
    # The interface knows NumPy's own dtypes only: bfloat16 and float8 pass as unsigned integers of the same size.
    typestr = dtype.str if dtype.isbuiltin == 1 else f"=u{dtype.itemsize}"
    array = np.asarray(_Memory(address, typestr, shape, strides, owner))
    return array if array.dtype == dtype else array.view(dtype)


def writable_alias(array: Array) -> Array:
    """The same memory as an array that NumPy lets be written (tensors know no read-only memory)."""
    return _array_at(array.ctypes.data, array.dtype, array.shape, array.strides, array)


def memory_between(start: int, end: int, owner: object) -> Array:
    """The bytes from one address to another, both inside memory that `owner` keeps alive."""
    return _array_at(start, np.dtype(np.uint8), (end - start,), (1,), owner)


# --- DLPack ------------------------------------------------------------------------------------------------------

#: DLPack's device types by torchere's names. Pinned host memory (3) and managed memory (13) come in as well.
_DEVICE_TYPES: Final = {"cpu": 1, "cuda": 2, "opencl": 4, "vulkan": 7, "mps": 8, "rocm": 10, "xpu": 14, "maia": 17}
_DEVICE_NAMES: Final = {number: name for name, number in _DEVICE_TYPES.items()} | {3: "cpu", 11: "cpu", 13: "cuda"}
#: DLPack's device of host memory.
HOST: Final = (1, 0)

#: (type code, bits) of each dtype.
_CODES: Final = {
    dtypes.bool_: (6, 8),
    dtypes.uint8: (1, 8),
    dtypes.int8: (0, 8),
    dtypes.uint16: (1, 16),
    dtypes.int16: (0, 16),
    dtypes.uint32: (1, 32),
    dtypes.int32: (0, 32),
    dtypes.uint64: (1, 64),
    dtypes.int64: (0, 64),
    dtypes.float16: (2, 16),
    dtypes.bfloat16: (4, 16),
    dtypes.float32: (2, 32),
    dtypes.float64: (2, 64),
    dtypes.float8_e4m3fn: (10, 8),
    dtypes.float8_e4m3fnuz: (11, 8),
    dtypes.float8_e5m2: (12, 8),
    dtypes.float8_e5m2fnuz: (13, 8),
    dtypes.complex64: (5, 64),
    dtypes.complex128: (5, 128),
}
_BY_CODE: Final = {code: dtype for dtype, code in _CODES.items()}


class _DLTensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Managed(ctypes.Structure):
    """The structure of a capsule called ``dltensor``."""

    _fields_ = (("tensor", _DLTensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p))


class _ManagedVersioned(ctypes.Structure):
    """The structure of a capsule called ``dltensor_versioned``."""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _DLTensor),
    )


_STRUCTURES: Final[dict[bytes, type[_Managed] | type[_ManagedVersioned]]] = {
    b"dltensor": _Managed,
    b"dltensor_versioned": _ManagedVersioned,
}
#: Names of consumed capsules; a capsule keeps the pointer to its name, so these must never be freed.
_USED: Final = {b"dltensor": b"used_dltensor", b"dltensor_versioned": b"used_dltensor_versioned"}

_capsule_name: Final = ctypes.pythonapi.PyCapsule_GetName
_capsule_name.argtypes, _capsule_name.restype = [ctypes.py_object], ctypes.c_char_p
_capsule_pointer: Final = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.argtypes, _capsule_pointer.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_void_p
_capsule_rename: Final = ctypes.pythonapi.PyCapsule_SetName
_capsule_rename.argtypes, _capsule_rename.restype = [ctypes.py_object, ctypes.c_char_p], ctypes.c_int
_DELETER: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _name_of(capsule: object) -> bytes:
    """A capsule's name; empty for other objects."""
    if type(capsule).__name__ != "PyCapsule":
        return b""
    name = _capsule_name(capsule)
    return name if isinstance(name, bytes) else b""


class _Borrowed:
    """Memory of another library; gives it back when collected."""

    __slots__ = ("address", "deleter")

    def __init__(self, address: int, deleter: int | None) -> None:
        self.address = address
        self.deleter: Callable[[int], None] | None = _DELETER(deleter) if deleter else None

    def __del__(self) -> None:
        if self.deleter is not None:
            self.deleter(self.address)


def _consume(capsule: object) -> Array:
    """The array a DLPack capsule describes; the capsule is used up."""
    name = _name_of(capsule)
    structure = _STRUCTURES.get(name)
    if structure is None:
        raise RuntimeError(
            f"from_dlpack received an invalid capsule ({name.decode() or type(capsule).__name__}). A DLPack capsule "
            "can be consumed once only; pass the object that makes it, e.g. from_dlpack(array)."
        )
    address = _capsule_pointer(capsule, name)
    managed = structure.from_address(address)
    if isinstance(managed, _ManagedVersioned) and managed.major != 1:
        raise BufferError(
            f"from_dlpack: the capsule has DLPack version {managed.major}.{managed.minor}, supported is 1.x. "
            "Copy through NumPy instead."
        )
    tensor: _DLTensor = managed.tensor
    dtype = _BY_CODE.get((tensor.code, tensor.bits))
    if dtype is None or tensor.lanes != 1:
        raise DTypeError(
            f"from_dlpack: unsupported DLPack type (code {tensor.code}, {tensor.bits} bits, {tensor.lanes} lanes). "
            "Convert the array to a supported dtype first."
        )
    if _DEVICE_NAMES.get(tensor.device_type) != "cpu":
        raise BufferError(
            f"from_dlpack: the memory lies on DLPack device ({tensor.device_type}, {tensor.device_id}), expected host "
            "memory. Copy it to the host first."
        )
    ndim, itemsize = tensor.ndim, dtype.itemsize
    shape = tuple(tensor.shape[:ndim]) if ndim else ()
    if tensor.strides:
        steps = tuple(tensor.strides[:ndim]) if ndim else ()
    else:  # compact, row-major
        steps = tuple(int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(ndim))
    if any(step < 0 for step, length in zip(steps, shape, strict=True) if length > 1):
        raise ValueError(f"from_dlpack: strides {steps} are negative; tensors cannot have those. Copy the array first.")
    _capsule_rename(capsule, _USED[name])
    owner = _Borrowed(address, managed.deleter)
    if 0 in shape:
        return np.empty(shape, dtype.numpy)
    start = (tensor.data or 0) + tensor.byte_offset
    return _array_at(start, dtype.numpy, shape, tuple(step * itemsize for step in steps), owner)


def array_from_dlpack(source: Any, *, copy: bool | None = None) -> Array:
    """The host array that an object with ``__dlpack__``, or a capsule, gives; without copying unless `copy` is True.

    Raises RuntimeError for other objects, used capsules and dtypes torchere has not; BufferError for memory of another
    device, or from a newer major version of DLPack; whatever the source's ``__dlpack__`` raises.
    """
    if not hasattr(source, "__dlpack__"):
        array = _consume(source)
        return array.copy() if copy else array
    asked: dict[str, Any] = {"max_version": (1, 0)}
    if copy is not None:
        asked["copy"] = copy
    try:
        capsule = source.__dlpack__(**asked)
    except TypeError:
        # A producer from before DLPack 1.0 knows none of these keywords.
        capsule = source.__dlpack__()
        array = _consume(capsule)
        return array.copy() if copy else array
    return _consume(capsule)


def array_to_dlpack(
    array: Array,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> object:
    """A DLPack capsule of a host array: what ``Tensor.__dlpack__`` returns.

    Versioned if `max_version` is 1.0 or more. Raises BufferError for a tensor that requires gradients and for another
    `dl_device`, TypeError or AssertionError for a stream.
    """
    if requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None and type(stream) is not int:
        raise TypeError(f"stream must be ``int`` or ``none``, got {type(stream).__name__}")
    if stream is not None and stream != -1:
        raise AssertionError(f"stream should be None on cpu, got {stream}.")
    if dl_device is not None and tuple(map(int, dl_device)) != HOST:
        raise BufferError(
            f"__dlpack__: cannot export host memory as DLPack device {tuple(dl_device)}. "
            "Move the tensor first: tensor.to(device)."
        )
    dtype = from_numpy_dtype(array.dtype)
    if not array.flags.writeable and max_version is None:
        array = writable_alias(array)  # an unversioned capsule cannot say that memory is read-only
    wanted = _CODES[dtype]
    plain = array if array.dtype.isbuiltin == 1 else array.view(f"u{dtype.itemsize}")
    capsule = plain.__dlpack__(max_version=max_version, copy=copy)
    if plain is not array:
        name = _name_of(capsule)
        managed = _STRUCTURES[name].from_address(_capsule_pointer(capsule, name))
        managed.tensor.code, managed.tensor.bits = wanted
    return capsule


def device_to_dlpack(device_type: str, index: int | None) -> tuple[int, int]:
    """What ``Tensor.__dlpack_device__`` returns. ValueError for a device DLPack has no number for."""
    number = _DEVICE_TYPES.get(device_type)
    if number is None:
        known = ", ".join(_DEVICE_TYPES)
        raise ValueError(
            f"Unknown device type {device_type} for Dlpack, which has {known}. Copy to the host first: tensor.cpu()."
        )
    return number, index or 0


def device_of_dlpack(source: Any) -> tuple[str, int]:
    """Device type and index of the memory of an object with ``__dlpack_device__``; a bare capsule counts as host.

    BufferError for a device type torchere has no name for.
    """
    describe = getattr(source, "__dlpack_device__", None)
    if describe is None:
        return "cpu", 0
    number, index = describe()
    name = _DEVICE_NAMES.get(int(number))
    if name is None:
        raise BufferError(f"from_dlpack: unknown DLPack device type {int(number)}. Copy the array to the host first.")
    return name, 0 if name == "cpu" else int(index)


# --- tensors -----------------------------------------------------------------------------------------------------


def tensor_to_dlpack(
    tensor: Any,
    *,
    stream: Any = -1,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> object:
    """``Tensor.__dlpack__``: a capsule of the tensor's memory, made by the array library of its device.

    To another `dl_device` the tensor is copied, which ``copy=False`` forbids (ValueError). Raises BufferError for a
    tensor that requires gradients, and see `array_to_dlpack`.
    """
    if tensor.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    device = tensor.device
    here = device_to_dlpack(device.type, device.index)
    if dl_device is not None and tuple(map(int, dl_device)) != here:
        number, index = map(int, dl_device)
        name = _DEVICE_NAMES.get(number)
        if name is None:
            raise BufferError(f"__dlpack__: unknown DLPack device type {number}. Copy to the host: tensor.cpu().")
        place = name if name == "cpu" else f"{name}:{index}"
        if copy is False:
            raise ValueError(f"cannot move (i.e. copy=False) tensor from {device} to {place} without copying.")
        return tensor_to_dlpack(tensor.to(place), stream=stream, max_version=max_version)
    array = tensor._array
    if isinstance(array, np.ndarray):
        return array_to_dlpack(array, stream=stream, max_version=max_version, copy=copy)
    asked = {"max_version": max_version, "copy": copy}
    # -1 says: the consumer needs no synchronisation, which array libraries spell None.
    return array.__dlpack__(
        stream=None if stream == -1 else stream, **{name: value for name, value in asked.items() if value is not None}
    )


def tensor_from_dlpack(source: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """``torch.from_dlpack``: a tensor sharing memory with an object that has ``__dlpack__``, or with a capsule.

    `device` moves the tensor, which ``copy=False`` forbids (ValueError); ``copy=True`` always copies. Memory of other
    devices is taken by a backend with a method ``from_dlpack(source) -> array``; BufferError where there is none.
    """
    from torchere.backend import backend_of, key_for
    from torchere.devices import device as Device
    from torchere.tensors.tensor import wrap

    name, index = device_of_dlpack(source)
    target = None if device is None else Device(device)
    moves = target is not None and (target.type != name or (target.index is not None and target.index != index))
    if moves and copy is False:
        raise ValueError(f"cannot move (i.e. copy=False) tensor from {name} to {target} without copying.")
    if name == "cpu":
        array = array_from_dlpack(source, copy=None if moves else copy)
        made: Any = wrap(array, key_for(Device("cpu"), from_numpy_dtype(array.dtype)))
    else:
        backend = backend_of(name)
        take = getattr(backend, "from_dlpack", None)
        if take is None:
            raise BufferError(
                f"from_dlpack: device plugin '{name}' takes no DLPack memory. Copy the array to the host first."
            )
        array = take(source)
        made = wrap(array, key_for(Device(name, index), backend.dtype_of(array)))
        if copy and not moves:
            made = made.clone()
    return made.to(target) if moves else made
