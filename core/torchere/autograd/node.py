"""Nodes of the backward graph and what they save.

A node's `edges` are aligned with its operator's tensor inputs: the input's own node, the leaf tensor itself, or None
where no gradient is wanted. Operators with several outputs give each output an `OutputSlot`, whose one edge is the
node of the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from weakref import ref

from torchere.errors import GradientError
from torchere.hook_handles import RemovableHandle

__all__ = ["AccumulateGrad", "Freed", "Node", "OutputSlot", "Packed"]

_FREED_TEXT = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)


class Freed:
    """Stands where a saved tensor was before the graph was freed."""

    __slots__ = ()

    def unpack(self, node: Node) -> Any:
        """Raise PyTorch's well-known error."""
        raise GradientError(_FREED_TEXT)


FREED = Freed()


class Packed:
    """What a saved-tensor hook made of a tensor."""

    __slots__ = ("content", "function", "origin")

    def __init__(self, content: Any, function: Callable[[Any], Any], origin: Any = None) -> None:
        self.content = content
        self.function = function
        #: Where the gradient of what was saved goes (a node or a leaf); None for constants and a node's own results.
        self.origin = origin

    def unpack(self, node: Node) -> Any:
        """The tensor the unpack hook returns, at the place in the graph of the one that was saved."""
        from torchere.tensors.tensor import Tensor

        tensor = self.function(self.content)
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        if self.origin is None:
            return tensor
        placed = tensor.detach()
        placed._requires_grad = True
        placed._node = self.origin if isinstance(self.origin, Node) else Identity(self.origin)
        return placed


#: Classes a saved field may have instead of a tensor; generated code looks here before it uses the field.
SPECIAL = frozenset((Freed, Packed))


class Hooks:
    """Functions called around a node: on the gradient of its output, before and after it runs."""

    __slots__ = ("accumulated", "after", "before", "counter", "retained", "tensor")

    def __init__(self) -> None:
        self.accumulated: dict[int, Callable[[Any], Any]] = {}
        self.tensor: dict[int, Callable[[Any], Any]] = {}
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}
        #: Weak references to tensors that keep their gradient: strong ones would keep them alive in a cycle.
        self.retained: list[ref[Any]] = []
        self.counter = 0

    def add(self, table: dict[int, Any], function: Any) -> HookHandle:
        """Append `function` to one of the tables; returns the handle that removes it."""
        self.counter += 1
        table[self.counter] = function
        return HookHandle(table, self.counter)


class HookHandle(RemovableHandle):
    """The handle of a hook on a tensor, a node or an optimizer; it holds the table, which is a plain dict."""

    def __init__(self, table: dict[int, Any], identity: int) -> None:
        self.table = table
        self.id = identity

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        self.table.pop(self.id, None)

    def __getstate__(self) -> Any:
        return self.table, self.id

    def __setstate__(self, state: Any) -> None:
        self.table, self.id = state


class Node:
    """One recorded operation."""

    __slots__ = ("__dict__", "__weakref__", "edges", "hooks")
    edges: Sequence[Any]
    hooks: Hooks | None

    #: Names of the fields that hold saved tensors, and of those that hold saved results.
    saved_inputs: ClassVar[tuple[str, ...]] = ()
    saved_outputs: ClassVar[tuple[str, ...]] = ()
    output_count: ClassVar[int] = 1
    #: Adds the gradient of the one edge in place to the one that has arrived there: (node, that one, own output's).
    add_gradient: ClassVar[Any] = None

    def __init__(self) -> None:
        self.edges = ()
        self.hooks = None

    def apply(self, grad: Any) -> Sequence[Any]:
        """Gradients for `edges`, from the gradient of the output (a list of them for several outputs)."""
        raise NotImplementedError

    def release(self) -> None:
        """Drop everything saved; a later `apply` raises."""

    def pack(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Replace everything saved by what `pack_hook` makes of it."""

    def name(self) -> str:
        """The class name PyTorch gives such a node, as ``AddBackward0``."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Pairs (node, output number) the gradient flows to; leaves appear as `AccumulateGrad`."""
        found: list[tuple[Any, int]] = []
        for edge in self.edges:
            if edge is None:
                found.append((None, 0))
            elif isinstance(edge, OutputSlot):
                found.append((edge.edges[0], edge.index))
            elif isinstance(edge, Node):
                found.append((edge, 0))
            else:
                found.append((AccumulateGrad(edge), 0))
        return tuple(found)

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict for whatever a user wants to attach."""
        return self.__dict__.setdefault("_metadata", {})  # type: ignore[no-any-return]

    def ensure_hooks(self) -> Hooks:
        """The node's hooks, made on first use."""
        if self.hooks is None:
            self.hooks = Hooks()
        return self.hooks

    def register_hook(self, function: Callable[..., Any]) -> HookHandle:
        """Call ``function(grad_inputs, grad_outputs)`` after the node ran; a returned tuple replaces `grad_inputs`."""
        hooks = self.ensure_hooks()
        return hooks.add(hooks.after, function)

    def register_prehook(self, function: Callable[..., Any]) -> HookHandle:
        """Call ``function(grad_outputs)`` before the node runs; a returned tuple replaces them."""
        hooks = self.ensure_hooks()
        return hooks.add(hooks.before, function)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class OutputSlot(Node):
    """One output of a node with several."""

    __slots__ = ("index",)

    def __init__(self, node: Node, index: int) -> None:
        self.edges = (node,)
        self.hooks = None
        self.index = index

    def name(self) -> str:
        return self.edges[0].name()  # type: ignore[no-any-return]


class Identity(Node):
    """Hands its gradient on: gives a tensor that is not the leaf itself the leaf's place in the graph."""

    __slots__ = ()

    def __init__(self, target: Any) -> None:
        self.edges = (target,)
        self.hooks = None

    def apply(self, grad: Any) -> Sequence[Any]:
        return (grad,)


class AccumulateGrad(Node):
    """The end of the graph at a leaf, as `Node.next_functions` shows it; the engine works with the leaf itself."""

    __slots__ = ("variable",)

    def __init__(self, variable: Any) -> None:
        self.edges = ()
        self.variable = variable
        self.hooks = variable._hooks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return hash((AccumulateGrad, id(self.variable)))

    def ensure_hooks(self) -> Hooks:
        if self.variable._hooks is None:
            self.variable._hooks = Hooks()
        self.hooks = self.variable._hooks
        return self.hooks
