"""In-place methods that change a tensor's shape or memory rather than its elements, and properties that are views."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from torchere.autograd.differentiate import tensor_backward
from torchere.autograd.modes import state
from torchere.errors import GradientError, ShapeError
from torchere.operators import operator_named
from torchere.operators.catalogue import function
from torchere.storage import Storage, refuse_inference_write
from torchere.tensors import rewriting
from torchere.tensors.tensor import Tensor, wrap

__all__ = ["bind"]


def _become(target: Tensor, other: Tensor) -> Tensor:
    """Give `target` the array and history of `other`, a view of it."""
    rewriting.check_writable(target, "in-place view")
    target._array = other._array
    if target._view is None:
        target._node = other._node
        target._requires_grad = other._requires_grad
    else:
        target._node = other._node
        target._requires_grad = other._requires_grad
        target._view = other._view
    storage = target._storage
    if storage is None:
        storage = target._storage = Storage()
    storage.version += 1
    return target


def _reseater(name: str) -> Callable[..., Tensor]:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if state.enabled and self._requires_grad and self._node is None:
            raise GradientError(
                f"a leaf Variable that requires grad is being used in an in-place operation. ({name}_())"
            )
        # The view's history must lead to what this tensor was, not to itself.
        old = wrap(self._array, self._key)
        old._requires_grad, old._node = self._requires_grad, self._node
        if self._view is not None:
            old = self
        if name == "as_strided":  # the operator of that name takes normalised arguments
            return _become(self, function("", "as_strided")(old, *args, **kwargs))
        return _become(self, operator_named(name).entry(old, *args, **kwargs))

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}`, changing this tensor's own shape; the memory stays."
    return method


def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Change the shape; the elements are then those of the memory from the tensor's start on, in row-major order.

    Memory that is large enough stays, so that views go on sharing it; otherwise the tensor alone moves to new memory
    (in PyTorch views move along), whose further elements are uninitialised. `memory_format` orders the new shape.
    RuntimeError for a tensor that requires gradients.
    """
    from torchere.operators.arguments import shape_tuple

    shape = shape_tuple(sizes, "resize_")
    if self._requires_grad:
        raise GradientError("cannot resize variables that require grad")
    refuse_inference_write(self._storage)
    if min(shape, default=0) < 0:
        raise ShapeError(f"resize_: sizes must not be negative, got {list(shape)}")
    if shape == tuple(self._array.shape) and memory_format is None:
        return self
    self._array = _resized(self, shape, _strides_in(shape, memory_format))
    storage = self._storage
    if storage is None:
        storage = self._storage = Storage()
    storage.version += 1
    return self


def _strides_in(shape: tuple[int, ...], memory_format: Any) -> tuple[int, ...]:
    """Strides of a dense tensor of this shape in a memory format; row-major for None."""
    order = range(len(shape))
    name = getattr(memory_format, "name", "contiguous_format")
    if name == "preserve_format":
        raise ShapeError("Unsupported memory format: resize_ makes a new order of elements, preserve_format keeps one")
    if name.startswith("channels_last"):
        rank = 4 if name == "channels_last" else 5
        if len(shape) != rank:
            raise ShapeError(f"required rank {rank} tensor to use {name} format")
        order = (0, *range(2, rank), 1)  # type: ignore[assignment]
    strides, step = [0] * len(shape), 1
    for axis in reversed(order):
        strides[axis] = step
        step *= max(shape[axis], 1)
    return tuple(strides)


