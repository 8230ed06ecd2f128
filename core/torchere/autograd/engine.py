"""The backward engine: dependency-counted, without recursion.

A first walk counts, for every node, how many recorded operations send it a gradient; the second runs each node when
its last gradient has arrived. Graphs of any depth fit, because both walks use lists for their stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

from torchere.autograd.modes import state, thread_state
from torchere.autograd.node import Hooks, Node, OutputSlot
from torchere.backend import Key
from torchere.errors import GradientError
from torchere.layouts import strided

__all__ = ["in_backward", "queue_callback", "run_backward", "selects_inputs"]

_callbacks: list[Any] = []


def queue_callback(function: Any) -> None:
    """Call `function` when the backward pass now running is done."""
    _callbacks.append(function)


def in_backward() -> bool:
    """Whether this thread is in a backward pass."""
    return bool(state.passes)


def selects_inputs() -> bool:
    """Whether the backward pass this thread is in serves only the inputs it was asked for."""
    return bool(state.passes) and state.passes[-1]


def _count(roots: Sequence[Any]) -> dict[Any, int]:
    """How many edges lead to each node reachable from `roots`."""
    counts: dict[Any, int] = {}
    stack = []
    for root in roots:
        if root not in counts:
            counts[root] = 0
            if isinstance(root, Node):
                stack.append(root)
    while stack:
        for edge in stack.pop().edges:
            if edge in counts:
                counts[edge] += 1
            elif edge is not None:
                counts[edge] = 1
                if isinstance(edge, Node):
                    stack.append(edge)
    return counts


def _reaching(roots: Sequence[Any], targets: set[Any]) -> set[Any]:
    """The nodes from which one of `targets` can be reached."""
    order: list[Node] = []
    seen: set[Any] = set()
    for root in roots:
        if root in seen or not isinstance(root, Node):
            continue
        seen.add(root)
        path = [(root, iter(root.edges))]
        while path:
            node, edges = path[-1]
            for edge in edges:
                if edge is not None and edge not in seen:
                    seen.add(edge)
                    if isinstance(edge, Node):
                        path.append((edge, iter(edge.edges)))
                        break
            else:
                path.pop()
                order.append(node)
    needed = set(targets)
    for node in order:
        if any(edge in needed for edge in node.edges if edge is not None):
            needed.add(node)
    return needed


def _accumulate(leaf: Any, grad: Any, create_graph: bool) -> None:
    """Add `grad` to the leaf's ``.grad``; keep the very array when nobody else holds it."""
    hooks: Hooks | None = leaf._hooks
    if hooks is not None:
        for function in list(hooks.before.values()):
            replaced = function((grad,))
            if replaced is not None:
                grad = replaced[0] if isinstance(replaced, tuple) else replaced
    held = leaf._grad
    if grad._array.shape != leaf._array.shape or grad._key is not leaf._key:
        grad = _fit(leaf, grad)
    if held is None:
        if create_graph:
            leaf._grad = grad.clone() if grad._node is None and grad._requires_grad else grad
        else:
            array = grad._array
            # Two references: the local name and getrefcount's argument; `grad` itself holds one more.
            if getrefcount(array) <= 3 and getrefcount(grad) <= 3 and grad._key.backend.owns_memory(array):
                leaf._grad = grad if not grad._requires_grad else grad.detach()
            else:
                leaf._grad = grad.detach().clone()
    elif create_graph or held._key.backend is not grad._key.backend:
        leaf._grad = _joined(held, grad)
    else:
        held.add_(grad)
    if hooks is not None:
        for function in list(hooks.after.values()):
            function((), (grad,))
        for function in list(hooks.accumulated.values()):
            function(leaf)


def _joined(held: Any, grad: Any) -> Any:
    """The sum of two gradients; of a dense and a sparse one it is dense, which stands first."""
    if held._key.backend.layout is not strided and grad._key.backend.layout is strided:
        return grad + held
    return held + grad


def _fit(leaf: Any, grad: Any) -> Any:
    """A gradient of the leaf's dtype, or an error when its shape or device is another."""
    if tuple(grad._array.shape) != tuple(leaf._array.shape):
        raise GradientError(
            f"a gradient of shape {list(grad._array.shape)} arrived at a leaf of shape {list(leaf._array.shape)}"
        )
    if grad._key.device is not leaf._key.device:
        raise GradientError(f"a gradient on {grad._key.device} arrived at a leaf on {leaf._key.device}")
    return grad.to(leaf.dtype)


def _call_tensor_hooks(hooks: Hooks, grad: Any) -> Any:
    for function in list(hooks.tensor.values()):
        replaced = function(grad)
        if replaced is not None:
            grad = _checked_replacement(function, grad, replaced)
    return grad


