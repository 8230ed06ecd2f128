"""TORCHERE_PLUGINS and use(): who may take part."""

from __future__ import annotations

import pytest

from torchere_dispatch import PluginState, PluginUnavailableError

REGISTER = """
from torchere_dispatch import KernelTable, hookimpl

class Device:
    name, dtypes, compute_casts = "{device}", ("float32",), {{}}

@hookimpl
def torchere_register(registry):
    registry.device(Device)
    table = KernelTable("{device}")
    table.add("exp", lambda: "{device}", ("float32",))
    registry.kernels(table)
"""
FAST = """
from torchere_dispatch import KernelTable, hookimpl

@hookimpl
def torchere_register(registry):
    table = KernelTable("cpu", priority=10)
    table.add("exp", lambda: "fast", ("float32",))
    registry.kernels(table)
"""


@pytest.fixture
def house(site):
    """cpu, standard, nn and data of the house; the kernels cpu.fast, and gpu, of others."""
    site.install(
        "fixture",
        {
            "v1.device": {"cpu": "house_cpu"},
            "v1.operators": {"standard": "house_ops"},
            "v1.namespace": {"nn": "house_nn", "utils.data": "house_data"},
        },
        {
            "house_cpu": REGISTER.format(device="cpu"),
            "house_ops": "from torchere_dispatch import hookimpl\n@hookimpl\ndef torchere_register(registry): ...",
            "house_nn": "",
            "house_data": "",
        },
    )
    site.install("fast-kernels", {"v1.kernels": {"cpu.fast": "fast_kernels"}}, {"fast_kernels": FAST})
    site.install("gpu-device", {"v1.device": {"gpu": "gpu_device"}}, {"gpu_device": REGISTER.format(device="gpu")})
    return site


def enabled(manager):
    return {record.name for record in manager.records() if record.state is not PluginState.DISABLED}


ALL = {"cpu", "standard", "nn", "data", "fast", "gpu"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("all", ALL),
        ("none", {"cpu", "standard"}),
        ("nn", {"cpu", "standard", "nn"}),
        ("cpu, nn", {"cpu", "standard", "nn"}),
        ("cpu nn,utils.data", {"cpu", "standard", "nn", "data"}),
        ("-fast", ALL - {"fast"}),
        ("-cpu.fast,-gpu", ALL - {"fast", "gpu"}),
        ("nn,fast,-fast", {"cpu", "standard", "nn"}),
        ("-cpu", ALL - {"cpu"}),
        ("-standard", ALL),
        ("fast-kernels:fast", ALL),
        ("-fast_kernels:fast", ALL - {"fast"}),
        ("-other:fast", ALL),
        ("nn,gpu-device:gpu", {"cpu", "standard", "nn", "gpu"}),
        ("-gpu-device:*", ALL - {"gpu"}),
        ("all,nn", ALL),
    ],
)
@pytest.mark.filterwarnings("ignore:FIXTURE_PLUGINS.*other:UserWarning")
def test_grammar(house, manager_of, text, expected):
    assert enabled(manager_of(FIXTURE_PLUGINS=text)) == expected


def test_unreadable_items_are_ignored_with_a_warning(house, manager_of):
    manager = manager_of(FIXTURE_PLUGINS="nn,--fast")
    with pytest.warns(UserWarning, match=r"cannot read '--fast'.*is ignored"):
        manager.scan()
    assert enabled(manager) == ALL


def test_misspelt_names_warn_and_the_rest_holds(house, manager_of):
    manager = manager_of(FIXTURE_PLUGINS="-fast,-gqu")
    with pytest.warns(UserWarning, match="no installed plugin is named 'gqu'. Did you mean 'gpu'"):
        manager.scan()
    assert enabled(manager) == ALL - {"fast"}


def test_disabled_plugins_are_not_loaded_and_say_why(house, manager_of):
    manager = manager_of(FIXTURE_PLUGINS="-gpu")
    record = manager.load("device", "gpu")
    assert record.state is PluginState.DISABLED
    assert manager.dispatcher.device("gpu") is None
    assert manager.names("device") == ["cpu"]
    message = manager.unavailable_message("device", "gpu")
    assert "disabled (left out by FIXTURE_PLUGINS = -gpu)" in message
    assert "gpu-device 1.0" in message


def runs(manager, device="cpu"):
    return manager.dispatcher.resolve("exp", device, "float32").kernel.function()


def test_use_masks_what_is_loaded_and_gives_it_back(house, manager):
    manager.load("device", "cpu")
    assert runs(manager) == "fast"
    with manager.use("-fast"):
        assert runs(manager) == "cpu"
        assert manager.record("fast").state is PluginState.DISABLED
    assert runs(manager) == "fast"
    assert manager.record("fast").state is PluginState.LOADED


def test_use_loads_kernels_that_the_environment_left_out(house, manager_of):
    manager = manager_of(FIXTURE_PLUGINS="none")
    manager.load("device", "cpu")
    assert runs(manager) == "cpu"
    handle = manager.use("all")
    assert runs(manager) == "fast"
    handle.undo()
    handle.undo()
    assert runs(manager) == "cpu"


