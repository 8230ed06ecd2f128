"""The levels of `vmap`: a tensor inside one is an ordinary Tensor whose array is another tensor.

Each level of nesting is a *backend*. Its native array, `Batched`, holds a tensor of the level below (or of the device)
and says whether that tensor's first axis is the batch; its keys (`LevelKey`) report the device and dtype of what is
held. So shapes, dtypes and devices are those of one example, autograd records over these tensors as over any, and the
tensors below record theirs. Kernels of a level are the batching rules (`torchere.func.batching`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torchere.autograd.modes import state
from torchere.backend import DeviceBackend, Key, key_for
from torchere.devices import device as Device
from torchere.dtypes import DTYPES, DType
from torchere.tensors.tensor import Tensor, wrap

__all__ = [
    "Batched",
    "DataDependentError",
    "Frame",
    "InPlaceError",
    "LevelBackend",
    "LevelKey",
    "at_depth",
    "batched",
    "frame_of",
    "level_key",
    "lift",
    "mapped",
]


class DataDependentError(RuntimeError):
    """A value of a mapped tensor was asked for: every example has its own."""


class InPlaceError(RuntimeError):
    """A write of one value per example into a tensor that has one for all."""


class Batched:
    """The native array of a level: `tensor`, whose first axis is the batch if `is_batched`."""

    __slots__ = ("is_batched", "tensor")

    def __init__(self, tensor: Tensor, is_batched: bool) -> None:
        self.tensor = tensor
        self.is_batched = is_batched

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        shape: tuple[int, ...] = self.tensor._array.shape
        return shape[1:] if self.is_batched else shape

    @property
    def dtype(self) -> DType:
        """The dtype, which is also the native one here."""
        return self.tensor._key.dtype


class Frame:
    """One running `vmap`: the size of its batch and what random operators do."""

    __slots__ = ("randomness", "size")

    def __init__(self, size: int, randomness: str) -> None:
        self.size = size
        self.randomness = randomness


class _Frames(threading.local):
    def __init__(self) -> None:
        self.stack: list[Frame] = []


_frames = _Frames()


def frame_of(level: int) -> Frame:
    """The running `vmap` of a level. RuntimeError if it has ended: the tensor outlived it."""
    if level > len(_frames.stack):
        raise RuntimeError(
            "a tensor made inside a vmap is used after the vmap has returned. Return it from the mapped function "
            "instead of storing it elsewhere."
        )
    return _frames.stack[level - 1]


@contextmanager
def mapped(size: int, randomness: str) -> Iterator[int]:
    """Open a level inside the current one; yields its number."""
    depth, outside = state.depth, list(_frames.stack)
    del _frames.stack[depth:]  # a level above is at work on tensors of this one
    _frames.stack.append(Frame(size, randomness))
    state.depth = depth + 1
    try:
        yield depth + 1
    finally:
        _frames.stack[:] = outside
        state.depth = depth


@contextmanager
def at_depth(depth: int) -> Iterator[None]:
    """Factories and transforms inside act on level `depth`: a level carries out an operator on the one below."""
    previous = state.depth
    state.depth = depth
    try:
        yield
    finally:
        state.depth = previous


class LevelKey(Key):
    """A (level, device, dtype) triple, interned."""

    __slots__ = ("level",)

    def __init__(
        self, level: int, backend: LevelBackend, device: Device, dtype: DType, by_native: dict[Any, Key]
    ) -> None:
        super().__init__(backend, device, dtype, by_native)
        self.level = level

    def __repr__(self) -> str:
        return f"<Key vmap {self.level} {self.device} {self.dtype.name}>"

    def of_array(self, array: Any) -> Key:
        """The key of an array of this level."""
        return level_key(self.level, array.tensor._key.device, array.dtype)

    def with_dtype(self, dtype: DType) -> Key:
        """The key of the same level and device, and another dtype."""
        return self if dtype is self.dtype else level_key(self.level, self.device, dtype)

    def accompany(self, made: Any) -> Any:
        """`made`, a fresh tensor, as one of this level with a copy for each example, so that it can be written to."""
        held = lift(made, self.level)
        array = held._array
        if not array.is_batched:
            below = array.tensor
            size = frame_of(self.level).size
            array.tensor = below.unsqueeze(0).expand(size, *below._array.shape).clone()
            array.is_batched = True
        return held

    def __reduce__(self) -> tuple[Any, ...]:
        return level_key, (self.level, self.device, self.dtype)


class LevelBackend(DeviceBackend):
    """The backend of one level of `vmap`."""

    name = "vmap"
    array_type = Batched
    dtypes = tuple(dtype.name for dtype in DTYPES)

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def native_dtype(self, dtype: DType) -> Any:
        """The dtype itself."""
        return dtype

    def dtype_of(self, array: Any) -> DType:
        """The dtype of what is held."""
        found: DType = array.dtype
        return found

    def from_numpy(self, array: Any, index: int | None) -> Any:
        """One value for all examples, in host memory."""
        from torchere.creation import from_numpy

        return Batched(from_numpy(array.copy()), False)

    def to_numpy(self, array: Any) -> Any:
        """The values if they are the same for every example; else DataDependentError."""
        if array.is_batched:
            raise DataDependentError(
                "vmap: It looks like you're calling .item() on a Tensor, or converting it to Python or NumPy values. "
                "Each example has another value there: vmap over calling .item() on a Tensor is not supported. Rewrite "
                "it with operators."
            )
        below = array.tensor
        return below._key.backend.to_numpy(below._array)

    def copy_into(self, destination: Any, source: Any) -> None:
        """Write into the tensor held, in its own graph."""
        from torchere.func.batching import aligned

        if source.is_batched and not destination.is_batched:
            raise InPlaceError(
                "vmap: an in-place operator writes a Tensor that is being vmapped over into one that is not being "
                "vmapped over. Use the out-of-place operator; or make the tensor with new_zeros() or another method of "
                "a mapped tensor, so that it has a copy for each example."
            )
        value = aligned(source, len(destination.shape)) if source.is_batched else source.tensor
        with at_depth(self.level - 1):
            destination.tensor.copy_(value)

    def strides(self, array: Any) -> tuple[int, ...]:
        """The strides of one example."""
        steps: tuple[int, ...] = tuple(array.tensor.stride())
        return steps[1:] if array.is_batched else steps

    def storage_offset(self, array: Any) -> int:
        """The offset of the first example."""
        offset: int = array.tensor.storage_offset()
        return offset

    def data_ptr(self, array: Any) -> int:
        """The address of the first example's first element."""
        address: int = array.tensor.data_ptr()
        return address

    def is_contiguous(self, array: Any) -> bool:
        """Whether an example's elements lie in row-major order without gaps."""
        step = 1
        for size, stride in zip(reversed(array.shape), reversed(self.strides(array)), strict=True):
            if size != 1 and stride != step:
                return False
            step *= size
        return True

    def astype(self, array: Any, native_dtype: Any) -> Any:
        """Converted."""
        return Batched(array.tensor.to(native_dtype), array.is_batched)

    def alias(self, array: Any) -> Any:
        """The same memory outside the graphs of all levels below."""
        return Batched(array.tensor.detach(), array.is_batched)

    def on_device(self, array: Any, index: int | None) -> Any:
        """Levels follow the tensors they hold."""
        return array


