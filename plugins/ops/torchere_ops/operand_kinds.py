"""Checks of what kinds of operands an operator takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["tensors_only"]


def tensors_only(name: str, then: Callable[..., None] | None = None) -> Callable[..., None]:
    """A ``check_dtypes`` that raises TypeError for Python numbers, as PyTorch does; `then` goes on with the dtypes."""

    def check(*operands: Any) -> None:
        for place, operand in enumerate(operands, 1):
            if operand in (bool, int, float, complex):
                raise TypeError(
                    f"{name}(): argument {place} must be Tensor, not {operand.__name__}. "
                    "Make it one: torchere.tensor(value, dtype=input.dtype)."
                )
        if then is not None:
            then(*operands)

    return check
