"""Loading plugins: whole or not at all, and a state with reason and remedy whatever they do."""

from __future__ import annotations

import json
import sys
import warnings

import pytest

from torchere_dispatch import PluginError, PluginState, PluginUnavailableError

GOOD = """
from torchere_dispatch import KernelTable, hookimpl

class Device:
    name, dtypes, compute_casts = "acme", ("float32",), {}

class Operator:
    name, has_decomposition, declared_at = "erf", False, "acme.py:7"

@hookimpl
def torchere_register(registry):
    registry.device(Device)
    registry.operators([Operator])
    table = KernelTable("acme")
    table.add("exp", abs, ("float32",))
    registry.kernels(table)
"""


@pytest.fixture
def acme(site, manager):
    """Install a device plugin from source text and load it; its record comes back."""

    def load(text, **install):
        site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": text}, **install)
        return manager.load("device", "acme")

    return load


def test_a_good_plugin_is_committed_with_its_provenance(acme, manager):
    record = acme(GOOD, version="4.5")
    assert record.state is PluginState.LOADED, record.traceback
    assert record.contents == {"devices": 1, "layouts": 0, "operators": 1, "kernels": 1}
    assert record.seconds > 0
    kernel = manager.dispatcher.resolve("exp", "acme", "float32").kernel
    assert (kernel.plugin, kernel.distribution, kernel.version) == ("acme", "acme", "4.5")
    assert manager.dispatcher.source_of("operator", "erf").distribution == "acme"
    assert json.loads(json.dumps(record.to_dict()))["state"] == "loaded"


def fails(record, state, reason, remedy=""):
    assert record.state is state, record
    assert reason in record.reason
    assert remedy in record.remedy
    assert record.remedy
    assert "\n" not in record.reason


def test_registering_half_and_then_raising_leaves_nothing(acme, manager):
    generation = manager.dispatcher.generation
    record = acme(GOOD + "    raise ValueError('half way')\n")
    fails(record, PluginState.FAILED, "ValueError: half way", "FIXTURE_PLUGINS=-acme")
    assert "half way" in record.traceback
    assert "acme_device.py" in record.traceback
    assert dict(manager.dispatcher.devices) == {}
    assert manager.dispatcher.kernels_of() == []
    assert manager.dispatcher.generation == generation + 1  # the scan's selection, nothing else


@pytest.mark.parametrize(
    ("text", "state", "reason", "remedy"),
    [
        (
            "raise RuntimeError('boom')",
            PluginState.FAILED,
            "RuntimeError: boom",
            "report it to the authors of acme 1.0",
        ),
        ("import sys; sys.exit(3)", PluginState.FAILED, "sys.exit(3)", "-acme"),
        ("raise GeneratorExit", PluginState.FAILED, "GeneratorExit", "-acme"),
        ("def broken(:", PluginState.FAILED, "SyntaxError", "-acme"),
        ("class E(Exception):\n  def __str__(self): raise E\nraise E", PluginState.FAILED, "cannot be shown", "-acme"),
        ("def f(): f()\nf()", PluginState.FAILED, "RecursionError", "-acme"),
        (
            "import nowhere_to_be_found.sub",
            PluginState.MISSING_DEPENDENCY,
            "'nowhere_to_be_found'",
            "nowhere_to_be_found",
        ),
        ("from json import no_such_name", PluginState.MISSING_DEPENDENCY, "no_such_name", "json"),
        ("raise ImportError('libfoo.so: no such file')", PluginState.MISSING_DEPENDENCY, "libfoo.so", "acme"),
        ("from acme_device import missing", PluginState.FAILED, "cannot import name 'missing'", "-acme"),
        ("from fixture_core import tensor", PluginState.FAILED, "fixture_core", "go together"),
        ("x = 1", PluginState.FAILED, "implements no torchere_register hook", "-acme"),
        (GOOD.replace("registry.device(Device)", "pass"), PluginState.FAILED, "promises device 'acme'", "-acme"),
        (
            GOOD.replace("name, dtypes, compute_casts", "name, dtypes, casts"),
            PluginState.FAILED,
            "compute_casts",
            "-acme",
        ),
        (GOOD.replace("[Operator]", "[print]"), PluginState.FAILED, "is not an operator", "-acme"),
        (
            GOOD.replace("registry.kernels(table)", "registry.kernels([table])"),
            PluginState.FAILED,
            "KernelTable",
            "-acme",
        ),
        (GOOD + "    registry.kernels(table)\n", PluginState.FAILED, "two kernels of equal priority", "-acme"),
    ],
)
def test_broken_plugins_become_a_state(acme, manager, text, state, reason, remedy):
    record = acme(text)
    fails(record, state, reason, remedy)
    assert record.traceback.strip()
    assert dict(manager.dispatcher.devices) == {}
    message = manager.unavailable_message("device", "acme")
    assert str(state) in message
    assert record.remedy in message


