"""Elements changed one by one by a function of Python's: slow, on the cpu, outside the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import GradientError, ShapeError
from torchere.operators import composite

__all__ = ["apply_", "map2_", "map_"]


def _changed(name: str, input: Tensor, others: tuple[Tensor, ...], callable: Callable[..., Any]) -> Tensor:
    for tensor in (input, *others):
        if tensor.requires_grad:
            raise GradientError(
                f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
            )
        if tensor.device.type != "cpu":
            raise TypeError(
                f"{name}() is only implemented on CPU tensors, got one on {tensor.device}. Use tensor.cpu().{name}()."
            )
    spread = []
    for place, other in enumerate(others):
        if other.dtype is not input.dtype:
            label = "other" if len(others) == 1 else "xy"[place]
            raise TypeError(f"{name}(): expected {input.dtype} for '{label}' (got {other.dtype}). Convert it first.")
        try:
            spread.append(other.expand(input.shape))
        except RuntimeError as error:
            raise ShapeError(
                f"{name}(): a tensor of shape {tuple(other.shape)} does not expand to {tuple(input.shape)}"
            ) from error
    rows = zip(*(tensor.reshape(-1).tolist() for tensor in (input, *spread)), strict=True)
    convert = input.dtype.python_type
    values = []
    for row in rows:
        value = callable(*row)
        if not hasattr(value, "__float__") and not isinstance(value, complex):
            raise TypeError(f"{name}(): the function must return a real number, not {type(value).__name__}")
        values.append(convert(value))
    made = torchere.tensor(values, dtype=input.dtype).reshape(input.shape)
    return input.copy_(made)


@composite(method="only")
def apply_(input: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by ``callable(element)``, called with Python numbers.

    Raises: RuntimeError for tensors that require gradients, TypeError off the cpu and if a result is no number.
    """
    return _changed("apply_", input, (), callable)


@composite(method="only")
def map_(input: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by ``callable(element, other)``; `tensor` expands to the shape and shares the dtype."""
    return _changed("map_", input, (tensor,), callable)


@composite(method="only")
def map2_(input: Tensor, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Replace each element by ``callable(element, first, second)``."""
    return _changed("map2_", input, (x, y), callable)
