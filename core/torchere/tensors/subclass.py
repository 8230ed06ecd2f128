"""Subclasses of Tensor: results keep the subclass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["default_torch_function"]


def default_torch_function(
    cls: type, func: Callable[..., Any], types: tuple[type, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run `func` on plain tensors and give its tensor results the class `cls`."""
    from torchere.tensors.tensor import PLAIN, Tensor

    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented

    def plain(value: Any) -> Any:
        if isinstance(value, Tensor) and type(value) not in PLAIN:
            return value.as_subclass(Tensor)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(plain(item) for item in value)
        return value

    def dressed(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.as_subclass(cls) if type(value) in PLAIN else value
        if isinstance(value, tuple):
            parts = [dressed(item) for item in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if isinstance(value, list):
            return [dressed(item) for item in value]
        return value

    return dressed(func(*[plain(item) for item in args], **{name: plain(item) for name, item in kwargs.items()}))