def test_the_remedy_knows_the_plugins_requirements(acme):
    fails(
        acme("import cupy", requires=("numpy", "cupy-cuda13x>=14; extra == 'cuda'")),
        PluginState.MISSING_DEPENDENCY,
        "needs the module 'cupy'",
        "pip install 'acme[cuda]'",
    )


def test_the_remedy_repeats_the_bounds(acme):
    fails(
        acme("import tinylib", requires=("tinylib>=2,<3",)),
        PluginState.MISSING_DEPENDENCY,
        "tinylib",
        "'tinylib>=2,<3'",
    )


def test_a_module_that_does_not_exist(site, manager):
    site.install("acme", {"v1.device": {"acme": "acme_gone.plugin"}})
    fails(manager.load("device", "acme"), PluginState.FAILED, "'acme_gone' does not exist", "--force-reinstall acme")


@pytest.mark.parametrize("value", ["", ":x", "acme_device:Nothing", "not a module", "..x"])
def test_entry_points_that_point_nowhere(site, manager, value):
    site.install("acme", {"v1.layer": {"L": value}}, {"acme_device": ""})
    record = manager.load("layer", "L")
    assert record.state in (PluginState.FAILED, PluginState.MISSING_DEPENDENCY)
    assert record.reason


def test_keyboard_interrupt_is_the_users(acme, manager):
    with pytest.raises(KeyboardInterrupt):
        acme("raise KeyboardInterrupt")
    assert manager.record("acme").state is PluginState.AVAILABLE
    with pytest.raises(KeyboardInterrupt):  # and it can be asked again: nothing is left locked
        manager.load("device", "acme")


def test_printing_at_import_is_allowed(acme, capsys):
    assert acme("print('hello from the plugin')\n" + GOOD).state is PluginState.LOADED
    assert "hello" in capsys.readouterr().out


def test_a_slow_load_is_reported_while_it_lasts(acme, capsys, monkeypatch):
    monkeypatch.setattr("torchere_dispatch.manager.SLOW_SECONDS", 0.01)
    assert acme("import time; time.sleep(0.3)\n" + GOOD).state is PluginState.LOADED
    assert (
        "fixture: still loading device 'acme' of acme 1.0 after 0.01 s. FIXTURE_PLUGINS=-acme"
        in capsys.readouterr().err
    )


def test_strict_raises_what_the_plugin_raised(site, manager_of):
    site.install("acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": "raise LookupError('boom')"})
    manager = manager_of(FIXTURE_STRICT_PLUGINS="1")
    with pytest.raises(LookupError, match="boom"):
        manager.load("device", "acme")
    assert manager.record("acme").state is PluginState.FAILED
    assert manager_of(FIXTURE_STRICT_PLUGINS="0").load("device", "acme").state is PluginState.FAILED


class TestUnavailable:
    def plugin(self, because, fix=""):
        return GOOD.replace(
            "registry.device(Device)", f"registry.unavailable('acme', because={because}, fix={fix!r}); return"
        )

    def test_no_hardware(self, acme, manager):
        record = acme(self.plugin("OSError('no driver')", "install the driver"))
        fails(record, PluginState.NO_HARDWARE, "OSError: no driver", "install the driver")
        assert "no driver" in record.traceback

    def test_text_and_no_fix(self, acme):
        fails(acme(self.plugin("'no chip\\nfound'")), PluginState.NO_HARDWARE, "no chip found", "documentation of acme")

    def test_an_import_error_is_a_missing_dependency(self, acme):
        record = acme(self.plugin("ModuleNotFoundError('x', name='cupy')"), requires=("cupy-cuda13x",))
        fails(record, PluginState.MISSING_DEPENDENCY, "needs the module 'cupy'", "pip install 'cupy-cuda13x'")

    def test_provide_and_message(self, acme, manager):
        acme(self.plugin("'no chip'", "buy one"))
        with pytest.raises(PluginUnavailableError, match=r"no-hardware \(no chip\). What to do: buy one"):
            manager.provide("device", "acme")

    def test_only_an_extra_of_its_own_distribution_is_optional(self, acme):
        text = self.plugin("ModuleNotFoundError('x', name='cupy')")
        assert acme(text, requires=("cupy-cuda13x; extra == 'gpu'",)).optional

    def test_the_extra_that_brings_least_is_named(self, acme):
        text = self.plugin("ModuleNotFoundError('x', name='cupy')")
        wanted = ("cupy; extra == 'all'", "black; extra == 'all'", "cupy; extra == 'gpu'")
        assert acme(text, requires=wanted).remedy == "pip install 'acme[gpu]'"

    def test_a_plain_requirement_is_not_optional(self, acme):
        assert not acme(self.plugin("ModuleNotFoundError('x', name='cupy')"), requires=("cupy-cuda13x",)).optional


