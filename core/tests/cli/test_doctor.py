"""`plugins doctor` with broken plugins installed: each is named, with what it did and the remedy."""

import json
import os

import pytest

GOOD = """
from torchere_dispatch import hookimpl
@hookimpl
def torchere_register(registry):
    pass
"""

BROKEN = {
    "raises": ("raise RuntimeError('no good')", "failed", "RuntimeError: no good"),
    "syntax": ("def broken(:", "failed", "SyntaxError"),
    "exits": ("import sys; sys.exit(3)", "failed", "called sys.exit(3)"),
    "leaves": ("import os; os._exit(7)", "failed", "ended the process with exit code 7"),
    "aborts": ("import os; os.abort()", "failed", "killed the process (SIGABRT)"),
    "hangs": ("import time\nwhile True: time.sleep(1)", "failed", "did not finish loading within 3 s"),
    "lacks": ("import a_module_nobody_has", "missing-dependency", "needs the module 'a_module_nobody_has'"),
}


@pytest.fixture
def doctor(site):
    """Install plugins by module source, run the doctor, return findings by entry."""

    def examine(modules, code, **options):
        for name, source in modules.items():
            site.install(f"plugin-{name}", {"v1.operators": f"{name} = plugin_{name}"}, {f"plugin_{name}": source})
        text = site.run("plugins", "doctor", "--timeout", 3, "--json", code=code)
        return {item["entry"]: item for item in json.loads(text)["findings"]}

    return examine


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_every_way_to_break(doctor, site):
    found = doctor({name: source for name, (source, _, _) in BROKEN.items()}, code=2)
    for name, (_, state, reason) in BROKEN.items():
        assert (found[name]["state"], reason in found[name]["reason"]) == (state, True), found[name]
        remedy = found[name]["remedy"]
        assert "pip install" in remedy if state == "missing-dependency" else f"TORCHERE_PLUGINS=-{name}" in remedy
    assert found["cpu"]["state"] == "loaded"
    assert found["hangs"]["seconds"] < 20
    # The rest of the house stands.
    text = site.run("plugins", "doctor", "--timeout", 3, code=2)
    assert "Some plugins are broken." in text
    assert "(plugin-leaves 1.0): failed: it ended the process" in text
    site.variables["TORCHERE_PLUGINS"] = ",".join(f"-{name}" for name in BROKEN)
    listed = json.loads(site.run("plugins", "list", "--json"))["plugins"]
    assert {item["state"] for item in listed if item["entry"] in BROKEN} == {"disabled"}


def test_list_runs_nobodys_code(site):
    site.install("plugin-bomb", {"v1.operators": "bomb = plugin_bomb"}, {"plugin_bomb": "import os; os._exit(9)"})
    assert "plugin-bomb" in site.run("plugins", "list")


def test_good_plugins_are_well(doctor):
    found = doctor({"good": GOOD}, code=0)
    assert found["good"]["state"] == "loaded"
    assert found["good"]["severity"] == "fine"


def test_all_is_well_without_the_extras(site):
    """What a fresh installation lacks is noted with its remedy, and nothing is called a fault."""
    site.variables = {}
    found = json.loads(site.run("plugins", "doctor", "--json", code=0))["findings"]
    assert {item["kind"] for item in found if item["entry"].startswith("sparse_")} == {"layout"}
    for item in found:
        if item["state"] == "missing-dependency":
            assert item["optional"]
            assert item["remedy"].startswith("pip install 'torchere[")


def test_printing_is_a_warning(doctor):
    found = doctor({"chatty": "print('welcome to my plugin')\n" + GOOD}, code=1)
    assert found["chatty"]["state"] == "loaded"
    assert "prints while loading: 'welcome to my plugin'" in found["chatty"]["warnings"][0]


def test_other_api_version_is_not_loaded(site):
    site.install(
        "plugin-future", {"v9.layer": "Future = plugin_future:Future"}, {"plugin_future": "import os; os._exit(1)"}
    )
    findings = json.loads(site.run("plugins", "doctor", "--json", code=1))["findings"]
    (future,) = [item for item in findings if item["entry"] == "Future"]
    assert future["state"] == "incompatible"
    assert "API v9" in future["reason"]
    assert "pip install --upgrade" in future["remedy"]


def test_two_that_provide_the_same(site):
    for name in ("first", "second"):
        site.install(
            f"plugin-{name}", {"v1.layer": f"Twin = plugin_{name}:Twin"}, {f"plugin_{name}": "class Twin: pass"}
        )
    findings = json.loads(site.run("plugins", "doctor", "--json", code=1))["findings"]
    twins = [item for item in findings if item["entry"] == "Twin"]
    assert [item["state"] for item in twins] == ["loaded", "loaded"]
    assert "also provided by plugin-second 1.0" in twins[0]["warnings"][0]


def test_device_that_computes_nonsense(site):
    source = """
from torchere_cpu.backend import CpuBackend
from torchere_dispatch import KernelTable, hookimpl
import numpy
class Wrong(CpuBackend):
    name = "wrong"
@hookimpl
def torchere_register(registry):
    registry.device(Wrong())
"""
    site.install("plugin-wrong", {"v1.device": "wrong = plugin_wrong"}, {"plugin_wrong": source})
    findings = json.loads(site.run("plugins", "doctor", "--json", code=1))["findings"]
    (wrong,) = [item for item in findings if item["entry"] == "wrong"]
    assert wrong["state"] == "loaded"
    assert "an addition on device 'wrong' raised" in wrong["warnings"][0]
