"""``torchere.utils.checkpoint``: recompute instead of saving.

Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016 (https://arxiv.org/abs/1604.06174).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torchere.autograd.differentiate import backward
from torchere.autograd.function import Function
from torchere.autograd.graph import saved_tensors_hooks
from torchere.autograd.modes import enable_grad, no_grad, state
from torchere.errors import GradientError
from torchere.random import default_generator
from torchere.tensors.tensor import Tensor

__all__ = ["CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn"]


class CheckpointError(RuntimeError):
    """The recomputation differed from the first run."""


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """No context for forward and recomputation."""
    return nullcontext(), nullcontext()


class _RandomState:
    """The random states that matter for a recomputation."""

    def __init__(self, arguments: Sequence[Any], preserve: bool) -> None:
        devices = {"cpu"} | {str(item.device) for item in arguments if isinstance(item, Tensor)}
        self.states = [(name, default_generator(name).get_state()) for name in sorted(devices)] if preserve else []

    def __enter__(self) -> None:
        self.now = [(name, default_generator(name).get_state()) for name, _ in self.states]
        for name, value in self.states:
            default_generator(name).set_state(value)

    def __exit__(self, *_: object) -> None:
        for name, value in self.now:
            default_generator(name).set_state(value)


class _Reentrant(Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        ctx.function = function
        ctx.random = _RandomState(args, preserve)
        ctx.places = [index for index, item in enumerate(args) if isinstance(item, Tensor)]
        ctx.arguments = [None if isinstance(item, Tensor) else item for item in args]
        ctx.save_for_backward(*[args[index] for index in ctx.places])
        with no_grad():
            return function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        arguments = list(ctx.arguments)
        for index, item in zip(ctx.places, ctx.saved_tensors, strict=True):
            arguments[index] = item.detach().requires_grad_(item._requires_grad)
        with ctx.random, enable_grad():
            outputs = ctx.function(*arguments)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (out, g) for out, g in zip(outputs, grads, strict=True) if isinstance(out, Tensor) and out._requires_grad
        ]
        if not pairs:
            raise GradientError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([out for out, _ in pairs], [g for _, g in pairs])
        return None, None, *[item._grad if isinstance(item, Tensor) else None for item in arguments]


class _Frame:
    """What one checkpointed call saved: the places, and the recomputed tensors once backward needs one."""

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any, preserve: bool, context: Any) -> None:
        self.function, self.args, self.kwargs, self.context = function, args, kwargs, context
        self.random = _RandomState(args, preserve)
        self.saved: list[tuple[Any, Any]] = []
        self.recomputed: list[Tensor] | None = None
        self.left = 0

    def pack(self, tensor: Tensor) -> int:
        self.saved.append((tuple(tensor._array.shape), tensor.dtype))
        return len(self.saved) - 1

    def unpack(self, place: int) -> Tensor:
        if self.recomputed is None:
            self.recomputed = self._recompute()
            self.left = len(self.saved)
        found = self.recomputed[place]
        self.left -= 1
        if not self.left:
            self.recomputed = None
        return found

    def _recompute(self) -> list[Tensor]:
        again: list[Tensor] = []

        def keep(tensor: Tensor) -> int:
            again.append(tensor.detach())
            return len(again) - 1

        with self.random, self.context, enable_grad(), saved_tensors_hooks(keep, lambda place: again[place]):
            self.function(*self.args, **self.kwargs)
        if len(again) != len(self.saved):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self.saved)}\nNumber of tensors saved "
                f"during recomputation: {len(again)}."
            )
        for index, ((shape, dtype), tensor) in enumerate(zip(self.saved, again, strict=True)):
            if (tuple(tensor._array.shape), tensor.dtype) != (shape, dtype):
                raise CheckpointError(
                    "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                    f"during the forward pass.\ntensor at position {index}: saved shape {shape} dtype {dtype}, "
                    f"recomputed shape {tuple(tensor._array.shape)} dtype {tensor.dtype}."
                )
        return again


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Any] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    preserve_rng_state: bool = True,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args)`` without keeping what its operators save: backward runs it again.

    The second run draws the same random numbers (`preserve_rng_state`) and must save tensors of the same number,
    shapes and dtypes, or backward raises `CheckpointError`. `use_reentrant=False` (the better choice; also taken, with
    a warning as PyTorch's, when it is left out) works with keyword arguments, nested structures and ``autograd.grad``.
    """
    if use_reentrant is None:
        import warnings

        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
            "Pass use_reentrant=False.",
            stacklevel=2,
        )
        use_reentrant = False
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        return _Reentrant.apply(function, preserve_rng_state, *args)
    if not state.grad:
        return function(*args, **kwargs)
    forward_context, recompute_context = context_fn()
    frame = _Frame(function, args, kwargs, preserve_rng_state, recompute_context)
    with saved_tensors_hooks(frame.pack, frame.unpack), forward_context:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, preserve_rng_state: bool = True
) -> Any:
    """A sequence of modules in `segments` checkpointed pieces; the last piece is not checkpointed."""
    layers = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(layers) // segments

    def run(start: int, stop: int) -> Callable[[Any], Any]:
        def piece(value: Any) -> Any:
            for layer in layers[start:stop]:
                value = layer(value)
            return value

        return piece

    stop = 0
    for start in range(0, size * (segments - 1), size):
        stop = start + size
        input = checkpoint(
            run(start, stop), input, use_reentrant=bool(use_reentrant), preserve_rng_state=preserve_rng_state
        )
    return run(stop, len(layers))(input)
