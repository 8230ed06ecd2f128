"""``backward`` and ``grad``: the ways into the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere.autograd.engine import run_backward
from torchere.autograd.graph import GradientEdge
from torchere.autograd.node import Node
from torchere.autograd.saving import edge_of
from torchere.errors import GradientError
from torchere.function_modes import MODES, without_modes
from torchere.tensors.tensor import Tensor, wrap

__all__ = ["backward", "grad", "tensor_backward"]


def _run(*args: Any, **options: Any) -> dict[Any, Any]:
    """`run_backward`, of which function modes see nothing: it is part of ``backward``."""
    if MODES:
        with without_modes():
            return run_backward(*args, **options)
    return run_backward(*args, **options)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if isinstance(value, GradientEdge):
        return (value,)
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _target(item: Any) -> Any:
    """Where the gradient of a tensor or `GradientEdge` flows: a node or a leaf."""
    return item.target if isinstance(item, GradientEdge) else edge_of(item)


_ones: dict[Any, Any] = {}


def _one(output: Any) -> Any:
    """A gradient of ones for a one-element output."""
    key = output._key
    dtype = key.dtype
    host = _ones.get(dtype)
    if host is None:
        host = _ones[dtype] = np.ones((), dtype.numpy)
    shape = output._array.shape
    return wrap(key.backend.from_numpy(host.reshape(shape) if shape else host, key.device.index), key)


def _roots(outputs: Sequence[Any], gradients: Sequence[Any], allow_batch: bool = False) -> list[tuple[Any, Any]]:
    if len(outputs) != len(gradients):
        raise GradientError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    found = []
    for index, (output, gradient) in enumerate(zip(outputs, gradients, strict=True)):
        if isinstance(output, GradientEdge):
            if not isinstance(gradient, Tensor):
                raise GradientError(f"outputs[{index}] is a GradientEdge: pass its gradient, a tensor, in grad_outputs")
            found.append((output.target, gradient))
            continue
        if not isinstance(output, Tensor):
            raise TypeError(f"expected Tensor as element {index} in argument 0, but got {type(output).__name__}")
        if not output._requires_grad:
            raise GradientError(
                f"element {index} of tensors does not require grad and does not have a grad_fn. Was it computed under "
                "torch.no_grad(), detached, or from tensors without requires_grad=True?"
            )
        if gradient is None:
            if output.numel() != 1:
                raise GradientError("grad can be implicitly created only for scalar outputs")
            if not output.is_floating_point():
                raise GradientError(
                    f"grad can be implicitly created only for real scalar outputs but got {output.dtype}"
                )
            gradient = _one(output)
        elif not isinstance(gradient, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
        elif tuple(gradient._array.shape) != tuple(output._array.shape):
            raise GradientError(
                f"Mismatch in shape: grad_output[{index}] has a shape of {gradient.shape} and output[{index}] has a "
                f"shape of {output.shape}."
            )
        elif gradient._key is not output._key:
            if gradient.is_complex() != output.is_complex():
                raise GradientError(
                    "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                    f"dtype: grad_output[{index}] has a dtype of {gradient.dtype} and output[{index}] has a dtype of "
                    f"{output.dtype}."
                )
            gradient = gradient.to(output.dtype)
        found.append((edge_of(output), gradient))
    return found


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors`, weighted by `grad_tensors`, to the ``.grad`` of the leaves they came from.

    `retain_graph` (default: `create_graph`) keeps what the graph saved; `inputs` restricts to these tensors.
    Raises RuntimeError for tensors outside any graph and for graphs already freed.
    """
    if grad_variables is not None:
        grad_tensors = grad_variables if grad_tensors is None else grad_tensors
    outputs = _as_tuple(tensors)
    gradients = (None,) * len(outputs) if grad_tensors is None else _as_tuple(grad_tensors)
    if inputs is not None:
        inputs = _as_tuple(inputs)
        if not inputs:
            raise GradientError("`inputs` argument to `backward()` cannot be empty.")
        for index, item in enumerate(inputs):
            if not isinstance(item, GradientEdge) and not item._requires_grad:
                raise GradientError(f"One of the differentiated Tensors (inputs[{index}]) does not require grad")
    roots = _roots(outputs, gradients)
    keep = create_graph if retain_graph is None else retain_graph
    targets = None if inputs is None else [_target(item) for item in inputs]
    captured = _run(roots, keep_graph=keep, create_graph=create_graph, inputs=targets)
    for item, target in zip(inputs or (), targets or (), strict=True):
        # Leaves were served by the engine; other tensors asked for by name get their gradient here.
        if isinstance(target, Node) and isinstance(item, Tensor) and captured.get(target) is not None:
            found = captured[target] if create_graph else captured[target].detach()
            item._grad = found if item._grad is None else item._grad + found


