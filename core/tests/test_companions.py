"""Libraries that torchere extends when they are imported, before it or after it. `tests/test_einops.py` has one."""

import importlib
import json
import subprocess
import sys
from textwrap import dedent

import pytest

from torchere import companions


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library with a registry, and an extension that enters it."""
    (tmp_path / "companion_library.py").write_text("registered = []\nTEXT = 'source'\n")
    (tmp_path / "companion_extension.py").write_text(
        "import companion_library\ncompanion_library.registered.append(__name__)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(companions.COMPANIONS, "companion_library", "companion_extension")
    yield tmp_path
    for name in ("companion_library", "companion_extension"):
        sys.modules.pop(name, None)


def test_extended_once_after_its_import(library):
    module = importlib.import_module("companion_library")
    assert module.registered == ["companion_extension"]
    assert importlib.import_module("companion_library") is module
    assert module.registered == ["companion_extension"]


def test_the_module_keeps_its_own_loader(library):
    module = importlib.import_module("companion_library")
    assert module.__loader__ is module.__spec__.loader
    assert "TEXT" in module.__loader__.get_source("companion_library")


def test_extended_when_it_was_there_first(library, monkeypatch):
    monkeypatch.delitem(companions.COMPANIONS, "companion_library")
    module = importlib.import_module("companion_library")
    assert module.registered == []
    monkeypatch.setitem(companions.COMPANIONS, "companion_library", "companion_extension")
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    companions.install()
    assert module.registered == ["companion_extension"]


def test_a_library_that_has_changed_stays_usable(library):
    (library / "companion_extension.py").write_text("import companion_library\ncompanion_library.no_such_thing\n")
    with pytest.warns(UserWarning, match="could not register with companion_library: AttributeError"):
        module = importlib.import_module("companion_library")
    assert module.TEXT == "source"


def test_guest(tmp_path, monkeypatch):
    folder = tmp_path / "companion_host"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(companions.GUESTS, "companion_host.guest", "torchere.layouts")
    spec = importlib.import_module("torchere.layouts").__spec__
    try:
        guest = importlib.import_module("companion_host.guest")
        assert guest is sys.modules["torchere.layouts"]
        assert guest.__spec__ is spec
        assert sys.modules["companion_host"].guest is guest
    finally:
        for name in ("companion_host", "companion_host.guest"):
            sys.modules.pop(name, None)


def test_nothing_of_an_absent_library_is_imported():
    program = """
    import json, sys
    import torchere
    print(json.dumps([name for name in sys.modules if "einops" in name]))
    """
    output = subprocess.check_output([sys.executable, "-c", dedent(program)], text=True)
    assert json.loads(output) == []
