"""In-place writes: version counters, history, writes through views."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torchere.autograd.modes import no_grad, state
from torchere.autograd.node import Identity, Node
from torchere.autograd.saving import edge_of
from torchere.errors import DTypeError, GradientError, ShapeError
from torchere.storage import InferenceStorage, Storage, refuse_inference_write
from torchere.tensors.gradients import move_retained
from torchere.tensors.overlap import check_apart, check_distinct
from torchere.tensors.tensor import Tensor, refresh_view, wrap
from torchere.tensors.views import refuse_rewriting

__all__ = ["before_write", "check_expandable", "check_writable", "copy_", "fill_", "unrecorded", "write", "zero_"]


class CopySlices(Node):
    """A base after a write through one of its views: the gradient outside the view goes to the base's old value."""

    __slots__ = ("replay",)
    replay: Any

    def apply(self, grad: Any) -> Sequence[Any]:
        old, written = self.edges
        if not grad.is_contiguous():  # as_strided among the views reaches through memory; a gradient may be expanded
            grad = grad.contiguous()
        to_written = self.replay(grad) if written is not None else None
        if old is None:
            return None, to_written
        rest = grad.clone()
        self.replay(rest).zero_()
        return rest, to_written


class OverwriteBackward(Node):
    """A tensor after all its elements were replaced by constants: its old value gets a zero gradient."""

    __slots__ = ()

    def apply(self, grad: Any) -> Sequence[Any]:
        return (grad.new_zeros(grad.shape),)


class FillBackward0(OverwriteBackward):
    """After `fill_`."""

    __slots__ = ()


class ZeroBackward0(OverwriteBackward):
    """After `zero_`."""

    __slots__ = ()


class CopyBackwards(Node):
    """A tensor after `copy_`: the gradient goes to the source, converted to its shape, dtype and device."""

    __slots__ = ("key", "shape")
    key: Any
    shape: tuple[int, ...]

    def apply(self, grad: Any) -> Sequence[Any]:
        from torchere.autograd.saving import fit

        source = None
        if self.edges[1] is not None:
            source = fit(grad, self.shape, self.key)
        return grad.new_zeros(grad.shape) if self.edges[0] is not None else None, source


def _base_of(view: Tensor) -> Tensor:
    base = view._base
    assert base is not None
    return base


def check_writable(target: Tensor, name: str, *, gradients: bool = False, distinct: bool = True) -> None:
    """Raise where PyTorch lets nobody write.

    An inference tensor outside inference mode; while recording a leaf that requires gradients, a view of one, or a
    view whose history cannot be rewritten (`gradients`: an operand requires them); and, unless not `distinct`, a
    tensor of which several elements are one place.
    """
    storage = target._storage
    if storage.__class__ is InferenceStorage:
        refuse_inference_write(storage)
    if state.enabled:
        _check_history(target, name, gradients)
    if distinct and (target._view is not None or not is_writable(target._array)):
        check_distinct(target, name)


def is_writable(array: Any) -> bool:
    """False for an array that its library protects, as aliases of expanded tensors are."""
    return bool(getattr(getattr(array, "flags", None), "writeable", True))


def _check_history(target: Tensor, name: str, gradients: bool) -> None:
    """Raise unless a write to `target` can be recorded."""
    if target._view is None:
        if target._requires_grad and target._node is None:
            raise GradientError(
                f"a leaf Variable that requires grad is being used in an in-place operation. ({name}(): use "
                "torch.no_grad(), or the out-of-place operator)"
            )
        return
    base = _base_of(target)
    if gradients or target._requires_grad or base._requires_grad:
        refuse_rewriting(target, name)
    if _leaf_above(target):
        raise GradientError(
            f"a view of a leaf Variable that requires grad is being used in an in-place operation. ({name}(): use "
            "torch.no_grad(), or the out-of-place operator)"
        )
    if base._requires_grad and not target._requires_grad:
        refresh_view(target)
        if not target._requires_grad:
            refuse_rewriting(target, name)


def _leaf_above(view: Tensor) -> bool:
    """Whether the view, its base or a view between them is a leaf that requires gradients."""
    step: Any = view
    while True:
        if step._requires_grad and step._node is None:
            return True
        if step._view is None:
            return False
        step = step._view[0]


