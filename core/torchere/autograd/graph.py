"""Looking at and steering the graph: hooks on saved tensors, on several tensors at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from torchere.autograd.modes import state
from torchere.autograd.node import AccumulateGrad, HookHandle, Node, OutputSlot

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "region_activation_memory_budget",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class saved_tensors_hooks:
    """Within the block whatever operators save goes through `pack_hook`, and in backward through `unpack_hook`."""

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> saved_tensors_hooks:
        state.pack_hooks.append((self.pack_hook, self.unpack_hook))
        state.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        state.pack_hooks.pop()
        state.refresh()


class save_on_cpu(saved_tensors_hooks):
    """Within the block saved tensors wait in host memory."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Within the block `saved_tensors_hooks` raises RuntimeError with this message."""
    if state.pack_hooks:
        raise RuntimeError(error_message)
    original = saved_tensors_hooks.__enter__

    def refuse(self: saved_tensors_hooks) -> saved_tensors_hooks:
        raise RuntimeError(error_message)

    saved_tensors_hooks.__enter__ = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        saved_tensors_hooks.__enter__ = original  # type: ignore[method-assign]


class _MutationScope:
    """What ``allow_mutation_on_saved_tensors`` yields: `clear` drops the copies it holds."""

    def __init__(self) -> None:
        self.is_open = True
        self.copies: list[Any] = []

    def clear(self) -> None:
        """Drop all copies: graphs recorded so far cannot be run backward any more."""
        for cell in self.copies:
            cell[0] = None
        self.copies.clear()


_mutation_scopes: list[_MutationScope] = []


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_MutationScope]:
    """Within the block tensors that were saved for backward may be written to: backward sees their old values.

    Saved tensors are copied when they are saved (PyTorch copies when they are written to). Backward must run within
    the block, too: RuntimeError outside. Blocks do not nest.
    """
    if _mutation_scopes:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    scope = _MutationScope()

    def pack(tensor: Any) -> Any:
        cell = [tensor.clone()]
        scope.copies.append(cell)
        return cell

    def unpack(cell: Any) -> Any:
        if not scope.is_open:
            raise RuntimeError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context in which the graph was "
                "originally recorded."
            )
        if cell[0] is None:
            raise RuntimeError("the copies of saved tensors were dropped by clear(): run backward before it")
        return cell[0]

    _mutation_scopes.append(scope)
    try:
        with saved_tensors_hooks(pack, unpack):
            yield scope
    finally:
        scope.clear()
        scope.is_open = False
        _mutation_scopes.pop()


def region_activation_memory_budget(budget: float) -> AbstractContextManager[None]:
    """In PyTorch the share of activations a compiled region keeps. Nothing is compiled here: always RuntimeError.

    Raises: ValueError for a budget outside 0 … 1; RuntimeError, as PyTorch outside of a compiled region.
    """
    if not 0 <= budget <= 1:
        raise ValueError(f"region_activation_memory_budget: budget must be in [0, 1], got {budget}")
    raise RuntimeError(
        "region_activation_memory_budget() has an effect within torch.compile only, and nothing is compiled here. Use "
        "torch.utils.checkpoint to recompute activations in backward."
    )


class GradientEdge(tuple[Any, int]):
    """A place in the graph: node and output number. ``autograd.grad`` takes one instead of a tensor."""

    #: What the engine knows the place as: the node, its `OutputSlot`, or the leaf.
    target: Any

    def __new__(cls, node: Any, output_nr: int) -> GradientEdge:
        made = super().__new__(cls, (node, output_nr))
        if isinstance(node, AccumulateGrad):
            made.target = node.variable
        else:
            made.target = node if node.output_count == 1 else OutputSlot(node, output_nr)
        return made

    @property
    def node(self) -> Any:
        """The node."""
        return self[0]

    @property
    def output_nr(self) -> int:
        """Which of its outputs."""
        return self[1]


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Where gradients of `tensor` flow."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients.")
    node = tensor.grad_fn
    edge = GradientEdge(AccumulateGrad(tensor) if node is None else node, tensor.output_nr)
    if node is not None:
        edge.target = tensor._node
    return edge


def increment_version(tensor: Any) -> None:
    """Count an in-place write that autograd could not see."""
    from torchere.operators.general import bump

    bump(*(tensor if isinstance(tensor, (list, tuple)) else (tensor,)))


class _Handles:
    def __init__(self, handles: Sequence[HookHandle]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Remove all hooks."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> _Handles:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Any], fn: Callable[..., Any], *, mode: str = "all") -> Any:
    """Call `fn` with the list of gradients of all `tensors` once they are known, or with the first (``mode="any"``)."""
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    count = len(tensors)
    grads: list[Any] = [None] * count
    arrived = [0]

    def hook_of(index: int) -> Callable[[Any], None]:
        def hook(grad: Any) -> None:
            from torchere.autograd.engine import queue_callback

            if not arrived[0]:
                queue_callback(finish)
            arrived[0] += 1
            grads[index] = grad
            if mode == "any" and arrived[0] == 1:
                fn(grad)
            elif mode == "all" and arrived[0] == count:
                fn(list(grads))
                clear()

        return hook

    def clear() -> None:
        grads[:] = [None] * count

    def finish() -> None:
        if mode == "all" and 0 < arrived[0] < count:
            fn(list(grads))
            clear()
        arrived[0] = 0

    return _Handles([tensor.register_hook(hook_of(index)) for index, tensor in enumerate(tensors)])
