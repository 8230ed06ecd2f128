"""Other libraries that work with torchere's tensors once they have been told about them, whichever is imported first.

A library listed in `COMPANIONS` is extended right after its module has been imported: by `install` if that happened
before torchere's import, otherwise by a finder that watches for the name. A library nobody imports is never loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["COMPANIONS", "GUESTS", "install"]

#: Another library's module → the module of torchere that extends it when imported.
COMPANIONS = {"einops._backends": "torchere.einops_backend"}

#: A name inside another library under which torchere's module is expected → that module.
GUESTS = {"einops.layers.torchere": "torchere.nn.einops"}


def install() -> None:
    """Extend the libraries that are imported already, and watch for the others."""
    sys.meta_path.insert(0, _Watcher())
    for name in COMPANIONS:
        if name in sys.modules:
            _extend(name)


def _extend(name: str) -> None:
    try:
        import_module(COMPANIONS[name])
    except Exception as error:  # a version unlike those known must stay usable without us
        import warnings

        library = name.partition(".")[0]
        warnings.warn(f"torchere could not register with {library}: {type(error).__name__}: {error}", stacklevel=2)


class _Watcher(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a companion's module, with a loader that extends it, or of a guest."""
        if fullname in COMPANIONS:
            for finder in sys.meta_path:
                found = None if finder is self else finder.find_spec(fullname, path, target)
                if found is not None:
                    if found.loader is not None:
                        found.loader = _ExtendingLoader(found.loader)
                    return found
        elif fullname in GUESTS:
            return ModuleSpec(fullname, _GuestLoader())
        return None


class _ExtendingLoader(Loader):
    """Another loader, and then the extension."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self.loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        # From here on, whoever asks the module for its source or resources talks to its own loader.
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.loader.exec_module(module)
        _extend(module.__name__)


class _GuestLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(GUESTS[spec.name])
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # importlib has put the guest's there