def _checked_replacement(hook: Any, grad: Any, replaced: Any) -> Any:
    from torchere.tensors.tensor import Tensor

    if not isinstance(replaced, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
    if tuple(replaced._array.shape) != tuple(grad._array.shape):
        raise GradientError(
            f"hook '{getattr(hook, '__name__', hook)}' has changed the size of value: expected {list(grad.shape)}, got "
            f"{list(replaced.shape)}"
        )
    return replaced


def _arrived(target: Any, hooks: Hooks, grad: Any, create_graph: bool) -> Any:
    """Run the hooks on a tensor whose whole gradient has arrived."""
    grad = _call_tensor_hooks(hooks, grad)
    for reference in hooks.retained:
        tensor = reference()
        if tensor is None:
            continue
        old = tensor._grad
        kept = grad if create_graph else grad.detach()
        tensor._grad = kept if old is None else old + kept
    return grad


def _run_hooked(node: Node, hooks: Hooks, grad: Any) -> Sequence[Any]:
    """Run a node that has hooks before or after it."""
    outputs = tuple(grad) if isinstance(grad, list) else (grad,)
    for function in list(hooks.before.values()):
        replaced = function(outputs)
        if replaced is not None:
            outputs = replaced if isinstance(replaced, tuple) else (replaced,)
    grad = list(outputs) if isinstance(grad, list) else outputs[0]
    grads: Sequence[Any] = (grad,) if isinstance(node, OutputSlot) else node.apply(grad)
    for function in list(hooks.after.values()):
        replaced = function(tuple(grads), outputs)
        if replaced is not None:
            grads = replaced if isinstance(replaced, (tuple, list)) else (replaced,)
    return grads


def run_backward(
    roots: Sequence[tuple[Any, Any]],
    *,
    keep_graph: bool,
    create_graph: bool,
    inputs: Sequence[Any] | None = None,
    accumulate: bool = True,
) -> dict[Any, Any]:
    """Send gradients from `roots` (pairs of target and gradient) down the graph.

    A target is a node or a leaf. With `inputs` (targets) only these receive gradients: returned by target when
    `accumulate` is false, else added to the ``.grad`` of leaves.
    """
    begin = [target for target, _ in roots]
    needed: set[Any] | None = None
    if inputs is not None:
        targets = set(inputs)
        needed = _reaching(begin, targets)
    counts = _count(begin)
    captured: dict[Any, Any] = {}
    if len(roots) == 1:
        buffers: dict[Any, Any] = dict(roots)
        ready = begin
    else:
        buffers = {}
        for target, grad in roots:
            _deposit(buffers, target, grad)
        ready = [target for target in dict.fromkeys(begin) if not counts[target]]
    owned: set[Any] = set()
    # One look-up of the thread's state instead of one for each field.
    local = thread_state()
    previous = local["grad"], local["enabled"]
    anomaly = local["anomaly"]
    local["grad"] = create_graph
    if create_graph or anomaly is not None or local["pack_hooks"]:
        state.refresh()
    else:
        local["enabled"] = False
    callbacks_before = len(_callbacks)
    passes = local["passes"]
    passes.append(inputs is not None)
    try:
        while ready:
            node = ready.pop()
            grad = buffers.pop(node, None)
            is_node = isinstance(node, Node)
            hooks = node.hooks if is_node else node._hooks
            if grad is not None and hooks is not None and grad.__class__ is not list:
                grad = _arrived(node, hooks, grad, create_graph)
            if needed is not None:
                if node in targets:
                    captured[node] = grad
                if node not in needed:
                    grad = None
            if is_node:
                edges = node.edges
                slot = node.__class__ is OutputSlot
                if grad is None:
                    grads: Sequence[Any] = (None,) * len(edges)
                elif hooks is not None:
                    grads = _run_hooked(node, hooks, grad)
                elif slot:
                    grads = (grad,)
                elif anomaly is None:
                    if node.add_gradient is None or create_graph:
                        grads = node.apply(grad)
                    else:
                        grads = _add_part(node, grad, buffers, owned)
                else:
                    grads = anomaly.run(node, grad)
                if slot:
                    parent = edges[0]
                    if grads[0] is not None:
                        _deposit_slot(buffers, parent, node.index, grads[0])
                    counts[parent] = left = counts[parent] - 1
                    if not left:
                        ready.append(parent)
                    continue
                if not keep_graph:
                    node.release()
                grad = None
                for edge, part in zip(edges, grads):  # noqa: B905 - the keyword costs more than the loop
                    if edge is None:
                        continue
                    if part is not None:
                        if edge in buffers:
                            held = buffers[edge]
                            buffers[edge] = held + part if held._key is part._key else _joined(held, part)
                        else:
                            buffers[edge] = part
                    left = counts[edge] - 1
                    if left:
                        counts[edge] = left
                    else:
                        ready.append(edge)
                grads = ()
                part = held = None
            elif grad is not None and accumulate:
                _accumulate(node, grad, create_graph)
        if len(_callbacks) > callbacks_before:
            for function in _callbacks[callbacks_before:]:
                function()
    finally:
        if len(_callbacks) > callbacks_before:
            del _callbacks[callbacks_before:]
        passes.pop()
        local["grad"], local["enabled"] = previous
    return captured


def _add_part(node: Node, grad: Any, buffers: dict[Any, Any], owned: set[Any]) -> Sequence[Any]:
    """Gradients of a node that cut a part out of a tensor; None where it was added to what has arrived already.

    `owned` are the targets whose gradient so far was made here, so that nobody else holds it.
    """
    (edge,) = node.edges
    held = buffers.get(edge)
    if held is not None and edge in owned and held._key is grad._key and _is_plain(held._key):
        node.add_gradient(node, held, grad)
        return (None,)
    if held is None or held._key is grad._key:
        # Either the whole-sized gradient that `apply` makes, or the sum with it, is new.
        owned.add(edge)
    return node.apply(grad)


def _is_plain(key: Key) -> bool:
    """Whether tensors of this key are written in place: strided ones outside function transforms."""
    return key.__class__ is Key and key.backend.layout is strided


def _deposit(buffers: dict[Any, Any], target: Any, grad: Any) -> None:
    held = buffers.get(target)
    buffers[target] = grad if held is None else _joined(held, grad)


def _deposit_slot(buffers: dict[Any, Any], parent: Any, index: int, grad: Any) -> None:
    slots = buffers.get(parent)
    if slots is None:
        slots = buffers[parent] = [None] * parent.output_count
    slots[index] = grad if slots[index] is None else _joined(slots[index], grad)
