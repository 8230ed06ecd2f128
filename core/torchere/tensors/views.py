"""What a view may be used for depends on how it was made: in no_grad or inference mode, or as one of several outputs.

A view's history is renewed, and a write through it recorded, by replaying the operator that made it. Where that would
not be what the program means, PyTorch refuses, and so does `refuse_rewriting`. The circumstances lie where they cost
nothing: a view made without recording has a negative mark in the place of the version of its history, a view that is
one of several outputs, or what a custom Function returned, has the name of what made it as an attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from torchere.errors import GradientError
from torchere.storage import MADE_IN_INFERENCE, Storage

__all__ = ["as_own", "as_pieces", "as_results", "as_unsafe_pieces", "refuse_rewriting"]

_SEVERAL: Final = (
    " This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)
_CUSTOM: Final = (
    " This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic "
    "to handle view+inplace would override the custom backward associated with the custom Function, leading to "
    "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)
_AMBIGUOUS: Final = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the {mode} block (if you don't want the inplace to be tracked) or "
    "both outside (if you want the inplace to be tracked)."
)


def as_own(view: Any) -> Any:
    """A view of memory nobody else knows, as a tensor that is nobody's view (the copy `reshape` makes, say)."""
    view._view = None
    return view


def as_pieces(pieces: Sequence[Any], function: str) -> tuple[Any, ...]:
    """Views made by one call of `function`, which autograd does not let be written to."""
    for index, piece in enumerate(pieces):
        piece._piece = (function, index)
    return tuple(pieces)


def as_results(results: Sequence[Any], function: str) -> None:
    """Mark what a custom Function returned, where it is a view: its backward must not be lost by a write to it."""
    several = sum(getattr(result, "_node", None) is not None for result in results) > 1
    for index, result in enumerate(results):
        if getattr(result, "_view", None) is not None:
            result._piece = (function, index) if several else (function, index, True)


def as_unsafe_pieces(pieces: Sequence[Any]) -> tuple[Any, ...]:
    """Views that autograd takes for tensors of their own: for programs that use each memory through one of them."""
    for piece in pieces:
        piece._view = None
        piece._storage = Storage()
    return tuple(pieces)


def refuse_rewriting(view: Any, writer: str | None) -> None:
    """Raise if `view`, or a view it is a view of, has a history that cannot be rewritten.

    `writer` is the in-place operator applied to it; None if its base, or another view of that, was written to.
    """
    step = view
    while step._view is not None:
        piece, seen = step._piece, step._view[3]
        if piece is not None or seen < 0 or (not step._requires_grad and step._view[0]._requires_grad):
            break
        step = step._view[0]
    else:
        return
    done = f"{'is being' if writer else 'its base or another view of its base has been'} modified inplace"
    ending = "." if writer is None else f". ({writer}())"
    in_inference = seen == MADE_IN_INFERENCE
    mode = "inference" if in_inference else "no_grad"
    if piece is not None and view._node is not None:
        function, index = piece[:2] if step is view else (_operator_of(view.grad_fn), 0)
        text = f"Output {index} of {function} is a view and {done}."
    else:
        where = "in normal mode" if in_inference else "with grad mode enabled"
        text = f"A view was created in {mode} mode and {done} {where}."
    if piece is not None:
        text += _SEVERAL if len(piece) == 2 else _CUSTOM
    else:
        text += _AMBIGUOUS.format(mode="inference_mode" if in_inference else mode)
    raise GradientError(text.removesuffix(".") + ending)


def _operator_of(node: Any) -> str:
    from torchere.autograd.saving import operator_of

    return operator_of(node)
