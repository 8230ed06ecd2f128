"""The scan of entry points: names without code, and no installation so broken that it hurts the others."""

from __future__ import annotations

import sys

import pytest

from torchere_dispatch import KINDS, PluginState
from torchere_dispatch.discovery import scan_distributions

EXPLODING = "raise RuntimeError('plugin code ran during a scan')"


def entries(prefix="fixture"):
    return [
        (d.kind, d.entry, d.value, d.origin.name, d.origin.version) for d in scan_distributions(prefix).declarations
    ]


def test_names_are_known_without_running_plugin_code(site, manager):
    site.install(
        "acme",
        {"v1.device": {"acme": "acme_device"}, "v1.layer": {"Mamba": "acme_device:Mamba"}},
        {"acme_device": EXPLODING},
    )
    assert manager.names("device") == ["acme"]
    assert manager.names("layer") == ["Mamba"]
    assert [str(record.state) for record in manager.records()] == ["available", "available"]
    assert "acme_device" not in sys.modules


def test_two_hundred_distributions(site, manager):
    for index in range(200):
        site.install(f"dist-{index:03}", {"v1.optimizer": {f"Opt{index:03}": f"opt_{index}:Opt"}}, version=f"1.{index}")
    records = manager.records()
    assert [record.entry for record in records] == [f"Opt{index:03}" for index in range(200)]
    assert records[7].origin == "dist-007 1.7"
    assert not [name for name in sys.modules if name.startswith("opt_")]


def test_metadata_is_kept_for_each_entry(site, manager):
    site.install(
        "acme-lion", {"v1.optimizer": {"Lion": "acme.lion:Lion"}}, version="2.1", requires=("numpy>=2", "fixture>=1")
    )
    (record,) = manager.records()
    assert (record.distribution, record.version, record.requires) == ("acme-lion", "2.1", ("numpy>=2", "fixture>=1"))
    assert (record.kind, record.entry, record.name, record.value) == ("optimizer", "Lion", "Lion", "acme.lion:Lion")


def test_the_name_is_the_last_dotted_part(site, manager):
    site.install("a", {"v1.kernels": {"cpu.onednn": "a"}, "v1.namespace": {"utils.data": "b"}})
    assert [(record.kind, record.name) for record in manager.records()] == [
        ("kernels", "onednn"),
        ("namespace", "data"),
    ]


def test_the_first_of_equal_names_on_the_path_counts(site, tmp_path, monkeypatch):
    later = tmp_path / "later"
    site.install("My.Dist", {"v1.device": {"new": "m"}}, version="2.0")
    site.install("my-dist", {"v1.device": {"old": "m"}}, version="1.0", folder=later)
    monkeypatch.syspath_prepend(str(later))
    assert entries() == [("device", "old", "m", "my-dist", "1.0")]
    monkeypatch.setattr(sys, "path", [str(site.folder), str(later)])
    assert entries() == [("device", "new", "m", "My.Dist", "2.0")]


def test_an_empty_folder_left_behind_hides_nothing(site, tmp_path, monkeypatch):
    later = tmp_path / "later"
    site.install("acme", {"v1.device": {"acme": "m"}})
    (later / "acme-0.9.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(later))
    assert entries() == [("device", "acme", "m", "acme", "1.0")]


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe not utf-8 [fixture.v1.device]\nx = y\n",
        b"[fixture.v1.device]\nno equals sign\n= no name\n[fixture.v1.device\n",
    ],
    ids=["bytes", "syntax"],
)
def test_a_broken_installation_does_not_disturb_the_others(site, text):
    site.install("broken", {})
    (site.folder / "broken-1.0.dist-info" / "entry_points.txt").write_bytes(text)
    site.install("fine", {"v1.device": {"fine": "m"}})
    scan = scan_distributions("fixture")
    assert [d.entry for d in scan.declarations] == ["fine"]
    if b"\xff" in text:
        assert any(problem.startswith("broken: UnicodeDecodeError") for problem in scan.problems)


