"""Where a transform differentiates: inputs that stand for the caller's, and results freed of what only they need.

A *point* is an alias of an input that is the end of the transform's own graph, but passes gradients on to the caller's
tensor. So transforms nest without noticing each other: an inner one stops at its points, an outer one goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torchere.autograd.graph import GradientEdge
from torchere.autograd.modes import enable_grad, state
from torchere.autograd.node import Node
from torchere.autograd.saving import edge_of
from torchere.func.levels import Batched, lift
from torchere.storage import Storage
from torchere.tensors.tensor import Tensor, wrap

__all__ = ["Point", "is_inside", "point", "running", "settled"]


class Point(Node):
    """The node of an input of a running transform."""

    __slots__ = ("is_open",)

    def __init__(self, target: Any) -> None:
        self.edges = () if target is None else (target,)
        self.hooks = None
        #: Whether the transform still runs, so that outer results must keep their way here.
        self.is_open = True

    def apply(self, grad: Any) -> Sequence[Any]:
        return (grad,) if self.edges else ()

    def edge(self) -> GradientEdge:
        """The place in the graph for `autograd.grad`."""
        return GradientEdge(self, 0)


def point(tensor: Tensor) -> tuple[Tensor, Point]:
    """(an alias of `tensor` at which a transform differentiates, its node)."""
    tensor = lift(tensor, state.depth)
    if not (tensor._key.dtype.is_floating_point or tensor._key.dtype.is_complex):
        raise RuntimeError(
            "only Tensors of floating point and complex dtype can be differentiated, got "
            f"{tensor._key.dtype.name}. Convert the input, or leave it out of argnums."
        )
    alias = wrap(tensor._array, tensor._key)
    if tensor._storage is None:
        tensor._storage = Storage()
    alias._storage = tensor._storage
    node = Point(edge_of(tensor))
    alias._node = node
    alias._requires_grad = True
    return alias, node


class _Running(threading.local):
    def __init__(self) -> None:
        #: How many transforms run on this thread.
        self.count = 0


_running = _Running()


@contextmanager
def running() -> Iterator[bool]:
    """Record inside, and count the transforms that run; yields whether the caller records."""
    outside = state.grad
    _running.count += 1
    try:
        with enable_grad():
            yield outside
    finally:
        _running.count -= 1


def is_inside() -> bool:
    """Whether another transform, or a `vmap`, is around the innermost one."""
    return _running.count > 1 or state.depth > 0


def leads_out(tensors: Sequence[Any]) -> bool:
    """Whether the graph of one of these tensors reaches a leaf or another transform's point."""
    stack = []
    for tensor in tensors:
        edge = edge_of(tensor)
        if edge is not None:
            stack.append(edge)
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if not isinstance(node, Node):
            return True
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Point) and not node.edges and node.is_open:
            return True
        stack += [edge for edge in node.edges if edge is not None]
    return False


def settled(tensor: Any, recording: bool) -> Any:
    """A result for the caller: outside any graph unless the caller's own tensors are in it."""
    if not isinstance(tensor, Tensor):
        return tensor
    array = tensor._array
    if tensor._key.level:
        below = settled(array.tensor, recording)
        if below is not array.tensor:
            array = Batched(below, array.is_batched)
    if not tensor._requires_grad and array is tensor._array:
        return tensor
    alias = wrap(array, tensor._key)
    if tensor._storage is None:
        tensor._storage = Storage()
    alias._storage = tensor._storage
    if tensor._requires_grad and recording and leads_out([tensor]):
        if array is tensor._array:
            return tensor
        alias._requires_grad, alias._node = True, edge_of(tensor)
    return alias
