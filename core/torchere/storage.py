"""The version counter that a tensor, its views and its detached aliases share."""

from __future__ import annotations

from typing import Any
from weakref import ref

__all__ = ["Storage"]


class Storage:
    """Made when a tensor is first viewed, aliased, written in place, or saved as an operator's result.

    `version` counts in-place writes, `rebased` those recorded by autograd (views then renew their history). `views`
    holds weak references to views of a tensor that does not require gradients, so that all of them learn when an
    in-place write through one makes the base require gradients.
    """

    __slots__ = ("__weakref__", "rebased", "version", "views")

    def __init__(self) -> None:
        self.version = 0
        self.rebased = 0
        self.views: list[ref[Any]] | None = None

    def remember_view(self, view: Any) -> None:
        """Keep a weak reference to `view`; dead ones are dropped each time the list has doubled."""
        views = self.views
        if views is None:
            self.views = [ref(view)]
            return
        views.append(ref(view))
        count = len(views)
        if count >= 16 and not count & (count - 1):
            self.views = [item for item in views if item() is not None]
