"""Finds names of the ``torchere`` namespace on first touch: core functions, operators, plugins' namespaces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import torchere
from torchere import plugins
from torchere.operators import catalogue
from torchere.removed import SUCCESSORS, removed_function

__all__ = ["listing", "lookup"]


def _known() -> dict[str, str]:
    return torchere._LAZY


def lookup(name: str) -> Any:
    """The value of ``torchere.<name>``, remembered there. AttributeError says what would provide it."""
    value = _find(name)
    if not name.startswith("__"):
        setattr(torchere, name, value)
    return value


def _find(name: str) -> Any:
    module = _known().get(name)
    if module is not None:
        return getattr(import_module(f"torchere.{module}"), name)
    if name in torchere._MODULES:
        return import_module(f"torchere.{name}")
    if name.startswith("_"):
        raise AttributeError(f"module 'torchere' has no attribute '{name}'")
    if name in _SUBMODULES:
        return import_module(f"torchere.{name}")
    try:
        return catalogue.function("", name)
    except AttributeError:
        pass
    if name in SUCCESSORS:
        return removed_function(name)
    if _is_namespace(name):
        try:
            return import_module(f"torchere.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"torchere.{name}":
                raise
            raise AttributeError(_absent(name)) from error
    started = sys.modules.get("torchere.startup")
    if started is None or not started.finished():  # somebody only looks around while the core loads
        raise AttributeError(f"module 'torchere' has no attribute '{name}'")
    for entry in plugins.manager.names("operators"):
        record = plugins.manager.load("operators", entry)
        del record
        try:
            return catalogue.function("", name)
        except AttributeError:
            continue
    raise AttributeError(_absent(name))


def _is_namespace(name: str) -> bool:
    prefix = name + "."
    if any(known == name or known.startswith(prefix) for known in plugins.manager.names("namespace")):
        return True
    return any(space == name or space.startswith(prefix) for space in catalogue._functions if space)


def _absent(name: str) -> str:
    text = f"module 'torchere' has no attribute '{name}'"
    if name in _WELL_KNOWN:
        return f"{text}. {_stopped(name)}"
    import difflib

    near = difflib.get_close_matches(name, listing(), n=3, cutoff=0.75)
    if near:
        text += f". Did you mean {', '.join(near)}?"
    return text


def _stopped(name: str) -> str:
    """Why nothing provides a namespace users expect: what stops its plugin, or those of the namespaces within it."""
    known = {record.entry for record in plugins.manager.records() if record.kind == "namespace"}
    within = sorted(entry for entry in known if entry.startswith(f"{name}."))
    names = within if within and name not in known else [name]
    lines = "\n".join(plugins.manager.unavailable_message("namespace", each) for each in names).split("\n")
    return "\n".join(dict.fromkeys(sorted(lines, key=lambda line: line.startswith("Known names"))))


#: Modules of the core, which come before anything a plugin calls by the same name.
_SUBMODULES = frozenset(item.name for item in iter_modules(torchere.__path__))

#: Namespaces PyTorch users expect: their absence is explained.
_WELL_KNOWN = frozenset(
    ("nn", "optim", "utils", "vision", "onnx", "cuda", "linalg", "fft", "distributions", "jit", "fx")
)


def listing() -> list[str]:
    """Every name of the namespace, loaded or not."""
    names = {name for name in vars(torchere) if not name.startswith("_")}
    names.update((known for known in _known() if not known.startswith("_")), torchere._MODULES)
    names.update(name for name in catalogue.names_of("") if not name.startswith("_"))
    names.update(known.partition(".")[0] for known in plugins.manager.names("namespace"))
    return sorted(names)


class _Finder(MetaPathFinder):
    """Makes ``import torchere.nn`` import the plugin's module; names between (``torchere.utils``) become packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a namespace below torchere that a plugin or the operators provide."""
        if not fullname.startswith("torchere."):
            return None
        below = fullname.removeprefix("torchere.")
        names = plugins.manager.names("namespace")
        if below in names:
            return ModuleSpec(fullname, _PluginLoader(below), is_package=True)
        owner = next((name for name in names if below.startswith(name + ".")), None)
        if owner is not None:
            return ModuleSpec(fullname, _SubmoduleLoader(owner, below.removeprefix(owner + ".")), is_package=True)
        if _is_namespace(below):
            return ModuleSpec(fullname, _GroupLoader(below), is_package=True)
        top = below.partition(".")[0]
        if top in _WELL_KNOWN and (top == below or not _is_namespace(top) or plugins.manager.find(top, "namespace")):
            raise ModuleNotFoundError(f"No module named '{fullname}'. {_stopped(top)}", name=fullname)
        return None


class _PluginLoader(Loader):
    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: Any) -> Any:
        try:
            module = plugins.provide("namespace", self.name)
        except LookupError as error:
            raise ModuleNotFoundError(str(error), name=spec.name) from error
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # importlib has put the alias's there, against which relative imports would fail
        _alias(self.name, module)


def _alias(below: str, module: ModuleType) -> None:
    """Let ``import torchere.nn.functional`` find the plugin's own submodule, once and not twice."""
    sys.modules[f"torchere.{below}"] = module


class _SubmoduleLoader(Loader):
    def __init__(self, owner: str, rest: str) -> None:
        self.owner, self.rest = owner, rest

    def create_module(self, spec: Any) -> Any:
        owner = plugins.provide("namespace", self.owner)
        module = import_module(f"{owner.__name__}.{self.rest}")
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec
        _alias(f"{self.owner}.{self.rest}", module)


#: What namespaces made of operators hold beside these: the module of the core that has it.
_OTHERS: dict[tuple[str, str], str] = {
    ("linalg", "LinAlgError"): "errors",
    ("utils", "swap_tensors"): "tensors.swapping",
}


class _GroupLoader(Loader):
    """A namespace that no module provides: operators' functions, and namespaces below it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: Any) -> Any:
        return ModuleType(spec.name, f"torchere.{self.name}: provided by operators and plugins.")

    def exec_module(self, module: ModuleType) -> None:
        name = self.name

        def find(attribute: str) -> Any:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            value: Any
            other = _OTHERS.get((name, attribute))
            if other is not None:
                value = getattr(import_module(f"torchere.{other}"), attribute)
                setattr(module, attribute, value)
                return value
            try:
                value = catalogue.function(name, attribute)
            except AttributeError:
                try:
                    value = import_module(f"torchere.{name}.{attribute}")
                except ModuleNotFoundError:
                    text = f"module 'torchere.{name}' has no attribute '{attribute}'"
                    top = name.partition(".")[0]
                    if top in _WELL_KNOWN and plugins.manager.find(top, "namespace"):
                        text += f". {_stopped(top)}"
                    raise AttributeError(text) from None
            setattr(module, attribute, value)
            return value

        def listed() -> list[str]:
            """What completion offers: the functions, the modules below, and what is loaded already."""
            prefix = f"{name}."
            spaces = (*catalogue.spaces(), *plugins.manager.names("namespace"))
            found = {below.removeprefix(prefix).partition(".")[0] for below in spaces if below.startswith(prefix)}
            found.update(catalogue.names_of(name), vars(module))
            found.update(other for space, other in _OTHERS if space == name)
            return sorted(found)

        vars(module)["__getattr__"] = find
        vars(module)["__dir__"] = listed
        module.__path__ = []


sys.meta_path.insert(0, _Finder())
