"""Gradient rules of operators that have no known derivative: asking for it is an error, not silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["no_derivative", "no_derivatives"]


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"the derivative for '{name}' is not implemented. Detach what it is not to differentiate: x.detach()."
    )


def no_derivative(name: str) -> Callable[[Any], NoReturn]:
    """A rule for one parameter that raises NotImplementedError."""

    def rule(grad: Any) -> NoReturn:
        _refuse(name)

    return rule


def no_derivatives(name: str) -> Callable[[Any], NoReturn]:
    """The same for an operator of several results."""

    def rule(grads: Any) -> NoReturn:
        _refuse(name)

    return rule
