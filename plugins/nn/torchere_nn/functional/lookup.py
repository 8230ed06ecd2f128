"""Finding the operators that functions here wrap, and their in-place forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["apply_in_place", "operator_function"]


@cache
def operator_function(name: str) -> Callable[..., Any]:
    """The operator ``name`` as a function of ``torchere.nn.functional`` or of ``torchere``.

    Raises AttributeError if no plugin declares it.
    """
    try:
        return torch.operators.function("nn.functional", name)
    except AttributeError:
        return getattr(torch, name)


@cache
def _in_place_function(name: str) -> Callable[..., Any] | None:
    try:
        return operator_function(name + "_")
    except AttributeError:
        return None


def apply_in_place(input: Tensor, name: str, *args: Any) -> Tensor:
    """``input`` with its values replaced by ``name(input, *args)``."""
    twin = _in_place_function(name)
    if twin is not None:
        return twin(input, *args)
    # The operator may save its input for backward: it gets a copy, since ours changes.
    source = input.clone() if torch.is_grad_enabled() and input.requires_grad else input
    return input.copy_(operator_function(name)(source, *args))
