"""Fixtures: fake distributions on disk, and operators and devices as bare as the dispatcher allows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from torchere_dispatch import Dispatcher, PluginManager

# Not "torchere": the plugins of an installed torchere must not take part in these tests.
PREFIX = "fixture"


@dataclass(frozen=True)
class FakeOperator:
    name: str
    has_decomposition: bool = False


@dataclass(frozen=True)
class FakeDevice:
    name: str
    dtypes: tuple[str, ...] = ("float32",)
    compute_casts: Mapping[str, str] = field(default_factory=dict)


class Site:
    """A folder on sys.path into which distributions are 'installed'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(
        self,
        name: str,
        entry_points: Mapping[str, Mapping[str, str]],
        modules: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
        folder: Path | None = None,
    ) -> None:
        """Write dist-info and modules. Keys of ``entry_points`` are ``v1.device`` and the like."""
        root = folder or self.folder
        info = root / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        header = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {text}" for text in requires)]
        (info / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(header) + "\n\nA description.\n")
        lines = []
        for group, entries in entry_points.items():
            lines += [f"[{PREFIX}.{group}]", *(f"{entry} = {value}" for entry, value in entries.items()), ""]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for module, text in (modules or {}).items():
            self.write(module, text, root)

    def write(self, module: str, text: str, root: Path | None = None) -> Path:
        file = (root or self.folder) / (module.replace(".", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site folder, first on sys.path; modules imported from it are forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Site(folder)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def manager_of() -> Callable[..., PluginManager]:
    """Make a manager with its own dispatcher and environment."""

    def make(version: str | None = "1.5", **environ: str) -> PluginManager:
        return PluginManager(prefix=PREFIX, dispatcher=Dispatcher(), version=version, environ=environ)

    return make


@pytest.fixture
def manager(manager_of: Callable[..., PluginManager]) -> PluginManager:
    return manager_of()


@pytest.fixture
def fake_operator() -> type[FakeOperator]:
    return FakeOperator


@pytest.fixture
def fake_device() -> type[FakeDevice]:
    return FakeDevice
