"""Asking a tensor of truths for one answer, for the sake of an error message or an iteration."""

from __future__ import annotations

from typing import Any

__all__ = ["anywhere"]


def anywhere(truths: Any) -> bool:
    """Whether any element is true; inside `vmap`, where ``bool(tensor)`` is refused, of any example."""
    while truths._key.level:
        truths = truths._array.tensor
    return bool(truths.any())
