"""Undoes what a plugin changes in the core while it loads, so that one plugin cannot break the program.

Watched: what stands on Tensor and its bases, functions and classes of the core's modules, and the names of ``torchere``
and ``torchere.autograd``. Registering operators, and the late binding the core does itself, are no changes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from torchere.operators import catalogue
from torchere.tensors.tensor import Tensor

__all__ = ["CoreGuard"]

_ABSENT = object()


def _is_bound(held: Any, op: Any, what: str) -> bool:
    """Whether `held` is what the catalogue puts under an operator's name, before or after the first access."""
    if type(held) is catalogue.LazyMethod:
        return held.op is op
    return held is op.generated(what)


class CoreGuard:
    """A guard of `PluginManager`: called for a snapshot, ``{path: value}``; `restore` goes back to one.

    Of the core's modules it watches those that are loaded when it is made.
    """

    def __init__(self) -> None:
        # Everything is looked up now: later a plugin may have replaced it.
        # The classes Tensor is made of, too: its methods lie there.
        self._classes = {cls.__qualname__: cls for cls in Tensor.__mro__ if cls is not object}
        self._modules = {
            name: module
            for name, module in sys.modules.items()
            if type(module) is ModuleType and name.partition(".")[0] == "torchere"
        }
        self._watched = [
            (f"{title}.{name}", vars(module), name)
            for title, module in self._modules.items()
            for name, value in vars(module).items()
            if isinstance(value, (FunctionType, type)) and str(value.__module__).startswith("torchere.")
        ]
        self._packages = [
            (title, vars(module), frozenset(module.__all__), dict(module._LAZY))
            for title, module in self._modules.items()
            if title in ("torchere", "torchere.autograd")
        ]

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for title, cls in self._classes.items():
            found.update(self._class_entries(title, cls))
        found.update(self._namespace_entries())
        for path, names, name in self._watched:
            found[path] = names.get(name, _ABSENT)
        return found

    def _class_entries(self, title: str, cls: type) -> Iterator[tuple[str, Any]]:
        for name, value in vars(cls).items():
            if name.startswith("__annotations"):  # Python fills these in on first access
                continue
            bound = catalogue._methods.get(name) if cls is Tensor else None
            if bound is None or not _is_bound(value, bound.op, bound.what):
                yield f"{title}.{name}", value

    def _namespace_entries(self) -> Iterator[tuple[str, Any]]:
        operators = catalogue._functions.get("", {})
        for title, names, public, lazy in self._packages:
            for name, value in names.items():
                if name in lazy:
                    home = sys.modules.get(f"{title}.{lazy[name]}")
                    if getattr(home, name, _ABSENT) is not value:
                        yield f"{title}.{name}", value
                elif name in public:
                    if sys.modules.get(f"{title}.{name}") is not value:
                        yield f"{title}.{name}", value
                elif title == "torchere" and name in operators and not _is_bound(value, *operators[name]):
                    yield f"{title}.{name}", value

    def restore(self, before: dict[str, Any]) -> None:
        """Undo every difference from the snapshot `before`."""
        now = self()
        for path in {**before, **now}:
            if before.get(path, _ABSENT) is not now.get(path, _ABSENT):
                self._put(path, before.get(path, _ABSENT))

    def _put(self, path: str, value: Any) -> None:
        title, _, name = path.rpartition(".")
        holder: Any = self._classes.get(title) or self._modules[title]
        if value is _ABSENT and holder is Tensor:
            value = catalogue._methods.get(name, _ABSENT)
        if value is _ABSENT:
            value = sys.modules.get(path, _ABSENT)  # a submodule, which its import has put there
        if value is not _ABSENT:
            setattr(holder, name, value)
        elif name in vars(holder):
            delattr(holder, name)
