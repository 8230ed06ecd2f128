"""``torch.autograd.grad_mode``: the modes under the names of PyTorch's module, and two that change nothing here."""

from __future__ import annotations

import threading
from typing import Any

from torchere.autograd.modes import _Mode, enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = [
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "is_multithreading_enabled",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class _Settings(threading.local):
    def __init__(self) -> None:
        self.multithreading = True
        self.layout = True


_settings = _Settings()


def is_multithreading_enabled() -> bool:
    """Whether backward may run on threads of its own, as `set_multithreading_enabled` left it."""
    return _settings.multithreading


class _Setting(_Mode):
    """Sets a per-thread flag at once; as a context manager, until the block ends."""

    _field: str

    def __init__(self, mode: bool = True) -> None:
        self.mode = bool(mode)
        self.prev = getattr(_settings, self._field)
        setattr(_settings, self._field, self.mode)

    def __enter__(self) -> None:
        setattr(_settings, self._field, self.mode)

    def __exit__(self, *_: object) -> None:
        setattr(_settings, self._field, self.prev)

    def clone(self) -> Any:
        """A fresh manager for one call of a decorated function."""
        return type(self)(self.mode)

    def __call__(self, function: Any) -> Any:
        # A decorator is no statement: what making it has set lasts for the calls only.
        setattr(_settings, self._field, self.prev)
        return super().__call__(function)


class set_multithreading_enabled(_Setting):
    """Whether backward may use threads. It always runs on the caller's here; the setting is remembered."""

    _field = "multithreading"


class enforce_grad_layout_policy(_Setting):
    """Whether gradients take their parameter's strides. Gradients keep the layout they were computed in here either
    way; the setting is remembered.
    """

    _field = "layout"

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)
        self.enable = self.mode
