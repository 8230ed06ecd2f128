"""`check` on third parties' plugins: what `torchere plugins new` writes passes, broken kernels and layers fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from torchere.cli.scaffold import create

KERNELS = '''
"""Kernels for the cpu: one right, one wrong."""

import numpy as np

from torchere_dispatch import KernelTable, hookimpl

good = KernelTable(device="cpu", priority=10)
good.add("tanh", lambda x: np.tanh(x), dtypes=("float32", "float64"))
bad = KernelTable(device="cpu", priority=10)
bad.add("tanh", lambda x: np.sin(x), dtypes=("float32", "float64"))
'''
HOOK = """
from faulty_kernels import {table}
from torchere_dispatch import hookimpl


@hookimpl
def torchere_register(registry):
    registry.kernels({table})
"""
BROKEN_LAYER = '''
"""A layer whose state dict misses a weight."""

import torchere
from torchere import nn
from torchere.testing import A, Sample


class Broken(nn.Module):
    """Adds a hidden random vector."""

    def __init__(self, size):
        super().__init__()
        self.secret = [torchere.randn(size)]

    def forward(self, x):
        return x + self.secret[0].to(x.dtype)


def torchere_samples():
    return [Sample(3, inputs=[A(2, 3)], output=(2, 3))]
'''


def _install(site: Path, distribution: str, entry_points: dict[str, dict[str, str]]) -> None:
    """What an installer would leave behind beside the modules."""
    folder = site / f"{distribution.replace('-', '_')}-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.1.0\n")
    lines = []
    for group, names in entry_points.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in names.items())]
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _check(site: list[Path], names: list[str], tier: int = 2) -> dict[str, dict[str, object]]:
    code = (
        "import json, sys; from torchere.testing import check; "
        f"print(json.dumps({{name: check(name, tier={tier}).to_dict() for name in {names!r}}}))"
    )
    path = os.pathsep.join([*map(str, site), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=250,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, dict[str, object]] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_templates_pass(tmp_path: Path) -> None:
    names = {"operator": "softish", "layer": "Gate", "optimizer": "Lion", "dataset": "Spots", "transform": "Erase"}
    folders = []
    for kind, name in names.items():
        created = create(kind, name, into=tmp_path)
        project = tomllib.loads((created.folder / "pyproject.toml").read_text())["project"]
        _install(created.folder, project["name"], project["entry-points"])
        folders.append(created.folder)
    reports = _check(folders, list(names.values()))
    for kind, name in names.items():
        report = reports[name]
        assert report["kind"] == ("operators" if kind == "operator" else kind)
        assert report["failed"] == [], (name, report["failed"])
        assert len(report["passed"]) >= 3  # type: ignore[arg-type]


@pytest.mark.parametrize(("table", "fails"), [("good", False), ("bad", True)])
def test_kernels_are_checked_in_place_of_those_of_the_cpu(tmp_path: Path, table: str, fails: bool) -> None:
    (tmp_path / "faulty_kernels.py").write_text(KERNELS)
    (tmp_path / "faulty_hook.py").write_text(HOOK.format(table=table))
    _install(tmp_path, "faulty", {"torchere.v1.kernels": {"cpu.faulty": "faulty_hook"}})
    report = _check([tmp_path], ["faulty"], tier=1)["faulty"]
    assert report["kind"] == "kernels"
    assert "T1/tanh/method/float64" in report["passed"]  # type: ignore[operator]
    failed = {item["id"] for item in report["failed"]}  # type: ignore[attr-defined]
    assert ("T1/tanh/forward/float64" in failed) is fails
    assert {item.split("/")[1] for item in failed} <= {"tanh"}


def test_a_broken_layer_fails(tmp_path: Path) -> None:
    (tmp_path / "broken_layer.py").write_text(BROKEN_LAYER)
    _install(tmp_path, "broken-layer", {"torchere.v1.layer": {"Broken": "broken_layer:Broken"}})
    report = _check([tmp_path], ["Broken"])["Broken"]
    assert [item["id"] for item in report["failed"]] == ["T1/Broken/state-dict"]  # type: ignore[attr-defined]


def test_known_failures_beside_the_module_are_read(tmp_path: Path) -> None:
    (tmp_path / "broken_layer.py").write_text(BROKEN_LAYER)
    (tmp_path / "known_failures.txt").write_text("T1/Broken/state-dict  the vector is not saved yet\n")
    _install(tmp_path, "broken-layer", {"torchere.v1.layer": {"Broken": "broken_layer:Broken"}})
    report = _check([tmp_path], ["Broken"])["Broken"]
    assert report["failed"] == []
    assert report["known_failures"] == 1


CLASSES = """
import broken_layer
from torchere.testing import A, LayerConformance, Sample


class TestBroken(LayerConformance):
    make = broken_layer.Broken
    samples = (Sample(3, inputs=[A(2, 3)], output=(2, 3)),)
    known_failures = {known!r}
"""


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ("", "1 failed, 6 passed"),
        ("T1/Broken/state-dict  not saved yet", "6 passed, 1 xfailed"),
        ("T1/Broken/state-dict  not saved yet\nT1/Broken/repr  odd", "1 failed, 5 passed, 1 xfailed"),
    ],
)
def test_pytest_classes(tmp_path: Path, lines: str, outcome: str) -> None:
    (tmp_path / "broken_layer.py").write_text(BROKEN_LAYER)
    known = tmp_path / "known.txt"
    known.write_text(lines)
    (tmp_path / "test_it.py").write_text(CLASSES.format(known=str(known)))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        timeout=250,
    )
    assert outcome in run.stdout, run.stdout
