"""Backward hooks of modules: identity functions set around a module's forward watch the gradients pass.

:class:`BackwardWatch` wraps the inputs and the outputs of one call in an identity. Its backward sees first the
gradients by the outputs, then those by the inputs, and may replace both.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["BackwardHookFunction", "BackwardWatch", "OldBackwardHook", "warn_about_old_hook"]

Grads = tuple[Tensor | None, ...]


class BackwardHookFunction(torch.autograd.Function):
    """Identity on any number of tensors; in backward, ``passing(grads)`` may look at and replace the gradients."""

    @staticmethod
    def forward(ctx: Any, passing: Callable[[Grads], Grads], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.passing = passing
        ctx.set_materialize_grads(False)
        # A view, not the tensor itself: the caller's tensor must stay outside the watched part of the graph.
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        return (None, *ctx.passing(grads))


def _watch(values: tuple[Any, ...], passing: Callable[[Grads], Grads]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """``values`` with its differentiable tensors behind an identity, and the positions of these."""
    if not torch.is_grad_enabled():
        return values, ()
    positions = tuple(i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad)
    if not positions:
        return values, ()
    watched = BackwardHookFunction.apply(passing, *(values[i] for i in positions))
    result = list(values)
    for position, tensor in zip(positions, watched, strict=True):
        result[position] = tensor
    return tuple(result), positions


def _spread(positions: Sequence[int], grads: Grads, length: int) -> Grads:
    """``grads`` at ``positions`` of a tuple of ``length``, None elsewhere."""
    result: list[Tensor | None] = [None] * length
    for position, grad in zip(positions, grads, strict=True):
        result[position] = grad
    return tuple(result)


def _replacement(value: Any, length: int, what: str) -> Grads:
    grads = value if isinstance(value, tuple) else (value,)
    if len(grads) != length:
        raise RuntimeError(
            f"{what} an invalid number of gradients: got {len(grads)}, but expected {length}. "
            "Return one gradient (or None) for each, or None to leave them all as they are"
        )
    return grads


class BackwardWatch:
    """Runs the full backward (pre-)hooks of one call of ``module``.

    ``grad_input`` has one entry for each positional argument, zeros for tensors that no gradient reaches and None for
    other things; ``grad_output`` one for each output, None where no gradient arrives.
    """

    def __init__(self, module: Any, hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: Grads | None = None
        self.input_positions: tuple[int, ...] = ()
        self.input_count = 0
        self.inputs: list[Any] = []
        self.output_positions: tuple[int, ...] = ()
        self.output_count = 0

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The positional arguments to call forward with."""
        self.input_count = len(args)
        self.inputs = [
            (tuple(value.shape), value.dtype, value.device) if isinstance(value, Tensor) else None for value in args
        ]
        args, self.input_positions = _watch(args, self._inputs_known)
        return args

    def watch_outputs(self, result: Any) -> Any:
        """The result to hand to the caller instead of ``result``."""
        single = not isinstance(result, tuple)
        results = (result,) if single else result
        self.output_count = len(results)
        watched, self.output_positions = _watch(results, self._outputs_known)
        if single:
            return watched[0]
        # A named tuple keeps its type.
        return type(result)(*watched) if hasattr(result, "_fields") else watched

    def _outputs_known(self, grads: Grads) -> Grads:
        grad_outputs = _spread(self.output_positions, grads, self.output_count)
        for hook in self.pre_hooks:
            replaced = hook(self.module, grad_outputs)
            if replaced is not None:
                grad_outputs = _replacement(replaced, self.output_count, "Backward pre hook returned")
        self.grad_outputs = grad_outputs
        if not self.input_positions:
            # No gradient will ever reach the inputs, so the hooks run now.
            if self.hooks:
                warnings.warn(
                    "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                    "inputs require gradients",
                    stacklevel=2,
                )
            nothing: Grads = (None,) * self.input_count
            for hook in self.hooks:
                replaced = hook(self.module, nothing, grad_outputs)
                if replaced is not None and not (
                    isinstance(replaced, tuple) and all(grad is None for grad in replaced)
                ):
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or "
                        "None for all gradients."
                    )
            self.grad_outputs = None
        return tuple(grad_outputs[position] for position in self.output_positions)

    def _inputs_known(self, grads: Grads) -> Grads:
        if self.grad_outputs is None:
            # Reached by another way than through the outputs (a side effect of forward): the hooks have nothing to say.
            return grads
        # Tensors that no gradient reaches have one of zeros; only other arguments have none.
        grad_inputs = tuple(
            torch.zeros(like[0], dtype=like[1], device=like[2]) if grad is None and like is not None else grad
            for grad, like in zip(_spread(self.input_positions, grads, self.input_count), self.inputs, strict=True)
        )
        for hook in self.hooks:
            replaced = hook(self.module, grad_inputs, self.grad_outputs)
            if replaced is not None:
                grad_inputs = _replacement(replaced, self.input_count, "Backward hook returned")
        self.grad_outputs = None
        return tuple(grad_inputs[position] for position in self.input_positions)


class OldBackwardHook:
    """A deprecated ``register_backward_hook`` hook, bound to its module, as a hook of an autograd node."""

    def __init__(self, hook: Callable[..., Any], module: Any) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, grad_input: Grads, grad_output: Grads) -> Any:
        return self.hook(self.module, grad_input, grad_output)


def first_tensor(result: Any) -> Tensor:
    """The first tensor of a nested result: the one an old-style backward hook is attached to."""
    while not isinstance(result, Tensor):
        if isinstance(result, dict):
            result = next(value for value in result.values() if isinstance(value, Tensor))
        else:
            result = result[0]
    return result


def warn_about_old_hook(args: tuple[Any, ...], result: Any, grad_fn: Any) -> None:
    """Warn where an old-style backward hook misses gradients, since it watches one autograd node only."""
    advice = "Please use register_full_backward_hook to get the documented behavior."
    results = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(value, Tensor) for value in results):
        problem = (
            "Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors is "
            "deprecated: this hook will be missing some of the grad_output."
        )
    elif not all(isinstance(value, Tensor) for value in args):
        problem = (
            "Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of "
            "Tensors is deprecated: this hook will be missing some of the grad_input."
        )
    else:
        nodes = {value.grad_fn for value in results if value.grad_fn is not None}
        if len(nodes) > 1:
            problem = (
                "Using a non-full backward hook when outputs are generated by different autograd Nodes is deprecated: "
                "this hook will be missing some grad_output."
            )
        elif {value.grad_fn for value in args if value.grad_fn is not None} != {
            node for node, _ in grad_fn.next_functions
        }:
            problem = (
                "Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated: this "
                "hook will be missing some grad_input."
            )
        else:
            return
    warnings.warn(f"{problem} {advice}", FutureWarning, stacklevel=4)
