"""``torch.view_copy`` and its like: what the view of that name shows, in memory of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["NAMES"]

#: The views that have a copying twin at top level.
VIEWS = (  # in the order of the alphabet, then those of sparse tensors
    "alias as_strided detach diagonal expand permute select slice split split_with_sizes squeeze t transpose unbind "
    "unfold unsqueeze view view_as_complex view_as_real "
    "crow_indices col_indices ccol_indices row_indices indices values"
).split()
NAMES = tuple(f"{view}_copy" for view in VIEWS)


def _slice(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    if step <= 0:
        raise ValueError(f"slice step must be positive, got {step}")
    return input[(slice(None),) * (dim % max(input.dim(), 1)) + (slice(start, end, step),)]


def _copying(view: str) -> Callable[..., Any]:
    def copied(input: Any, *args: Any, **kwargs: Any) -> Any:
        if view == "slice":
            seen = _slice(input, *args, **kwargs)
        elif view == "alias":
            seen = input
        else:
            seen = getattr(input, view)(*args, **kwargs)
        if isinstance(seen, (tuple, list)):
            return tuple(piece.clone() for piece in seen)
        return seen.clone()

    copied.__name__ = copied.__qualname__ = f"{view}_copy"
    copied.__module__ = __name__
    copied.__doc__ = f"A copy of what ``{view}`` shows, with the same arguments; gradients flow as through the view."
    return copied


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'torchere.view_copies' has no attribute '{name}'")
    made = globals()[name] = _copying(name.removesuffix("_copy"))
    return made
