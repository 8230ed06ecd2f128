"""Tensor methods that concern autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

from torchere.autograd.modes import state
from torchere.errors import GradientError
from torchere.storage import Storage

if TYPE_CHECKING:
    from torchere.autograd.node import HookHandle

__all__ = ["Gradients", "move_retained"]


def move_retained(tensor: Any, old: Any) -> None:
    """After an in-place write gave `tensor` another node than `old`: the new one keeps the gradient (`retain_grad`)."""
    if old is not None and old.hooks is not None:
        old.hooks.retained[:] = [item for item in old.hooks.retained if item() is not tensor]
    tensor._node.ensure_hooks().retained.append(ref(tensor))


def refresh_view(tensor: Any) -> None:
    """`torchere.tensors.tensor.refresh_view`, which cannot be imported before Tensor exists."""
    from torchere.tensors import tensor as module

    module.refresh_view(tensor)


class _Engine:
    """``Variable._execution_engine``: the engine's module, whose ``queue_callback`` PyTorch programs call."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        from torchere.autograd import engine

        return engine


class Gradients:
    """Hooks, detaching; `backward` is bound at start-up, as it needs the engine."""

    __slots__ = ()
    _storage: Storage | None
    _execution_engine = _Engine()

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        """Set `requires_grad` of a leaf in place."""
        wanted = bool(requires_grad)
        if wanted:
            dtype = self._key.dtype
            if self.is_inference() and not self._requires_grad and not state.inference:
                raise GradientError(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
                )
            if not (dtype.is_floating_point or dtype.is_complex):
                raise GradientError("only Tensors of floating point and complex dtype can require gradients")
        elif self._node is not None:
            raise GradientError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        self._requires_grad = wanted
        return self

    def detach(self: Any) -> Any:
        """The same memory outside the graph. Writes through it count as writes to this tensor."""
        from torchere.tensors.tensor import PLAIN, wrap

        storage = self._storage
        if storage is None:
            storage = self._storage = Storage()
        alias = wrap(self._key.backend.alias(self._array), self._key)
        alias._storage = storage
        return alias if self.__class__ in PLAIN else alias.as_subclass(type(self))

    def detach_(self: Any) -> Any:
        """Make this tensor a leaf outside the graph."""
        if self._view is not None:
            raise GradientError("Can't detach views in-place. Use detach() instead.")
        self._node = None
        self._requires_grad = False
        return self

    def retain_grad(self: Any) -> None:
        """Keep the gradient of this non-leaf tensor in ``.grad``."""
        if not self._requires_grad:
            raise GradientError("can't retain_grad on Tensor that has requires_grad=False")
        if self._view is not None:
            refresh_view(self)
        if self._node is None or self._retains:
            return
        self._retains = True
        self._node.ensure_hooks().retained.append(ref(self))

    @property
    def retains_grad(self: Any) -> bool:
        """Whether `retain_grad` was called."""
        return bool(self._retains)

    def register_hook(self: Any, hook: Callable[[Any], Any]) -> HookHandle:
        """Call ``hook(grad)`` when the gradient of this tensor is known; a returned tensor replaces it."""
        from torchere.autograd.node import Hooks

        if not self._requires_grad:
            raise GradientError("cannot register a hook on a tensor that doesn't require gradient")
        if self._view is not None:
            refresh_view(self)
        if self._node is None:
            if self._hooks is None:
                self._hooks = Hooks()
            hooks = self._hooks
        else:
            hooks = self._node.ensure_hooks()
        return hooks.add(hooks.tensor, hook)  # type: ignore[no-any-return]

    def register_post_accumulate_grad_hook(self: Any, hook: Callable[[Any], Any]) -> HookHandle:
        """Call ``hook(tensor)`` after a gradient was added to this leaf's ``.grad``."""
        from torchere.autograd.node import Hooks

        if not self._requires_grad:
            raise GradientError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            raise GradientError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks.add(self._hooks.accumulated, hook)  # type: ignore[no-any-return]
