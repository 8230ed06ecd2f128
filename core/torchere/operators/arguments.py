"""Normalisation of operator arguments: dimensions, shapes; called by generated entries when a value is unusual."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any

from torchere.errors import DimensionError

__all__ = ["shape_tuple", "wrap_dim", "wrap_dims"]


def wrap_dim(dim: Any, ndim: int, name: str = "") -> int:
    """`dim` counted from the front. 0-d tensors accept 0 and -1.

    Raises IndexError outside ``-ndim … ndim-1`` and TypeError for what is no integer.
    """
    if dim is None:
        return None  # type: ignore[return-value]
    try:
        number = index(dim)
    except TypeError:
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}") from None
    size = ndim or 1
    if not -size <= number < size:
        raise DimensionError(
            f"Dimension out of range (expected to be in range of [{-size}, {size - 1}], but got {number})"
        )
    return number + size if number < 0 else number


def wrap_dims(dims: Any, ndim: int, name: str = "") -> tuple[int, ...] | None:
    """A tuple of distinct dimensions counted from the front, from an int or a sequence; None stays None."""
    if dims is None:
        return None
    if not isinstance(dims, (tuple, list)):
        return (wrap_dim(dims, ndim, name),)
    wrapped = tuple(wrap_dim(dim, ndim, name) for dim in dims)
    if len(set(wrapped)) != len(wrapped):
        twice = next(dim for dim in wrapped if wrapped.count(dim) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped


def shape_tuple(sizes: Any, name: str = "") -> tuple[int, ...]:
    """``(2, 3)``, ``((2, 3),)``, ``(Size,)`` or a single int as a tuple of ints; 0-d integer tensors count as ints."""
    if not isinstance(sizes, (tuple, list)):
        if isinstance(sizes, Sequence):
            sizes = tuple(sizes)
        else:
            sizes = (sizes,)
    elif len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    try:
        return tuple(map(index, sizes))
    except (TypeError, ValueError):
        place, found = next((i, type(size).__name__) for i, size in enumerate(sizes) if not _is_index(size))
        raise TypeError(
            f"{name}(): argument 'size' must be tuple of ints, but found element of type {found} at pos {place}"
        ) from None


def _is_index(value: Any) -> bool:
    try:
        index(value)
    except (TypeError, ValueError):
        return False
    return True
