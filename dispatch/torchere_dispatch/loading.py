"""One loadable unit: the object behind one or several entry points, and its hooks."""

from __future__ import annotations

import threading
from importlib import import_module
from inspect import isroutine
from types import FunctionType, ModuleType
from typing import Any

import pluggy

from . import hookspecs
from .discovery import BACKEND_KINDS, HOOK_KINDS
from .errors import PluginError
from .kernel import Source
from .registry import Registry
from .state import PluginRecord

__all__ = ["Unit"]

_MARKER = "torchere_impl"  # the attribute that pluggy's HookimplMarker("torchere") sets
_HOOKS = tuple(name for name, value in vars(hookspecs).items() if hasattr(value, "torchere_spec"))


class Unit:
    """What is imported and registered as a whole. Entry points with the same value share one."""

    __slots__ = ("committed", "done", "finished", "hooks", "loader", "object", "records", "value")

    def __init__(self, value: str) -> None:
        self.value = value
        self.records: list[PluginRecord] = []
        self.object: Any = None
        self.hooks: pluggy.PluginManager | None = None
        self.done = False  # loading was tried, with whatever outcome
        self.committed = False
        # While it loads: the thread that does, and the event that ends the wait of the others.
        self.loader: int | None = None
        self.finished: threading.Event | None = None

    @property
    def module(self) -> str:
        """Name of the module to import."""
        return self.value.partition(":")[0]

    @property
    def attribute(self) -> str:
        """Dotted path inside the module, or ``""`` for the module itself."""
        return self.value.partition(":")[2]

    @property
    def first(self) -> PluginRecord:
        """The record that names the unit as a source of kernels."""
        return self.records[0]

    @property
    def registers(self) -> bool:
        """Whether the unit has to implement ``torchere_register``."""
        return any(record.kind in HOOK_KINDS for record in self.records)

    def source(self) -> Source:
        """Provenance of what the unit registers."""
        record = self.first
        return Source(record.name, record.distribution, record.version, self.priority())

    def priority(self) -> int:
        """``torchere_priority`` of the object, or else of its module; 0 if neither declares one."""
        import sys

        for holder in (self.object, sys.modules.get(self.module)):
            declared = getattr(holder, "torchere_priority", None)
            if declared is not None:
                if not isinstance(declared, int):
                    raise PluginError(f"torchere_priority of '{self.value}' must be an int, got {declared!r}.")
                return declared
        return 0

    def load_object(self) -> Any:
        """Import the module and return the object. Raises whatever the import raises."""
        if not self.module:
            raise PluginError(f"entry point value {self.value!r} names no module.")
        found: Any = import_module(self.module)
        for part in self.attribute.split(".") if self.attribute else ():
            try:
                found = getattr(found, part)
            except AttributeError as error:
                raise PluginError(f"the entry point names '{self.value}', but {error}.") from error
        self.object = found
        return found

    def stage(self) -> Registry:
        """Import, check the hooks, and let the plugin register into a staging area, which is returned uncommitted."""
        found = self.load_object()
        self.hooks = _hooks_of(found, self.value)
        registry = Registry(self.source())
        if self.hooks is not None and self.hooks.hook.torchere_register.get_hookimpls():
            self.hooks.hook.torchere_register(registry=registry)
        elif self.registers:
            raise PluginError(f"'{self.value}' implements no torchere_register hook, so it registers nothing.")
        self._check_promises(registry)
        return registry

    def _check_promises(self, registry: Registry) -> None:
        for record in self.records:
            if record.kind not in BACKEND_KINDS or record.entry in registry.unavailabilities:
                continue
            if record.entry not in (registry.device_names if record.kind == "device" else registry.layout_names):
                raise PluginError(
                    f"its entry point promises {record.kind} '{record.entry}', but torchere_register neither "
                    f"registered it (registry.{record.kind}) nor called registry.unavailable('{record.entry}', ...)."
                )

    def call(self, hook: str, **arguments: object) -> list[Any]:
        """Call one hook of this unit alone; a list of what it returned (empty if it is not implemented)."""
        if self.hooks is None:
            return []
        return list(getattr(self.hooks.hook, hook)(**arguments))

    def implements(self, hook: str) -> bool:
        """Whether the loaded unit implements ``hook``."""
        return self.hooks is not None and bool(getattr(self.hooks.hook, hook).get_hookimpls())


def _hooks_of(plugin: Any, value: str) -> pluggy.PluginManager | None:
    """A pluggy manager holding only this plugin, or None if it has no hooks. Raises ``PluginError`` for a wrong one.

    One manager per plugin: in a shared one an implementation that raises would stop those after it.
    """
    names = vars(plugin) if isinstance(plugin, ModuleType) else dir(plugin)
    marked = False
    for name in list(names):
        if isinstance(plugin, ModuleType):
            function = vars(plugin).get(name)
        else:
            function = getattr(plugin, name, None)
        # As pluggy does. Asking a module that the plugin imported, such as torchere, may load further plugins.
        if not isroutine(function):
            continue
        if getattr(function, _MARKER, None) is not None:
            marked = True
            if name not in _HOOKS:
                raise PluginError(f"'{value}' implements an unknown hook '{name}'; hooks are {', '.join(_HOOKS)}.")
        elif (
            name.startswith("torchere_")
            and isinstance(function, FunctionType)
            and function.__module__ == getattr(plugin, "__name__", None)
        ):
            what = "lacks the @hookimpl decorator" if name in _HOOKS else f"is no hook; hooks are {', '.join(_HOOKS)}"
            raise PluginError(f"'{value}' defines '{name}', which {what}.")
    if not marked:
        return None
    manager = pluggy.PluginManager("torchere")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=value)
    manager.check_pending()
    return manager