_keys: dict[tuple[int, Device, DType], LevelKey] = {}
_natives: dict[tuple[int, Device], dict[Any, Key]] = {}
_backends: dict[int, LevelBackend] = {}
_lock = threading.Lock()


def level_key(level: int, device: Device, dtype: DType) -> Key:
    """The key of tensors of `level` (0: the device's own) that hold a tensor on `device`."""
    if not level:
        return key_for(device, dtype)
    found = _keys.get((level, device, dtype))
    if found is None:
        with _lock:
            backend = _backends.get(level)
            if backend is None:
                backend = _backends[level] = LevelBackend(level)
            by_native = _natives.setdefault((level, device), {})
            found = _keys.get((level, device, dtype)) or LevelKey(level, backend, device, dtype, by_native)
            by_native[dtype] = found
            _keys[level, device, dtype] = found
    return found


def batched(tensor: Tensor, level: int, is_batched: bool = True) -> Tensor:
    """A tensor of `level` that holds `tensor`, whose first axis is the batch."""
    return wrap(Batched(tensor, is_batched), level_key(level, tensor._key.device, tensor._key.dtype))


def lift(tensor: Tensor, level: int) -> Tensor:
    """`tensor` as one of `level`: itself if it is, otherwise one value for all examples."""
    return tensor if tensor._key.level >= level else batched(tensor, level, False)