def test_other_groups_and_comments_are_ignored(site):
    site.install("acme", {})
    (site.folder / "acme-1.0.dist-info" / "entry_points.txt").write_text(
        "# a comment\n[console_scripts]\nrun = acme:main\n[fixture.vX.device]\nx = y\n"
        "[fixture.v1.device]\n; more\n a.b  =  m : o \n[fixture.v12]\nq = r\n"
    )
    assert [(d.api, d.kind, d.entry, d.value) for d in scan_distributions("fixture").declarations] == [
        (1, "device", "a.b", "m : o")
    ]


def test_results_are_sorted_and_independent_of_folders(site, tmp_path, monkeypatch):
    for name in ("zeta", "alpha", "mid"):
        site.install(name, {"v1.layer": {"Same": f"{name}:Same", f"Only{name}": f"{name}:X"}})
    assert entries() == sorted(entries())


def test_another_api_version_is_incompatible_and_never_loaded(site, manager):
    site.install("future", {"v2.device": {"next": "future_device"}}, {"future_device": EXPLODING})
    site.install("past", {"v0.device": {"last": "past_device"}}, {"past_device": EXPLODING})
    last, following = manager.records()[0], manager.records()[1]
    assert (last.entry, following.entry) == ("last", "next")
    for record, version, remedy in ((following, "v2", "--upgrade fixture"), (last, "v0", "--upgrade past")):
        assert record.state is PluginState.INCOMPATIBLE
        assert f"plugin API {version}; this fixture has v1" in record.reason
        assert remedy in record.remedy
        assert manager.load("device", record.entry) is record
        assert record.state is PluginState.INCOMPATIBLE
    assert manager.names("device") == []


def test_unknown_kinds_are_incompatible(site, manager):
    site.install("acme", {"v1.optimiser": {"Lion": "m:Lion"}})
    (record,) = manager.records()
    assert record.state is PluginState.INCOMPATIBLE
    assert "knows no plugin kind 'optimiser'" in record.reason
    assert all(kind in record.reason for kind in KINDS)


@pytest.mark.parametrize(
    ("requirement", "state"),
    [
        ("fixture>=1.2,<2", "available"),
        ("fixture (>=1.5)", "available"),
        ("fixture[cuda]~=1.4", "available"),
        ("Fixture>=2", "incompatible"),
        ("fixture==1.4.*", "incompatible"),
        ("fixture>=2; extra == 'test'", "available"),
        ("fixture>=2; python_version < '3'", "available"),
        ("fixture>=2; python_version >= '3'", "incompatible"),
        ("fixture-extras>=9", "available"),
        ("fixture @ https://example.org/f.whl", "available"),
        ("numpy>=99", "available"),
        ("fixture >> 3", "available"),
    ],
)
def test_own_requirements_are_checked_before_loading(site, manager, requirement, state):
    site.install(
        "acme", {"v1.device": {"acme": "acme_device"}}, {"acme_device": EXPLODING}, requires=("numpy", requirement)
    )
    (record,) = manager.records()
    assert str(record.state) == state
    if state == "incompatible":
        assert "this is fixture 1.5" in record.reason
        assert "pip install 'fixture" in record.remedy
    assert bool(record.warnings) == (requirement == "fixture >> 3")


def test_the_version_is_that_of_the_installed_distribution(site, manager_of):
    site.install("fixture", {}, version="3.2")
    site.install("acme", {"v1.device": {"acme": "m"}}, requires=("fixture<3",))
    manager = manager_of(version=None)
    assert manager.record("acme").state is PluginState.INCOMPATIBLE
    assert manager.version == "3.2"


def test_scanning_again_adds_new_and_keeps_what_happened(site, manager):
    site.install("one", {"v1.layer": {"One": "one_layer:One"}}, {"one_layer": "class One: ..."})
    one = manager.load("layer", "One")
    site.install("two", {"v1.layer": {"Two": "two_layer:Two"}}, {"two_layer": "class Two: ..."})
    assert manager.names("layer") == ["One"]
    manager.scan()
    assert manager.names("layer") == ["One", "Two"]
    assert manager.record("One") is one
    assert one.state is PluginState.LOADED
    assert manager.provide("layer", "Two").__name__ == "Two"
