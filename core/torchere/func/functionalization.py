"""``functionalize`` and ``debug_unwrap``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torchere.tensors.tensor import Tensor

__all__ = ["debug_unwrap", "functionalize"]


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` with in-place writes replaced by operators that make new tensors, as far as a caller can see.

    In PyTorch the difference shows in a traced graph only. Here writes inside are carried out as they are: arguments
    that `func` writes to change, as there. `remove` is ``"mutations"`` or ``"mutations_and_views"``.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            "functionalize(f, remove='mutations'): received invalid argument for remove=. Valid options are:\n"
            f"     remove='mutations'\n     remove='mutations_and_views'\n(got {remove!r})"
        )

    @functools.wraps(func)
    def functional(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return functional


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor below a level of `vmap`, with its batch axis in front; with `recurse` below all levels.

    For looking at values while debugging only. A tensor outside of `vmap` is returned as it is.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"debug_unwrap(): expected a Tensor, got {type(tensor).__name__}")
    while tensor._key.level:
        tensor = tensor._array.tensor
        if not recurse:
            break
    return tensor
