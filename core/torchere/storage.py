"""The version counter that a tensor, its views and its detached aliases share."""

from __future__ import annotations

from typing import Any, Final

from torchere.autograd.modes import INFERENCE, state
from torchere.errors import GradientError

__all__ = [
    "MADE_IN_INFERENCE",
    "MADE_WITHOUT_RECORDING",
    "InferenceStorage",
    "Storage",
    "fresh_storage",
    "mark_view",
    "refuse_inference_write",
]

#: In the place of `Storage.rebased` in a view's description: its history cannot be renewed (`torchere.tensors.views`).
MADE_WITHOUT_RECORDING: Final = -1
MADE_IN_INFERENCE: Final = -2


class Storage:
    """Made when a tensor is first viewed, aliased, written in place, or saved as an operator's result.

    `version` counts in-place writes, `rebased` those recorded by autograd (views then renew their history).
    """

    __slots__ = ("__weakref__", "rebased", "version")
    version: int

    def __init__(self) -> None:
        self.version = 0
        self.rebased = 0


class InferenceStorage(Storage):
    """The storage of tensors made in inference mode: no versions, so outside they are neither saved nor written to."""

    __slots__ = ()

    def __init__(self) -> None:
        self.rebased = 0

    @property
    def version(self) -> int:
        """0 in inference mode; GradientError outside, where only saving for backward asks for it."""
        if state.inference:
            return 0
        raise GradientError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
            "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
            "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
        )

    @version.setter
    def version(self, value: int) -> None:
        refuse_inference_write(self)


def fresh_storage() -> Storage | None:
    """The storage a new tensor starts with: that of an inference tensor if this thread is in inference mode."""
    return InferenceStorage() if INFERENCE and state.inference else None


def mark_view(view: Any) -> None:
    """Note that a view was made while nothing was recorded."""
    if not state.enabled:
        mark = MADE_IN_INFERENCE if state.inference else MADE_WITHOUT_RECORDING
        view._view = (*view._view[:3], mark)


def refuse_inference_write(storage: Storage | None) -> None:
    """Raise if this is the storage of inference tensors and the thread is not in inference mode."""
    if storage.__class__ is InferenceStorage and not state.inference:
        raise GradientError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
