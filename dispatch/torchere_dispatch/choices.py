"""Choices that hold for a block: which plugin's kernels come first, and whether another device may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kernel import Kernel

if TYPE_CHECKING:
    from .dispatcher import Dispatcher

__all__ = ["Pin", "PolicyBlock"]


class Pin:
    """One ``prefer`` block. The same object may be entered again after it was left."""

    def __init__(self, dispatcher: Dispatcher, name: str) -> None:
        self._dispatcher = dispatcher
        self.name = name

    def matches(self, kernel: Kernel) -> bool:
        return kernel.source.matches(self.name)

    def __enter__(self) -> Pin:
        with self._dispatcher.lock:
            self._dispatcher._pins.append(self)
            self._dispatcher._invalidate()
        return self

    def __exit__(self, *raised: object) -> None:
        with self._dispatcher.lock:
            pins = self._dispatcher._pins
            # By identity and from the end: blocks of several threads may end in any order.
            del pins[max(index for index, pin in enumerate(pins) if pin is self)]
            self._dispatcher._invalidate()


class PolicyBlock:
    """One ``fallback_policy`` block."""

    def __init__(self, dispatcher: Dispatcher, policy: str) -> None:
        self._dispatcher = dispatcher
        self._policy = policy
        self._before: list[str] = []

    def __enter__(self) -> PolicyBlock:
        with self._dispatcher.lock:
            self._before.append(self._dispatcher.policy)
            self._dispatcher.set_fallback_policy(self._policy)
        return self

    def __exit__(self, *raised: object) -> None:
        self._dispatcher.set_fallback_policy(self._before.pop())
