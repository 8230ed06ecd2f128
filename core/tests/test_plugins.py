"""``torchere.plugins`` in fresh processes, with third-party distributions on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

# Kernels that answer wrongly on purpose, to see which one ran.
TWIST = """
from torchere_dispatch import KernelTable, hookimpl

@hookimpl
def torchere_register(registry):
    table = KernelTable("cpu", priority=50)
    table.add("exp", lambda x: x * 0 + 7, ("float32",))
    registry.kernels(table)
"""
BROKEN = {
    "raising": "raise RuntimeError('boom')",
    "syntax": "def broken(:",
    "leaving": "import sys; sys.exit(4)",
    "needy": "import nowhere_to_be_found",
    "printing": "print('noise')",
    "meddling": "import torchere; torchere.Tensor.backward = None",
    "half": TWIST.replace("priority=50", "priority=99") + "    raise ValueError('half')",
    "tied": TWIST,
}


@pytest.fixture
def python(tmp_path):
    """Run code in a fresh interpreter beside installed fake distributions; its output lines."""

    def install(name, group, entry, text, version="1.0"):
        module = f"third_party_{name}"
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[torchere.{group}]\n{entry} = {module}\n")
        (tmp_path / f"{module}.py").write_text(text)

    def run(code, **environ):
        here = [str(tmp_path), *(path for path in sys.path if path and Path(path).is_dir())]
        process = subprocess.run(
            [sys.executable, "-c", "import torchere\nfrom torchere import plugins\n" + dedent(code)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(here), **environ},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert process.returncode == 0, process.stderr
        return process.stdout.splitlines()

    run.install, run.folder = install, tmp_path
    return run


SHOW_EXP = "round(torchere.ones(1).exp().item(), 3)"


def test_kernels_of_a_third_party_are_used_preferred_and_left_out(python):
    python.install("twister", "v1.kernels", "cpu.twist", TWIST)
    lines = python(f"""
        print({SHOW_EXP})
        with plugins.prefer("cpu"):
            print({SHOW_EXP})
        with plugins.use("-twist"):
            print({SHOW_EXP}, plugins.manager.record("twist").state)
        print({SHOW_EXP}, plugins.manager.record("twist").state)
        shown = plugins.show("twist")
        print(shown["records"][0]["distribution"], [k["op"] for k in shown["kernels"]], shown["devices"])
        print("twister 1.0" in str(plugins.why("exp", "cpu", "float32")))
        """)
    assert lines == ["7.0", "2.718", "2.718 disabled", "7.0 loaded", "twister ['exp'] []", "True"]


def test_the_environment_selects(python):
    python.install("twister", "v1.kernels", "cpu.twist", TWIST)
    assert python(f"print({SHOW_EXP})", TORCHERE_PLUGINS="-twist") == ["2.718"]
    names = "print(*sorted(r.name for r in plugins.list() if r.state != 'disabled'))"
    assert python(f"{names}; print({SHOW_EXP})", TORCHERE_PLUGINS="none") == ["cpu standard", "2.718"]


def test_broken_plugins_do_not_disturb_a_program(python):
    python.install("atwister", "v1.kernels", "cpu.atwist", TWIST)
    for name, text in BROKEN.items():
        python.install(name, "v1.kernels", f"cpu.{name}", text)
    python.install("future", "v2.kernels", "cpu.future", "raise SystemExit")
    lines = python(f"""
        print({SHOW_EXP})
        weight = torchere.ones(2, requires_grad=True)
        (weight * weight).sum().backward()
        print(weight.grad.tolist())
        for record in plugins.list():
            if record.kind == "kernels":
                print(record.name, record.state, record.reason)
        """)
    assert lines[:3] == ["noise", "7.0", "[2.0, 2.0]"]
    told = {line.split()[0]: line for line in lines if " " in line}
    assert told["raising"] == "raising failed RuntimeError: boom"
    assert "SyntaxError" in told["syntax"]
    assert "sys.exit(4)" in told["leaving"]
    assert told["needy"].startswith("needy missing-dependency it needs the module 'nowhere_to_be_found'")
    assert told["half"] == "half failed ValueError: half"
    assert "atwister 1.0" in told["tied"]
    assert "tied 1.0" in told["tied"]
    assert told["future"].startswith("future incompatible it is written for plugin API v2")


def test_a_plugin_that_changes_the_core_is_noted(python):
    python.install("meddling", "v1.kernels", "cpu.meddling", BROKEN["meddling"])
    lines = python("""
        torchere.ones(1).exp()
        print(*plugins.manager.record("meddling").warnings)
        """)
    assert "torchere itself was changed: Tensor.backward (undone)" in lines[0]


def test_a_device_that_cannot_be_used_says_why(python):
    python.install("tpu-device", "v1.device", "tpu", "import libtpu_not_here")
    lines = python("""
        for name in ("tpu", "tpi"):
            try:
                torchere.ones(1, device=name)
            except RuntimeError as error:
                print(str(error).replace("\\n", " "))
        """)
    assert "missing-dependency" in lines[0]
    assert "pip install libtpu_not_here" in lines[0]
    assert "No installed plugin provides device 'tpi'" in lines[1]
    assert "Known names of kind device: cpu" in lines[1]


def test_strict_raises(python):
    python.install("raising", "v1.kernels", "cpu.raising", BROKEN["raising"])
    code = """
        try:
            torchere.ones(1).exp()
        except RuntimeError as error:
            print(error)
        """
    assert python(code, TORCHERE_STRICT_PLUGINS="1") == ["boom"]


def test_choices_that_cannot_be_met_say_so(python):
    python.install("raising", "v1.kernels", "cpu.raising", BROKEN["raising"])
    lines = python("""
        torchere.ones(1).exp()
        for call in (
            lambda: plugins.prefer("raising"),
            lambda: plugins.prefer("cpuu"),
            lambda: plugins.show("cpuu"),
            lambda: plugins.load("cpuu"),
            lambda: plugins.use("-cpuu"),
            lambda: plugins.set_fallback_policy("never"),
            lambda: plugins.why("exp", "cpuu", "float32"),
        ):
            try:
                call()
            except (LookupError, ValueError, RuntimeError) as error:
                print(type(error).__name__, str(error).replace("\\n", " "))
        """)
    assert len(lines) == 7
    assert lines[0].startswith("PluginUnavailableError kernels 'cpu.raising'")
    assert "failed (RuntimeError: boom)" in lines[0]
    assert all("Did you mean 'cpu'?" in line for line in lines[1:5])
    assert lines[5].startswith("ValueError fallback policy must be one of error, warn, allow")
    assert lines[6].startswith("DeviceError No installed plugin provides device 'cpuu'")


def test_fallback_policy_from_the_environment(python):
    code = "print(plugins.dispatcher.policy)"
    assert python(code, TORCHERE_FALLBACK="warn") == ["warn"]
    assert python(code) == ["error"]
    assert python(code, TORCHERE_FALLBACK="nonsense") == ["error"]


def test_load_tries_again(python):
    python.install("needy", "v1.kernels", "cpu.needy", "import arrives_later\n" + TWIST)
    lines = python(f"""
        import importlib, pathlib
        print({SHOW_EXP}, plugins.manager.record("needy").state)
        pathlib.Path({str(python.folder)!r}, "arrives_later.py").write_text("")
        importlib.invalidate_caches()
        print(plugins.load("needy").state, {SHOW_EXP})
        """)
    assert lines == ["2.718 missing-dependency", "loaded 7.0"]
