"""``torch.autograd.Variable``: what tensors with gradients were called before they became tensors."""

from __future__ import annotations

from typing import Any

from torchere.tensors.tensor import Tensor

__all__ = ["Variable"]


class _VariableType(type):
    """Every tensor is an instance; what is not found here is the class Tensor's."""

    def __call__(cls, data: Any = None, requires_grad: bool = False) -> Tensor:
        """`data`'s elements in a tensor of their own history. TypeError for what is no tensor."""
        if data is None:
            made: Tensor = Tensor()
        elif isinstance(data, Tensor):
            made = data.detach()
        else:
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return made.requires_grad_() if requires_grad else made

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, Tensor)

    def __getattr__(cls, name: str) -> Any:
        return getattr(Tensor, name)


class Variable(metaclass=_VariableType):
    """``Variable(tensor, requires_grad=True)`` is ``tensor.detach().requires_grad_()``; kept for old programs.

    Source: https://pytorch.org/docs/stable/autograd.html#variable-deprecated
    """
