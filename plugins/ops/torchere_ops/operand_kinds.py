"""Checks of what kinds of operands an operator takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torchere import Tensor
from torchere.errors import UnsupportedDTypeError
from torchere.promotion import scalar_type_name

__all__ = ["require_dtypes", "tensors_only"]


def tensors_only(name: str) -> Callable[[Any, Any], None]:
    """The ``check`` of an operator of two tensors that raises TypeError for Python numbers, as PyTorch does."""

    def check(input: Any, other: Any) -> None:
        for place, operand in enumerate((input, other), 1):
            if isinstance(operand, bool | int | float | complex):
                raise TypeError(
                    f"{name}(): argument {place} must be Tensor, not {type(operand).__name__}. "
                    "Make it one: torchere.tensor(value, dtype=input.dtype)."
                )

    return check


def require_dtypes(kernel: str, tensor: Tensor, allowed: Sequence[str]) -> None:
    """Raise UnsupportedDTypeError, in PyTorch's words, unless `tensor` has one of the dtypes named."""
    if tensor.dtype.name not in allowed:
        raise UnsupportedDTypeError(
            f"\"{kernel}\" not implemented for '{scalar_type_name(tensor.dtype)}': it is defined for "
            f"{', '.join(allowed)}. Convert first, e.g. x.float()."
        )
