"""Hooks: each documented, each exercised, misspelt ones reported, and none able to hurt another plugin."""

from __future__ import annotations

import pytest

from torchere_dispatch import PluginState, hookspecs

SPECS = sorted(name for name, value in vars(hookspecs).items() if hasattr(value, "torchere_spec"))


def test_every_hook_is_documented():
    assert SPECS == [
        "torchere_cases",
        "torchere_plugin_failed",
        "torchere_plugin_loaded",
        "torchere_register",
        "torchere_shutdown",
    ]
    for name in SPECS:
        assert len(vars(hookspecs)[name].__doc__) > 40


WITNESS = """
from torchere_dispatch import hookimpl

log = []

@hookimpl
def torchere_register(registry): log.append(("register", registry.source.plugin))

@hookimpl
def torchere_cases(): return iter(["case 1", "case 2"])

@hookimpl
def torchere_plugin_loaded(name, kind): log.append(("loaded", name, kind))

@hookimpl
def torchere_plugin_failed(name, reason): log.append(("failed", name, reason))

@hookimpl
def torchere_shutdown(): log.append(("shutdown",))
"""
RAISING = """
from torchere_dispatch import hookimpl

@hookimpl
def torchere_register(registry): ...

@hookimpl
def torchere_plugin_loaded(name, kind): raise SystemExit(9)

@hookimpl
def torchere_shutdown(): 1 / 0
"""


@pytest.fixture
def witness(site, manager):
    site.install("acme", {"v1.operators": {"witness": "acme_witness"}}, {"acme_witness": WITNESS})
    site.install("bad", {"v1.layer": {"Bad": "bad_layer:Bad"}}, {"bad_layer": "1 / 0"})
    site.install("a-raising", {"v1.operators": {"a.raising": "a_raising"}}, {"a_raising": RAISING})

    def load():
        assert manager.load("operators", "a.raising").state is PluginState.LOADED
        assert manager.load("operators", "witness").state is PluginState.LOADED
        manager.load("layer", "Bad")
        import acme_witness

        return acme_witness.log

    return load


def test_every_hook_is_called(witness, manager):
    log = witness()
    manager.shutdown()
    assert log == [
        ("register", "witness"),
        ("loaded", "witness", "operators"),
        ("failed", "Bad", "ZeroDivisionError: division by zero"),
        ("shutdown",),
    ]
    assert manager.cases() == {"witness": ["case 1", "case 2"]}


def test_a_raising_hook_is_noted_and_stops_nobody(witness, manager):
    log = witness()
    manager.shutdown()
    assert log[-1] == ("shutdown",)
    assert manager.record("raising").warnings == [
        "its hook torchere_plugin_loaded raised SystemExit: 9",
        "its hook torchere_plugin_loaded raised SystemExit: 9",
        "its hook torchere_shutdown raised ZeroDivisionError: division by zero",
    ]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("@hookimpl\ndef torchere_regster(registry): ...", "unknown hook 'torchere_regster'"),
        ("@hookimpl\ndef register(registry): ...", "unknown hook 'register'"),
        ("def torchere_shutdown(): ...", "'torchere_shutdown', which lacks the @hookimpl decorator"),
        ("def torchere_setup(): ...", "'torchere_setup', which is no hook"),
        ("@hookimpl\ndef torchere_plugin_loaded(name, colour): ...", "colour"),
    ],
)
def test_misspelt_hooks_are_the_plugins_failure(site, manager, extra, reason):
    text = f"from torchere_dispatch import hookimpl\n@hookimpl\ndef torchere_register(registry): ...\n{extra}\n"
    site.install("acme", {"v1.operators": {"ops": "acme_ops"}}, {"acme_ops": text})
    record = manager.load("operators", "ops")
    assert record.state is PluginState.FAILED
    assert reason in record.reason


def test_pluggy_finds_what_our_own_check_would_not(site, manager, monkeypatch):
    """check_pending is the authority; our check before it only words the message better."""
    monkeypatch.setattr("torchere_dispatch.loading._HOOKS", ("torchere_register", "torchere_regster"))
    text = "from torchere_dispatch import hookimpl\n@hookimpl\ndef torchere_regster(registry): ...\n"
    site.install("acme", {"v1.operators": {"ops": "acme_ops"}}, {"acme_ops": text})
    record = manager.load("operators", "ops")
    assert record.state is PluginState.FAILED
    assert record.reason.startswith("PluginValidationError: unknown hook 'torchere_regster'")


def test_imported_hooks_and_modules_are_not_the_plugins_own(site, manager):
    site.write("torchere_neighbour", "def torchere_helper(): ...")
    text = """
        import torchere_neighbour
        from torchere_neighbour import torchere_helper
        from torchere_dispatch import hookimpl

        @hookimpl
        def torchere_register(registry): ...
        """
    site.install("acme", {"v1.operators": {"ops": "acme_ops"}})
    site.write("acme_ops", text)
    assert manager.load("operators", "ops").state is PluginState.LOADED


def test_modules_a_plugin_imported_are_not_asked_for_hooks(site, manager):
    """``torchere`` is such a module: a name it does not know makes it load plugins."""
    site.write("nosy", "def __getattr__(name): raise SystemExit(f'asked for {name}')")
    text = "import nosy\nfrom torchere_dispatch import hookimpl\n@hookimpl\ndef torchere_register(registry): ..."
    site.install("acme", {"v1.operators": {"ops": "acme_ops"}}, {"acme_ops": text})
    assert str(manager.load("operators", "ops").state) == "loaded"


def test_a_plugin_may_be_an_object(site, manager):
    text = """
        from torchere_dispatch import hookimpl

        class Plugin:
            @hookimpl
            def torchere_register(self, registry):
                registry.unavailable("x", "just to see")

        plugin = Plugin()
        """
    site.install("acme", {"v1.operators": {"x": "acme_ops:plugin"}})
    site.write("acme_ops", text)
    assert manager.load("operators", "x").reason == "just to see"


def test_namespaces_may_implement_hooks_too(site, manager):
    text = "from torchere_dispatch import hookimpl\n@hookimpl\ndef torchere_cases(): return [1]\n"
    site.install("acme", {"v1.namespace": {"audio": "acme_audio"}}, {"acme_audio": text})
    manager.provide("namespace", "audio")
    assert manager.cases() == {"audio": [1]}
