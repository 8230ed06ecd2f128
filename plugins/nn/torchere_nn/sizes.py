"""Sizes given as one number or as one number an axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["per_axis", "reversed_twice"]


def per_axis(value: Any, axes: int) -> tuple[Any, ...]:
    """``value`` for each of ``axes`` axes; an iterable is taken as it is."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * axes


def reversed_twice(padding: Iterable[int]) -> tuple[int, ...]:
    """Padding ``(a, b)`` by axis as ``pad`` wants it: last axis first, each amount before and after."""
    return tuple(amount for amount in reversed(tuple(padding)) for _ in range(2))
