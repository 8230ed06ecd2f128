"""What nodes keep for the backward pass: tensors with their versions, results without a reference cycle."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from torchere.autograd.modes import state
from torchere.autograd.node import SPECIAL, Node, OutputSlot, Packed
from torchere.errors import GradientError
from torchere.storage import Storage
from torchere.tensors.tensor import Tensor, refresh_view, wrap

__all__ = [
    "attach_outputs",
    "edges_of",
    "fit",
    "load_list",
    "load_output",
    "metadata",
    "operator_of",
    "pack_node",
    "save_list",
    "save_output",
    "stale",
    "version_of",
]


_new = object.__new__


def edge_of(tensor: Any) -> Any:
    """Where a tensor's gradient goes: its node, itself if a leaf, None if it needs none."""
    if tensor is None or not tensor._requires_grad:
        return None
    if tensor._view is not None:
        refresh_view(tensor)
    return tensor if tensor._node is None else tensor._node


def edges_of(tensors: Sequence[Any]) -> tuple[Any, ...]:
    """The edges of several tensors."""
    return tuple(edge_of(tensor) for tensor in tensors)


def version_of(value: Any) -> int:
    """The version of a tensor's memory; 0 for numbers and None."""
    storage: Storage | None = getattr(value, "_storage", None)
    return 0 if storage is None else storage.version


def stale(node: Node, tensor: Any, expected: int, output: int | None = None) -> None:
    """Raise PyTorch's error about a saved tensor that was written to."""
    shape = ", ".join(str(size) for size in tensor._array.shape)
    source = ""
    if output is not None:
        source = f", which is output {output} of {operator_of(node)},"
    elif tensor._node is not None:
        source = f", which is output {tensor.output_nr} of {operator_of(tensor.grad_fn)},"
    raise GradientError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{_type_name(tensor)} [{shape}]]{source} is at version {version_of(tensor)}; expected version {expected} "
        f"instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
        f"torch.autograd.set_detect_anomaly(True, check_nan=False). (needed by {node.name()})"
    )


def operator_of(node: Any) -> str:
    """A node's name without the ending that says it is a node: ``Exp`` of ``ExpBackward0``."""
    return re.sub(r"Backward\d*$", "", str(node.name()))


def _type_name(tensor: Any) -> str:
    from torchere.promotion import scalar_type_name

    prefix = "torch." if tensor._key.device.type == "cpu" else f"torch.{tensor._key.device.type}."
    return f"{prefix}{scalar_type_name(tensor._key.dtype)}Tensor"


def save_list(tensors: Sequence[Any]) -> Any:
    """Several tensors with their versions."""
    return tuple(tensors), tuple(version_of(tensor) for tensor in tensors)


def load_list(node: Node, field: str) -> list[Any]:
    """What `save_list` kept, checked."""
    saved: Any = getattr(node, field)
    kind = saved.__class__
    if kind in SPECIAL:
        return list(saved.unpack(node))
    tensors, versions = saved
    found = []
    for tensor, version in zip(tensors, versions, strict=True):
        if tensor.__class__ is Packed:
            tensor = tensor.unpack(node)
        elif tensor is not None and version_of(tensor) != version:
            stale(node, tensor, version)
        found.append(tensor)
    return found


def save_output(tensor: Any) -> Any:
    """A result as (array, key, storage, version): a reference to the tensor would keep its own node alive."""
    storage = tensor._storage
    if storage is None:
        storage = tensor._storage = Storage()
    return tensor._array, tensor._key, storage, storage.version


def load_output(node: Node, saved: Any, index: int) -> Any:
    """The result again, as a tensor in the graph."""
    if saved.__class__ is tuple:
        array, key, storage, version = saved
        tensor = _new(Tensor)
        tensor._array = array
        tensor._key = key
        tensor._storage = storage
        tensor._view = None
        tensor._requires_grad = False
        tensor._node = None
        if storage.version != version:
            stale(node, tensor, version, index)
        if not state.enabled:
            # The rule's own operations are not recorded: the result's place in the graph does not matter.
            return tensor
    else:
        tensor = saved.unpack(node).detach()
    if tensor._key.dtype.is_floating_point or tensor._key.dtype.is_complex:
        tensor._requires_grad = True
        tensor._node = node if node.output_count == 1 else OutputSlot(node, index)
    return tensor


def pack_node(node: Node, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
    """Replace what a node saved by what a saved-tensor hook makes of it."""
    for field in node.saved_inputs:
        value = getattr(node, field)
        if isinstance(value, Tensor):
            setattr(node, field, Packed(pack_hook(value.detach()), unpack_hook, edge_of(value)))
        elif value.__class__ is tuple:
            tensors, versions = value
            packed = tuple(
                Packed(pack_hook(item.detach()), unpack_hook, edge_of(item)) if isinstance(item, Tensor) else item
                for item in tensors
            )
            setattr(node, field, (packed, versions))
    for field in node.saved_outputs:
        array, key, _, _ = getattr(node, field)
        setattr(node, field, Packed(pack_hook(wrap(array, key)), unpack_hook))


def metadata(value: Any, key: Any) -> tuple[Any, Any, Any]:
    """(shape, dtype, device) of a tensor; of a number: those of a 0-d tensor of the operator's key."""
    if isinstance(value, Tensor):
        return tuple(value._array.shape), value._key.dtype, value._key.device
    if isinstance(value, (list, tuple)):
        return [tuple(item._array.shape) for item in value], value[0]._key.dtype, value[0]._key.device
    return (), key.dtype, key.device


def attach_outputs(results: Sequence[Any], node: Node, differentiable: Sequence[int] | None) -> None:
    """Make each differentiable result an output of `node`."""
    if node.output_count != len(results):
        node.output_count = len(results)  # type: ignore[misc]
    for index, tensor in enumerate(results):
        if tensor is None or (differentiable is not None and index not in differentiable):
            continue
        dtype = tensor._key.dtype
        if dtype.is_floating_point or dtype.is_complex:
            tensor._requires_grad = True
            tensor._node = OutputSlot(node, index)


def fit(grad: Any, shape: tuple[int, ...], key: Any) -> Any:
    """Sum a gradient over the axes along which its input was broadcast, and give it the input's dtype."""
    have = grad._array.shape
    if have != shape:
        extra = len(have) - len(shape)
        if extra < 0:
            return grad.expand(shape)
        dims = tuple(range(extra)) + tuple(
            extra + axis for axis, size in enumerate(shape) if size == 1 and have[extra + axis] != 1
        )
        if dims:
            grad = grad.sum(dims, keepdim=True)
        if extra:
            grad = grad.reshape(shape)
        elif grad._array.shape != shape:
            grad = grad.expand(shape)
    if grad._key is not key:
        if grad._key.dtype.is_complex and not key.dtype.is_complex:
            grad = grad.real
        if grad._key is not key:
            grad = grad.to(device=key.device, dtype=key.dtype)
    return grad
