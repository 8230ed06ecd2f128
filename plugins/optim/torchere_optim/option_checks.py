"""Checks of optimizer options, with PyTorch's messages."""

from __future__ import annotations

from typing import Any

from torchere import Tensor

__all__ = ["check_betas", "check_implementation", "check_lr", "check_not_negative", "scalar_betas"]


def check_not_negative(what: str, value: Any) -> None:
    """Raise ValueError for a negative ``value``."""
    if not 0.0 <= value:
        raise ValueError(f"Invalid {what}: {value}")


def check_lr(lr: Any, foreach: bool | None = None, capturable: bool = False) -> None:
    """Raise ValueError for a learning rate that is negative or a tensor of several elements."""
    if isinstance(lr, Tensor):
        if foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        if lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
    check_not_negative("learning rate", lr)


def check_betas(betas: Any) -> None:
    """Raise ValueError for a beta outside ``[0, 1)``."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def scalar_betas(betas: Any, foreach: bool | None, capturable: bool) -> tuple[Any, ...]:
    """``betas`` as a tuple of numbers.

    Raises ValueError for values outside ``[0, 1)``, a tensor beside a number, a tensor of several elements, or tensors
    with ``foreach`` where the steps cannot be captured.
    """
    check_betas(betas)
    tensors = [isinstance(beta, Tensor) for beta in betas]
    if any(tensors) and not all(tensors):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if isinstance(beta, Tensor):
            if foreach and not capturable:
                raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
            if beta.numel() != 1:
                raise ValueError(f"Tensor betas[{i}] must be 1-element")
    return tuple(beta.item() if isinstance(beta, Tensor) else beta for beta in betas)


def check_implementation(foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """Raise RuntimeError for implementations that exclude each other. Here one implementation serves all of them."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