class TestLayouts:
    TEXT = GOOD.replace("registry.device", "registry.layout")

    def test_a_layout_has_kernels_but_is_no_device(self, site, manager):
        site.install("acme", {"v1.layout": {"acme": "acme_layout"}}, {"acme_layout": self.TEXT})
        record = manager.load("layout", "acme")
        assert record.state is PluginState.LOADED, record.traceback
        dispatcher = manager.dispatcher
        assert (list(dispatcher.layouts), dict(dispatcher.devices)) == (["acme"], {})
        assert dispatcher.resolve("exp", "acme", "float32").kernel.plugin == "acme"
        dispatcher.remove_plugin("acme")
        assert dict(dispatcher.layouts) == {}

    def test_the_entry_point_promises_the_right_thing(self, acme):
        fails(acme(self.TEXT), PluginState.FAILED, "promises device 'acme'", "report it")


class TestRetry:
    def test_a_failure_is_remembered_until_asked_to_retry(self, site, acme, manager):
        record = acme("import not_there_yet\n" + GOOD)
        assert record.state is PluginState.MISSING_DEPENDENCY
        site.write("not_there_yet", "")
        import importlib

        importlib.invalidate_caches()
        assert manager.load("device", "acme").state is PluginState.MISSING_DEPENDENCY
        assert manager.load("device", "acme", retry=True).state is PluginState.LOADED
        assert (record.reason, record.remedy, record.traceback) == ("", "", "")
        assert manager.load("device", "acme", retry=True).state is PluginState.LOADED

    def test_what_was_committed_with_an_unavailable_device_is_replaced(self, site, acme, manager):
        text = GOOD.replace(
            "    registry.device(Device)",
            "    import os\n"
            "    if os.path.exists(__file__ + '.chip'): registry.device(Device)\n"
            "    else: registry.unavailable('acme', 'no chip')",
        )
        assert acme(text).state is PluginState.NO_HARDWARE
        assert "erf" in manager.dispatcher.operators
        (site.folder / "acme_device.py.chip").write_text("")
        assert manager.load("device", "acme", retry=True).state is PluginState.LOADED
        assert len(manager.dispatcher.kernels_of("exp")) == 1


class TestSharing:
    def test_entry_points_of_one_module_register_once(self, site, manager):
        site.install(
            "acme",
            {
                "v1.device": {"acme": "acme_device", "acme2": "acme_device"},
                "v1.operators": {"special": "acme_device [x]"},
            },
            {
                "acme_device": GOOD.replace(
                    "registry.device(Device)", "registry.device(Device); registry.unavailable('acme2', 'none')"
                )
            },
        )
        assert manager.load("operators", "special").state is PluginState.LOADED
        assert manager.record("acme").state is PluginState.LOADED
        assert manager.record("acme2").state is PluginState.NO_HARDWARE
        assert manager.load("device", "acme").state is PluginState.LOADED
        assert manager.plugin_of("special") == "acme"
        assert len(manager.dispatcher.kernels_of()) == 1

    def test_two_devices_of_one_name(self, site, manager):
        for name, declared in (("acme-a", ""), ("acme-b", "torchere_priority = 3")):
            module = name.replace("-", "_")
            site.install(name, {"v1.device": {"acme": module}}, {module: declared + GOOD})
        record = manager.load("device", "acme")
        assert (record.distribution, str(record.state)) == ("acme-b", "loaded")
        assert str(manager.record("acme-a:acme").state) == "available"

    def test_an_operator_of_two_distributions_fails_the_second(self, site, manager):
        for name in ("first", "second"):
            text = GOOD.replace("registry.device(Device)", "pass").replace('"acme"', f'"{name}"')
            site.install(name, {"v1.operators": {name: f"{name}_ops"}}, {f"{name}_ops": text})
        assert manager.load("operators", "first").state is PluginState.LOADED
        record = manager.load("operators", "second")
        fails(record, PluginState.FAILED, "two operators named 'erf'", "-second")
        assert "first 1.0" in record.reason
        assert "second 1.0" in record.reason
        assert manager.dispatcher.kernels_of(device="second") == []