def test_use_takes_effect_as_a_plain_call_and_blocks_nest(house, manager):
    manager.use("nn")
    assert enabled(manager) == {"cpu", "standard", "nn"}
    with manager.use("all"):
        assert enabled(manager) == ALL
        with manager.use("-nn", "-gpu"):
            assert enabled(manager) == ALL - {"nn", "gpu"}
    assert enabled(manager) == {"cpu", "standard", "nn"}
    assert manager.selection.text == "nn"


def test_use_of_an_unknown_name_is_an_error(house, manager):
    with pytest.raises(ValueError, match=r"no installed plugin is named 'fats'\. Did you mean 'fast'"):
        manager.use("-fats")
    with pytest.raises(ValueError, match="cannot read '-:fast'"):
        manager.use("-:fast")
    assert enabled(manager) == ALL


def test_provide_of_a_disabled_plugin(house, manager):
    assert manager.provide("namespace", "nn").__name__ == "house_nn"
    with manager.use("-nn"), pytest.raises(PluginUnavailableError, match="disabled"):
        manager.provide("namespace", "nn")
    assert manager.provide("namespace", "nn").__name__ == "house_nn"


class TestTwoDistributionsOneName:
    @pytest.fixture
    def two(self, site):
        def install(first_priority=None, second_priority=None):
            for name, priority in (("lion-a", first_priority), ("lion-b", second_priority)):
                module = name.replace("-", "_")
                declared = "" if priority is None else f"torchere_priority = {priority}"
                site.install(
                    name, {"v1.optimizer": {"Lion": f"{module}:Lion"}}, {module: f"{declared}\nclass Lion: ..."}
                )

        return install

    def test_a_tie_is_an_error_that_names_both_and_the_remedy(self, two, manager):
        two()
        with pytest.raises(RuntimeError) as caught:
            manager.provide("optimizer", "Lion")
        for part in ("lion-a 1.0", "lion-b 1.0", "FIXTURE_PLUGINS=lion-a:Lion", "equal priority 0"):
            assert part in str(caught.value)

    @pytest.mark.parametrize(
        ("first", "second", "winner"), [(1, None, "lion_a"), (None, 1, "lion_b"), (-1, 0, "lion_b")]
    )
    def test_declared_priority_decides(self, two, manager, first, second, winner):
        two(first, second)
        assert manager.provide("optimizer", "Lion").__module__ == winner

    def test_the_object_may_declare_it(self, site, two, manager):
        two(5, None)
        site.write("lion_b", "class Lion:\n    torchere_priority = 9")
        assert manager.provide("optimizer", "Lion").__module__ == "lion_b"

    def test_the_user_decides_before_priorities(self, two, manager_of):
        two(5, 1)
        manager = manager_of(FIXTURE_PLUGINS="lion-b:Lion")
        assert manager.provide("optimizer", "Lion").__module__ == "lion_b"
        with manager.use("lion-a:Lion"):
            assert manager.provide("optimizer", "Lion").__module__ == "lion_a"
        with manager.use("-lion-b:Lion"):
            assert manager.provide("optimizer", "Lion").__module__ == "lion_a"

    def test_a_broken_one_does_not_stand_in_the_way(self, site, two, manager):
        two()
        site.write("lion_a", "raise RuntimeError('broken')")
        assert manager.provide("optimizer", "Lion").__module__ == "lion_b"
        assert manager.record("lion-a:Lion").state is PluginState.FAILED

    def test_a_priority_that_is_no_number_fails_its_plugin(self, two, manager):
        two("'high'", None)
        assert manager.provide("optimizer", "Lion").__module__ == "lion_b"
        assert "torchere_priority" in manager.record("lion-a:Lion").reason

    def test_handles_tell_them_apart(self, two, manager):
        two("'high'", None)
        assert manager.provide("optimizer", "Lion").__module__ == "lion_b"
        assert "FIXTURE_PLUGINS=-lion-a:Lion" in manager.record("lion-a:Lion").remedy

    @pytest.mark.parametrize(("kind", "entry"), [("device", "cpu"), ("operators", "standard")])
    def test_what_every_program_needs_is_the_house_s(self, site, manager_of, kind, entry):
        text = REGISTER.format(device="cpu")
        site.install("fixture", {f"v1.{kind}": {entry: "fixture_part"}}, {"fixture_part": text})
        site.install("stranger", {f"v1.{kind}": {entry: "stranger_part"}}, {"stranger_part": "raise SystemExit"})
        manager = manager_of()
        for _ in range(2):
            record = manager.load(kind, entry)
        assert (record.distribution, str(record.state)) == ("fixture", "loaded")
        stranger = manager.record(f"stranger:{entry}")
        assert str(stranger.state) == "available"  # its code did not run
        (remark,) = stranger.warnings
        assert f"stays that of fixture 1.0; FIXTURE_PLUGINS=stranger:{entry} chooses this one" in remark
        chosen = manager_of(FIXTURE_PLUGINS=f"stranger:{entry}").load(kind, entry)
        assert (chosen.distribution, str(chosen.state)) == ("stranger", "failed")