def before_write(target: Tensor, *, copy: bool) -> Tensor:
    """The operand's old value as an operand of its own; `copy` if backward will need its elements."""
    if target._view is not None:
        refresh_view(target)
    array = target._array
    if copy:
        with unrecorded(target):
            array = wrap(array, target._key).clone()._array
    old = wrap(array, target._key)
    old._requires_grad = target._requires_grad
    old._node = target._node
    return old


def unrecorded(target: Tensor) -> AbstractContextManager[None]:
    """`no_grad` for a device's own tensors. Inside `vmap` the tensors below may have a graph that goes on."""
    return nullcontext() if target._key.level else no_grad()


def write(target: Tensor, result: Tensor, recording: bool) -> None:
    """Write `result` into the memory of `target`, whose history becomes that of `result`."""
    target._key.backend.copy_into(target._array, result._array)
    _bump(target)
    if recording and result._requires_grad:
        _set_history(target, result._node if result._node is not None else result)


def _bump(target: Tensor) -> Storage:
    storage = target._storage
    if storage is None:
        storage = target._storage = Storage()
    storage.version += 1
    return storage


def _set_history(target: Tensor, node: Any) -> None:
    """Make `node` the origin of `target`; for a view, of that part of its base."""
    storage = target._storage
    assert storage is not None
    if not isinstance(node, Node):
        # The result was a leaf handed through: an identity node keeps it apart from the written tensor.
        node = Identity(node)
    storage.rebased += 1
    base = target if target._view is None else _base_of(target)
    views = [] if base._requires_grad else other_views(target)
    if target is base:
        _become_result(target, node)
    else:
        chain = []
        step = target
        while step._view is not None:
            parent, op, args, _ = step._view
            chain.append((op.entry, args))
            step = parent
        chain.reverse()

        def replay(tensor: Any) -> Any:
            for entry, args in chain:
                tensor = entry(tensor, *args)
            return tensor

        slices = CopySlices()
        slices.edges = (edge_of(base), node)
        slices.replay = replay
        _become_result(base, slices)
        target._requires_grad = True
        refresh_view(target)
    for view in views:
        view._requires_grad = True
        # One whose history cannot be rewritten raises when it is used.
        with contextlib.suppress(GradientError):
            refresh_view(view)


def other_views(target: Tensor) -> list[Tensor]:
    """The other views of the memory of `target`.

    They must learn when its base begins to require gradients. That happens to a base once, and making a view happens
    all the time: nobody keeps a list, the garbage collector is asked who refers to the storage.
    """
    storage, step = target._storage, target
    holders = 3  # the names here and in the caller, and the call that counts
    while step is not None:
        holders += step._storage is storage
        step = step._view[0] if step._view is not None else None  # type: ignore[assignment]
    if sys.getrefcount(storage) <= holders:
        return []
    return [
        found
        for found in gc.get_referrers(storage)
        if isinstance(found, Tensor) and found is not target and found._storage is storage and found._view is not None
    ]


def _become_result(tensor: Tensor, node: Node) -> None:
    """Make `tensor` the result of `node`; a gradient it retains is that of its new value."""
    old = tensor._node
    tensor._node = node
    tensor._requires_grad = True
    if tensor._retains:
        move_retained(tensor, old)


def copy_(target: Tensor, other: Any, non_blocking: bool = False) -> Tensor:
    """Copy `other`, broadcast to this tensor's shape, converted to its dtype and device, into its memory."""
    source = other
    if not isinstance(source, Tensor):
        from torchere.creation import tensor

        if not isinstance(source, (bool, int, float, complex)):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(source).__name__}")
        source = tensor(source, dtype=target.dtype, device=target.device)
    if id(source) == id(target):
        return target
    if source._key.backend is not target._key.backend and source._key.backend.layout is not target._key.backend.layout:
        raise ShapeError(
            "copy_() between dense and sparse Tensors is not implemented! Found self type = "
            f"{target.type()} and src type = {source.type()}. Convert first: x.to_dense() or x.to_sparse()."
        )
    if source._key.level != target._key.level:
        from torchere.func.levels import InPlaceError, lift

        source = lift(source, target._key.level)
        if source._key.level > target._key.level:
            raise InPlaceError(
                "vmap: copy_(self, src) is not possible because `src` is being vmapped over and `self` is not. Make "
                "`self` with new_zeros() or another method of a mapped tensor."
            )
    shape, wanted = tuple(source._array.shape), tuple(target._array.shape)
    if shape != wanted:
        _check_copy(shape, wanted)
    check_writable(target, "copy_", gradients=source._requires_grad)
    check_apart(target, source, "copy_")
    recording = state.enabled and (target._requires_grad or source._requires_grad)
    array = source._array
    if source._key.device is not target._key.device:
        backend = target._key.backend
        array = backend.from_numpy(source._key.backend.to_numpy(array), target._key.device.index)
    if source._key.dtype.is_complex and not target._key.dtype.is_complex:
        from torchere.tensors.conversion import warn_discarding_imaginary

        warn_discarding_imaginary()
        array = source.detach().real._array if source._key.device is target._key.device else array.real
    node = None
    if recording and target._view is not None:
        refresh_view(target)
    if recording:
        node = CopyBackwards()
        node.edges = (edge_of(target), edge_of(source))
        node.key, node.shape = source._key, shape
    try:
        target._key.backend.copy_into(target._array, array)
    except ValueError as error:
        _explain_read_only(error)
        raise
    _bump(target)
    if node is not None:
        _set_history(target, node)
    return target