class TestProvide:
    def test_objects_and_modules(self, site, manager):
        site.install(
            "acme",
            {"v1.layer": {"Mamba": "acme_layers:Zoo.Mamba"}, "v1.namespace": {"audio": "acme_audio"}},
            {"acme_layers": "class Zoo:\n    class Mamba: ...", "acme_audio": "rate = 44100"},
        )
        assert manager.provide("layer", "Mamba").__qualname__ == "Zoo.Mamba"
        assert manager.provide("namespace", "audio").rate == 44100
        assert manager.provide("namespace", "audio") is sys.modules["acme_audio"]

    def test_unknown_names_say_what_there_is(self, site, manager):
        site.install("acme", {"v1.layer": {"Mamba": "m:Mamba", "Hyena": "m:Hyena"}})
        with pytest.raises(PluginUnavailableError) as caught:
            manager.provide("layer", "Mambo")
        assert isinstance(caught.value, LookupError)
        assert (caught.value.kind, caught.value.name) == ("layer", "Mambo")
        for part in ("No installed plugin provides layer 'Mambo'", "Did you mean 'Mamba'", "Hyena, Mamba"):
            assert part in str(caught.value)
        with pytest.raises(PluginUnavailableError, match="no installed plugin is named 'x'"):
            manager.record("x")

    def test_a_namespace_that_asks_for_itself_gets_the_module_so_far(self, site, manager):
        import builtins

        site.install(
            "acme",
            {"v1.namespace": {"audio": "acme_audio"}},
            {
                "acme_audio": "early = 5\nimport builtins\n"
                "seen = builtins.fixture_manager.provide('namespace', 'audio').early\n"
            },
        )
        builtins.fixture_manager = manager
        try:
            assert manager.provide("namespace", "audio").seen == 5
            assert manager.record("audio").state is PluginState.LOADED
        finally:
            del builtins.fixture_manager

    def test_an_object_that_asks_for_itself_too_early_fails_only_itself(self, site, manager):
        import builtins

        site.install(
            "acme",
            {"v1.layer": {"L": "acme_layer:L"}},
            {"acme_layer": "import builtins\nbuiltins.fixture_manager.provide('layer', 'L')\nclass L: ..."},
        )
        builtins.fixture_manager = manager
        try:
            with pytest.raises(PluginUnavailableError):
                manager.provide("layer", "L")
            assert manager.record("L").state is PluginState.FAILED
        finally:
            del builtins.fixture_manager


class TestGuards:
    def test_a_plugin_that_changes_the_core_is_noted(self, site, acme, manager):
        site.write("fake_core", "def add(): return 'right'")
        import fake_core

        manager.guards.append(lambda: dict(vars(fake_core)))
        record = acme("import fake_core\nfake_core.add = None\nfake_core.extra = 1\n" + GOOD)
        assert record.state is PluginState.LOADED
        assert record.warnings == ["while it was loaded, fixture itself was changed: add, extra"]

    def test_a_guard_may_undo_the_change(self, site, acme, manager):
        site.write("fake_core", "def add(): return 'right'")
        import fake_core

        class Guard:
            def __call__(self):
                return {"add": fake_core.add}

            def restore(self, before):
                fake_core.add = before["add"]

        manager.guards.append(Guard())
        record = acme("import fake_core\nfake_core.add = None\n" + GOOD)
        assert record.warnings == ["while it was loaded, fixture itself was changed: add (undone)"]
        assert fake_core.add() == "right"

    def test_an_honest_plugin_is_not(self, acme, manager):
        manager.guards.append(lambda: 7)
        assert acme(GOOD).warnings == []

    def test_kernels_for_a_device_nobody_has(self, acme):
        record = acme(GOOD.replace('KernelTable("acme")', 'KernelTable("acmee")'))
        assert record.state is PluginState.LOADED
        assert "kernels for device 'acmee', which nothing provides" in record.warnings[0]


def test_kernel_plugins_load_when_their_device_is_resolved(site, acme, manager):
    kernels = (
        GOOD.replace("registry.device(Device)", "")
        .replace("registry.operators([Operator])", "")
        .replace('KernelTable("acme")', 'KernelTable("acme", 5)')
    )
    site.install(
        "fast",
        {"v1.kernels": {"acme.fast": "fast_kernels", "acme.bad": "bad_kernels", "other.x": "x"}},
        {"fast_kernels": kernels, "bad_kernels": "1/0"},
    )
    acme(GOOD)
    assert manager.record("fast").state is PluginState.AVAILABLE
    assert manager.dispatcher.resolve("exp", "acme", "float32").kernel.plugin == "fast"
    assert manager.record("bad").state is PluginState.FAILED
    assert manager.record("x").state is PluginState.AVAILABLE
    with pytest.raises(NotImplementedError, match=r"Plugin 'bad' of fast 1\.0 for 'acme': failed"):
        manager.dispatcher.resolve("erf", "acme", "float32")


def test_warnings_as_errors_do_not_break_loading(acme):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record = acme("import warnings; warnings.warn('old', DeprecationWarning)\n" + GOOD)
    fails(record, PluginState.FAILED, "DeprecationWarning: old")


def test_errors_share_a_root():
    assert issubclass(PluginUnavailableError, PluginError)