def _resized(tensor: Tensor, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """An array of another shape over the memory of `tensor`, or with its contents in more memory."""
    backend, device = tensor._key.backend, tensor._key.device
    count = math.prod(shape)
    if device.type == "cpu":
        from torchere.storages import array_in_storage, untyped_storage_of

        storage, itemsize = untyped_storage_of(tensor), tensor._key.dtype.itemsize
        offset = tensor.storage_offset() if tensor.numel() else 0
        if (offset + count) * itemsize <= storage.nbytes():
            return array_in_storage(storage, tensor._key.dtype, offset, shape, strides)
        flat = np.zeros(offset + count, tensor._key.dtype.numpy)
        old = storage._memory.read()
        flat.view(np.uint8)[: old.size] = old
    else:
        offset = 0
        old = backend.to_numpy(tensor._array).ravel()
        flat = np.zeros(count, old.dtype)
        flat[: min(count, old.size)] = old[:count]
    itemsize = flat.itemsize
    array: Any = np.ndarray(shape, flat.dtype, flat, offset * itemsize, tuple(step * itemsize for step in strides))
    return array if device.type == "cpu" else backend.from_numpy(array, device.index)


def resize_as_(self: Tensor, the_template: Tensor, memory_format: Any = None) -> Tensor:
    """Change the shape to that of another tensor."""
    return resize_(self, tuple(the_template._array.shape), memory_format=memory_format)


def set_(
    self: Tensor,
    source: Any = None,
    storage_offset: int | None = None,
    size: Any = None,
    stride: Any = None,
) -> Tensor:
    """Share the memory of `source`, a tensor or a storage, as a tensor of `size` and `stride`; without it become empty.

    A tensor alone is shared with its shape and strides, a storage alone as a vector. RuntimeError for another dtype,
    and where size and stride leave the memory (PyTorch would enlarge it).
    """
    from torchere.storages import UntypedStorage, array_in_storage, untyped_storage_of

    if self._requires_grad and state.enabled:
        raise GradientError("a leaf Variable that requires grad is being used in an in-place operation. (set_())")
    refuse_inference_write(self._storage)
    if source is None:
        source = wrap(self._key.backend.from_numpy(np.zeros((0,), self._key.dtype.numpy), None), self._key)
    dtype = self._key.dtype
    is_tensor = isinstance(source, Tensor)
    given = dtype if isinstance(source, UntypedStorage) else source.dtype
    if given is not dtype:
        raise RuntimeError(
            f"Could not set tensor of type {given.name} to a tensor of type {dtype.name} (set_()). Convert it first, "
            f"or make the tensor with dtype=torch.{given.name}."
        )
    if is_tensor and size is None:
        self._array, self._key = source._array, source._key
        if source._storage is None:
            source._storage = Storage()
        self._storage = source._storage
    else:
        memory = untyped_storage_of(source) if is_tensor else source.untyped()
        shape = (memory.nbytes() // dtype.itemsize,) if size is None else tuple(size)
        steps = tuple(stride) if stride is not None else tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))
        self._array = array_in_storage(memory, dtype, storage_offset or 0, shape, steps)
        self._storage = Storage()
    self._storage.version += 1
    return self


def _part(name: str) -> property:
    def get(self: Tensor) -> Any:
        if name == "real" and not self._key.dtype.is_complex:
            return self
        return operator_named(name).entry(self)

    def put(self: Tensor, value: Any) -> None:
        get(self).copy_(value)

    return property(get, put, doc=f"The {name} part, a view. Assignment writes into it.")


def _transposed(name: str) -> property:
    def get(self: Any) -> Any:
        ndim = len(self._array.shape)
        if name == "T":
            return self.permute(tuple(range(ndim))[::-1])
        if name == "H" and ndim not in (0, 2):
            raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.")
        if name in ("mT", "mH") and ndim < 2 and not (name == "mH" and ndim == 0):
            raise RuntimeError(
                f"tensor.{name} is only supported on matrices or batches of matrices. Got {ndim}-D tensor."
            )
        if ndim < 2:
            return self.conj() if name in ("H", "mH") else self
        swapped = self.transpose(-2, -1)
        return swapped.conj() if name in ("H", "mH") and self._key.dtype.is_complex else swapped

    texts = {
        "T": "All dimensions reversed, a view.",
        "mT": "The last two dimensions swapped, a view.",
        "H": "A matrix transposed and conjugated.",
        "mH": "The last two dimensions swapped, conjugated.",
    }
    return property(get, doc=texts[name])


def bind() -> None:
    """Put these methods, and the writing ones, on Tensor; at start-up, because they need Tensor and the operators."""
    for method in (rewriting.copy_, rewriting.fill_, rewriting.zero_, resize_, resize_as_, set_):
        setattr(Tensor, method.__name__, method)
    setattr(Tensor, "backward", tensor_backward)  # noqa: B010 - mypy: Tensor has no such attribute yet
    for name in ("squeeze", "unsqueeze", "t", "transpose", "swapaxes", "swapdims", "as_strided"):
        setattr(Tensor, f"{name}_", _reseater(name))
    for name in ("real", "imag"):
        setattr(Tensor, name, _part(name))
    for name in ("T", "mT", "H", "mH"):
        setattr(Tensor, name, _transposed(name))
