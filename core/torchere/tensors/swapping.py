"""``torchere.utils.swap_tensors``."""

from __future__ import annotations

import weakref

from torchere.tensors.tensor import Tensor

__all__ = ["swap_tensors"]


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Exchange two tensors: whoever holds one afterwards has the elements, gradient and class of the other.

    RuntimeError where weak references to either exist, or a graph, a view or a hook knows it: those would be misled.
    """
    for tensor in (t1, t2):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"swap_tensors: expected tensors, got {type(tensor).__name__}")
        if weakref.getweakrefcount(tensor):
            raise RuntimeError("Cannot swap a tensor that has a weakref associated with it")
        if tensor._view is not None or tensor._node is not None:
            raise RuntimeError("swap_tensors: expected tensors made by the user, got a view or the result of a graph")
    kind = type(t1)
    t1.__class__, t2.__class__ = type(t2), kind
    for field in ("_array", "_key", "_requires_grad", "_storage", "__dict__"):
        first, second = getattr(t1, field), getattr(t2, field)
        setattr(t1, field, second)
        setattr(t2, field, first)