def _explain_read_only(error: ValueError) -> None:
    if "read-only" in str(error):
        raise ShapeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        ) from error


def _misfit(shape: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, int, int | None] | None:
    """(dimension of `wanted`, size there, size in `shape`) where `shape` does not expand to it; None if it does."""
    for offset in range(1, max(len(shape), len(wanted)) + 1):
        have = shape[-offset] if offset <= len(shape) else 1
        if offset > len(wanted):
            return len(wanted) - offset, have, None
        if have not in (wanted[-offset], 1):
            return len(wanted) - offset, have, wanted[-offset]
    return None


def check_expandable(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise unless a value of `shape` can be assigned to an element selection of shape `wanted`."""
    misfit = _misfit(shape, wanted)
    if misfit is None:
        return
    axis, have, need = misfit
    if need is None:
        raise ShapeError(
            f"expand(torch.FloatTensor{{{list(shape)}}}, size={list(wanted)}): the number of sizes provided "
            f"({len(wanted)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    raise ShapeError(
        f"The expanded size of the tensor ({need}) must match the existing size ({have}) at non-singleton "
        f"dimension {axis}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
    )


def _check_copy(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise unless a source of `shape` can be copied into a tensor of shape `wanted`."""
    misfit = _misfit(shape, wanted)
    if misfit is None:
        return
    axis, have, need = misfit
    if need is None or need == 1:
        raise ShapeError(
            f"output with shape {list(wanted)} doesn't match the broadcast shape of it and the source, {list(shape)} "
            "(copy_())"
        )
    raise ShapeError(
        f"The size of tensor a ({need}) must match the size of tensor b ({have}) at non-singleton dimension {axis} "
        f"(copy_(): source of shape {list(shape)} into {list(wanted)})"
    )


def _overwrite(target: Tensor, array: Any, kind: type[OverwriteBackward], name: str) -> Tensor:
    check_writable(target, name, distinct=False)
    node = None
    if state.enabled and target._requires_grad:
        if target._view is not None:
            refresh_view(target)
        node = kind()
        node.edges = (edge_of(target),)
    place = target._array
    if not is_writable(place):
        # An alias of an expanded tensor: with one value for all elements it does not matter that they coincide.
        from torchere.exchange import writable_alias

        place = writable_alias(place)
    target._key.backend.copy_into(place, array)
    _bump(target)
    if node is not None:
        _set_history(target, node)
    return target


def fill_(target: Tensor, value: Any) -> Tensor:
    """Set every element to `value`, a number or a 0-d tensor."""
    if isinstance(value, Tensor):
        if value._array.shape:
            raise ShapeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
            )
        return copy_(target, value)
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(f"fill_(): argument 'value' (position 1) must be Number, not {type(value).__name__}")
    dtype = target._key.dtype
    if isinstance(value, complex) and not dtype.is_complex:
        raise DTypeError(f"value cannot be converted to type {dtype.name} without overflow")
    if dtype.category == 1 and isinstance(value, float):
        value = int(value)
    import numpy as np

    filler = np.asarray(value).astype(dtype.numpy)
    backend = target._key.backend
    return _overwrite(target, backend.from_numpy(filler, target._key.device.index), FillBackward0, "fill_")


def zero_(target: Tensor) -> Tensor:
    """Set every element to zero."""
    import numpy as np

    zero = target._key.backend.from_numpy(np.zeros((), target._key.dtype.numpy), target._key.device.index)
    return _overwrite(target, zero, ZeroBackward0, "zero_")