def tensor_backward(
    self: Any,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | Tensor | None = None,
) -> None:
    """Add the gradient of this tensor to the ``.grad`` of the leaves it was computed from.

    `gradient` has this tensor's shape and may be left out for one element. The graph is freed unless
    `retain_graph`; `create_graph` records the backward pass itself. `inputs` restricts to these tensors.
    """
    if gradient is None and inputs is None and self._node is not None and self._view is None:
        # A loss: nothing to check but that it is one real number.
        if not self._array.shape and self._key.dtype.is_floating_point:
            keep = create_graph if retain_graph is None else retain_graph
            run = _run if MODES else run_backward
            run(((self._node, _one(self)),), keep_graph=keep, create_graph=create_graph)
            return
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs`, weighted by `grad_outputs`, with respect to `inputs`.

    No ``.grad`` changes. `outputs` and `inputs` are tensors or `graph.GradientEdge`.
    An input that was not used raises, or gives None with `allow_unused`, or zeros with `materialize_grads`.
    `is_grads_batched`: `grad_outputs` have a leading axis, and so do the results.
    """
    wanted = _as_tuple(inputs)
    results = _as_tuple(outputs)
    if allow_unused is None:
        allow_unused = materialize_grads
    elif not allow_unused and materialize_grads:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if is_grads_batched:
        return _batched(results, wanted, _as_tuple(grad_outputs), create_graph, allow_unused, materialize_grads)
    gradients = (None,) * len(results) if grad_outputs is None else _as_tuple(grad_outputs)
    for index, item in enumerate(wanted):
        if isinstance(item, GradientEdge):
            continue
        if not isinstance(item, Tensor):
            raise TypeError(f"expected Tensor as element {index} in argument 1, but got {type(item).__name__}")
        if not item._requires_grad:
            raise GradientError("One of the differentiated Tensors does not require grad")
    roots = _roots(results, gradients)
    keep = create_graph if retain_graph is None else retain_graph
    targets = [_target(item) for item in wanted]
    captured = _run(roots, keep_graph=keep, create_graph=create_graph, inputs=targets, accumulate=False)
    found = []
    for index, (item, target) in enumerate(zip(wanted, targets, strict=True)):
        value = captured.get(target)
        if value is None:
            if not allow_unused:
                raise GradientError(
                    f"The differentiated Tensor at index {index} appears to not have been used in the graph. Set "
                    "allow_unused=True if this is the desired behavior."
                )
            if materialize_grads and isinstance(item, Tensor):
                value = item.new_zeros(item.shape)
        elif not create_graph and value._requires_grad:
            value = value.detach()
        found.append(value)
    return tuple(found)


def _batched(
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    gradients: Sequence[Any],
    create_graph: bool,
    allow_unused: bool,
    materialize: bool,
) -> tuple[Any, ...]:
    from torchere.func.mapping import vmap

    used: list[bool] = []

    def one(*row: Any) -> Any:
        found = grad(
            outputs,
            inputs,
            row,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=allow_unused,
            materialize_grads=materialize,
        )
        used[:] = [item is not None for item in found]
        return tuple(item for item in found if item is not None)

    columns = iter(vmap(one)(*gradients))
    return tuple(next(columns) if is_used else None for is_used in used)
