"""Forward-mode differentiation with dual tensors.

Inside a dual level ``make_dual(primal, tangent)`` is a tensor that carries a tangent, and ``unpack_dual`` gives the
tangent of any tensor computed from it. A dual is the beginning of a recorded graph; the tangent of a result is computed
when it is unpacked, by transposing the vector-Jacobian product of what lies between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from torchere.autograd.modes import _Mode, enable_grad, state
from torchere.autograd.node import Node
from torchere.autograd.saving import edge_of
from torchere.storage import Storage
from torchere.tensors.tensor import Tensor, wrap

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "transposing",
    "unpack_dual",
]


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` returns: the primal, and the tangent or None."""

    primal: Tensor
    tangent: Tensor | None


class DualNode(Node):
    """The beginning of a dual tensor's graph; gradients pass on to the primal's own."""

    __slots__ = ("level", "tangent")
    level: int
    tangent: Tensor

    def apply(self, grad: Any) -> Sequence[Any]:
        return (grad,) if self.edges else ()


class _Local(threading.local):
    def __init__(self) -> None:
        #: The level entered, if any.
        self.levels: list[int] = []
        #: Counts the levels left, so that a dual of an earlier one is known.
        self.generation = 0
        self.transposing = 0


_local = _Local()


@contextmanager
def transposing() -> Iterator[None]:
    """Backward passes inside are recorded to be transposed: a `Function` with a `jvp` then answers with that."""
    _local.transposing += 1
    try:
        yield
    finally:
        _local.transposing -= 1


def is_transposing() -> bool:
    """Whether a backward pass runs to be transposed."""
    return _local.transposing > 0


def enter_dual_level() -> int:
    """Enter a level; its number is what `exit_dual_level` takes. RuntimeError inside another: levels do not nest."""
    if _local.levels:
        raise RuntimeError(
            "Nested forward mode AD is not supported at the moment. Leave the level first, or nest torch.func.jvp."
        )
    _local.levels.append(len(_local.levels))
    state.duals = True
    state.refresh()
    return _local.levels[-1]


def exit_dual_level(*, level: int | None = None) -> None:
    """Leave the level: tangents of tensors made inside are gone."""
    if not _local.levels:
        raise RuntimeError("Trying to exit a forward AD level that does not exist: none was entered")
    if level is None:
        level = _local.levels[-1]
    if level != _local.levels[-1]:
        raise RuntimeError("Trying to exit a forward AD level that was not the last one that was created.")
    _local.levels.pop()
    state.duals = False
    state.refresh()
    _local.generation += 1


class dual_level(_Mode):
    """Context manager (and decorator) of a level: ``with dual_level(): …``."""

    def __enter__(self) -> int:  # type: ignore[override]
        return enter_dual_level()

    def __exit__(self, *_: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A tensor with the memory of `tensor` that carries `tangent`, of the same shape and dtype.

    RuntimeError outside of a level and for tangents that do not fit.
    """
    if not _local.levels:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for value, name in ((tensor, "tensor"), (tangent, "tangent")):
        if not (value.is_floating_point() or value.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {value.dtype}")
    if tuple(tensor._array.shape) != tuple(tangent._array.shape):
        raise RuntimeError(
            f"Expected tangent to have the same shape as the primal, got {list(tangent.shape)} and {list(tensor.shape)}"
        )
    if tangent.is_complex() and not tensor.is_complex():
        raise RuntimeError(
            f"Expected tangent to have the same dtype as the primal, which is real, got {tangent.dtype} for "
            f"{tensor.dtype}"
        )
    from torchere.func.levels import lift

    top = max(tensor._key.level, tangent._key.level)
    if tangent.dtype is not tensor.dtype:
        tangent = tangent.to(tensor.dtype)
    tensor, tangent = lift(tensor, top), lift(tangent, top)
    if unpack_dual(tensor).tangent is not None:
        raise RuntimeError("make_dual(): the tensor has a tangent already. Take the primal of unpack_dual() first.")
    dual = wrap(tensor._array, tensor._key)
    if tensor._storage is None:
        tensor._storage = Storage()
    dual._storage = tensor._storage
    node = DualNode()
    target = edge_of(tensor)
    node.edges = () if target is None else (target,)
    node.hooks = None
    node.level, node.tangent = _local.generation, tangent
    dual._node = node
    dual._requires_grad = True
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """(primal, tangent): the tensor without its tangent, and the tangent; None if it has none, and outside a level."""
    if not _local.levels:
        return UnpackedDualTensor(tensor, None)
    nodes, is_foreign = _beginnings(tensor)
    if not nodes:
        return UnpackedDualTensor(tensor, None)
    tangent = _tangent(tensor, nodes)
    if is_foreign and state.grad:
        primal = tensor
    else:
        primal = _bare(tensor)
    return UnpackedDualTensor(primal, tangent)


def _bare(tensor: Tensor) -> Tensor:
    alias = wrap(tensor._array, tensor._key)
    if tensor._storage is None:
        tensor._storage = Storage()
    alias._storage = tensor._storage
    return alias


def _beginnings(tensor: Tensor) -> tuple[list[DualNode], bool]:
    """(the dual nodes of the running level in a tensor's graph, whether it reaches other leaves, too)."""
    edge = edge_of(tensor)
    found: list[DualNode] = []
    is_foreign = False
    stack, seen = ([] if edge is None else [edge]), set()
    while stack:
        node = stack.pop()
        if not isinstance(node, Node):
            is_foreign = True
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, DualNode) and node.level == _local.generation:
            found.append(node)
        elif not node.edges:
            is_foreign = True
        stack += [item for item in node.edges if item is not None]
    return found, is_foreign


def _tangent(tensor: Tensor, nodes: Sequence[DualNode]) -> Tensor | None:
    from torchere.autograd.graph import GradientEdge
    from torchere.func.forward import Push
    from torchere.func.points import settled

    first = nodes[0]
    if len(nodes) == 1 and tensor._node is first:
        tangent: Tensor = first.tangent
        return tangent
    recording = state.grad
    with enable_grad():
        push = Push([tensor], [_Beginning(GradientEdge(node, 0)) for node in nodes])  # type: ignore[misc]
        if not any(item is not None for item in push.back):
            return None
        found: Tensor = settled(push([node.tangent for node in nodes], recording)[0], recording)
    return found


class _Beginning:
    """A dual node where `Push` expects a point."""

    def __init__(self, edge: Any) -> None:
        self._edge = edge

    def edge(self) -> Any:
        """The place in the graph."""
        return self._edge
