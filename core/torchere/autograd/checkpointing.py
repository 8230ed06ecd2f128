"""``torchere.utils.checkpoint``: recompute instead of saving.

Selective checkpointing, which keeps the results of some operators, is in ``selective_checkpointing.py``.
Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016 (https://arxiv.org/abs/1604.06174).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from torchere.autograd.checkpoint_frame import CheckpointError, Frame, RandomState, Settings
from torchere.autograd.differentiate import backward
from torchere.autograd.engine import selects_inputs
from torchere.autograd.function import Function
from torchere.autograd.graph import saved_tensors_hooks
from torchere.autograd.modes import enable_grad, no_grad, state
from torchere.autograd.selective_checkpointing import (
    SAC_IGNORED_OPS,
    CheckpointPolicy,
    SelectiveCheckpointContext,
    create_selective_checkpoint_contexts,
)
from torchere.errors import GradientError
from torchere.random import generator_of
from torchere.tensors.tensor import Tensor

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "DefaultDeviceType",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """No context for forward and recomputation."""
    return nullcontext(), nullcontext()


class DefaultDeviceType:
    """The device type that `set_device_states` takes indices to be of."""

    _default_device_type: str | None = None

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        """Choose it."""
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type() -> str:
        """The type chosen; until then the accelerator's, or ``"cpu"`` where there is none."""
        if DefaultDeviceType._default_device_type is not None:
            return DefaultDeviceType._default_device_type
        from torchere import accelerator

        found = accelerator.current_accelerator(check_available=True)
        return "cpu" if found is None else str(found.type)


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Within the block checkpoints do, or do not, stop recomputing once everything backward needs is there.

    It counts where `checkpoint` is called, and overrides its argument ``early_stop``.
    """
    before = Settings.early_stop
    Settings.early_stop = bool(enable)
    try:
        yield
    finally:
        Settings.early_stop = before


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Within the block checkpoints log their operators, or not, whatever ``debug`` says; None leaves it to that."""
    before = Settings.debug
    Settings.debug = enabled
    try:
        yield
    finally:
        Settings.debug = before


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors of a tuple detached, with the `requires_grad` they had. RuntimeError for anything but a tuple."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(
        item.detach().requires_grad_(item._requires_grad) if isinstance(item, Tensor) else item for item in inputs
    )


def check_backward_validity(inputs: Sequence[Any]) -> None:
    """Warn if none of the inputs requires a gradient: reentrant checkpoints then give none to anything."""
    if not any(isinstance(item, Tensor) and item._requires_grad for item in inputs):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=3)


def _devices(arguments: Sequence[Any]) -> list[Any]:
    found = {str(item.device): item.device for item in arguments if isinstance(item, Tensor)}
    return [device for device in found.values() if device.type not in ("cpu", "meta")]


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """Indices and random states of the devices, other than the cpu, that tensors among the arguments are on."""
    devices = _devices(args)
    return [device.index or 0 for device in devices], [generator_of(str(item)).get_state() for item in devices]


def set_device_states(devices: Sequence[int], states: Sequence[Any], *, device_type: str | None = None) -> None:
    """Set the random states `get_device_states` returned."""
    kind = DefaultDeviceType.get_device_type() if device_type is None else device_type
    for index, value in zip(devices, states, strict=True):
        generator_of(f"{kind}:{index}").set_state(value)


class CheckpointFunction(Function):
    """The reentrant way: forward runs without a graph, backward runs it with one and calls backward within."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.function = run_function
        ctx.random = RandomState(args, preserve_rng_state)
        ctx.places = [index for index, item in enumerate(args) if isinstance(item, Tensor)]
        ctx.arguments = [None if isinstance(item, Tensor) else item for item in args]
        ctx.save_for_backward(*[args[index] for index in ctx.places])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if selects_inputs():
            raise GradientError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        arguments = list(ctx.arguments)
        for index, item in zip(ctx.places, ctx.saved_tensors, strict=True):
            arguments[index] = item
        detached = detach_variable(tuple(arguments))
        with ctx.random, enable_grad():
            outputs = ctx.function(*detached)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (out, g) for out, g in zip(outputs, grads, strict=True) if isinstance(out, Tensor) and out._requires_grad
        ]
        if not pairs:
            raise GradientError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([out for out, _ in pairs], [g for _, g in pairs])
        return None, None, *[item._grad if isinstance(item, Tensor) else None for item in detached]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[AbstractContextManager[Any], AbstractContextManager[Any]]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)`` without keeping what its operators save: backward runs it again.

    Args:
        function: what to run; it must compute the same the second time.
        *args: its positional arguments.
        use_reentrant: False is the better choice: it works with keyword arguments, nested structures,
            ``autograd.grad`` and inputs without gradients. Left out, as in PyTorch, True with a warning.
        context_fn: gives one context for the first run and one for the recomputation, as
            `create_selective_checkpoint_contexts` does.
        determinism_check: ``"default"`` compares shape, dtype and device of what the second run saves; ``"none"`` not.
        debug: log the operators of both runs, for the error about a recomputation that differs.
        early_stop: end the recomputation once everything needed is there.
        **kwargs: keyword arguments of the function; ``preserve_rng_state`` (True) among them is ours: the second run
            draws the same random numbers.

    Raises:
        ValueError: for an unknown `determinism_check`; with ``use_reentrant=True`` for keyword arguments, `context_fn`
            or `debug`.
        CheckpointError: in backward, if the second run saves other tensors than the first.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
            "recommended; use_reentrant=True keeps what happens without it.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    forward_context, recompute_context = context_fn()
    if not state.grad:
        with forward_context:
            return function(*args, **kwargs)
    frame = Frame(
        function,
        args,
        kwargs,
        preserve=preserve,
        context=recompute_context,
        early_stop=early_stop if Settings.early_stop is None else Settings.early_stop,
        compare=determinism_check == "default",
        debug=debug if Settings.debug is None else Settings.debug,
    )
    with saved_tensors_hooks(frame.pack, frame.unpack), frame.logging("forward"), forward_context:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """A sequence of modules or functions in `segments` checkpointed pieces; the last piece is not checkpointed.

    `functions` is a Sequential or a list; `preserve_rng_state` is the only further keyword. Raises ValueError for
    others, and for more segments than functions.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. "
            "use_reentrant=False is recommended; use_reentrant=True keeps what happens without it.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    layers = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(layers) // segments
    if size == 0:
        raise ValueError(f"checkpoint_sequential: {segments} segments for {len(layers)} functions: use fewer segments")

    def run(start: int, stop: int) -> Callable[[Any], Any]:
        def piece(value: Any) -> Any:
            for layer in layers[start:stop]:
                value = layer(value)
            return value

        return piece

    stop = 0
    for start in range(0, size * (segments - 1), size):
        stop = start + size
        input = checkpoint(run(start, stop), input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return run(stop, len(layers))(input)
