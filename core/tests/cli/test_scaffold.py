"""`plugins new`: the packages it writes, their names, and that they work as written."""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from typer.testing import CliRunner

from torchere.cli.app import app
from torchere.cli.scaffold import KINDS, create

NAMES = {
    "device": "mydev",
    "operator": "softsign2",
    "layer": "SlowResidual",
    "optimizer": "SignMean",
    "dataset": "Spirals",
    "transform": "EraseSquare",
}


@pytest.mark.parametrize("kind", KINDS)
def test_package_is_complete(kind, tmp_path):
    name = NAMES[kind]
    created = create(kind, name, into=tmp_path)
    project = tomllib.loads((created.folder / "pyproject.toml").read_text())["project"]
    (group,) = project["entry-points"]
    assert group == f"torchere.v1.{'operators' if kind == 'operator' else kind}"
    assert list(project["entry-points"][group]) == [name]
    assert all(path.exists() for path in created.files)
    assert compileall.compile_dir(str(created.folder), quiet=1)
    for path in created.files:
        assert not re.search(r"\$\w", re.sub(r"(?m)^\$ .*", "", path.read_text())), f"{path} has an unfilled name"
    assert "EXAMPLE" not in (created.folder / "README.md").read_text()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "device"])
def test_package_passes_its_own_tests(kind, tmp_path, site):
    """Laid out as pip would install it; examples/plugin_template covers a real installation."""
    created = create(kind, NAMES[kind], into=tmp_path)
    project = tomllib.loads((created.folder / "pyproject.toml").read_text())["project"]
    ((group, entries),) = project["entry-points"].items()
    ((name, value),) = entries.items()
    package = value.partition(":")[0]
    site.install(project["name"], {group.removeprefix("torchere."): f"{name} = {value}"}, {})
    path = [str(site.folder), str(created.folder), os.environ.get("PYTHONPATH", "")]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(created.folder / "tests")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        cwd=created.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    shutil.copytree(created.folder / package, site.folder / package)
    site.variables.clear()
    checked = json.loads(site.run("plugins", "check", name, "--json"))
    assert checked["counts"]["passed"] >= 3
    assert checked["counts"]["failed"] == 0


def test_device_package_computes(tmp_path, site):
    """T0 here; examples/plugin_template and the array-API tests run the higher tiers."""
    pytest.importorskip("array_api_strict")
    created = create("device", "mydev", into=tmp_path)
    shutil.copytree(created.folder / "torchere_mydev", site.folder / "torchere_mydev")
    site.install("torchere-mydev", {"v1.device": "mydev = torchere_mydev"}, {})
    checked = json.loads(site.run("plugins", "check", "mydev", "--tier", 0, "--json"))
    assert checked["counts"]["passed"] > 20
    assert checked["counts"]["failed"] == 0
    explained = json.loads(site.run("plugins", "why", "matmul", "mydev", "--json"))
    assert explained["resolution"]["device"] == "mydev"


def test_device_takes_a_module(tmp_path):
    created = create("device", "mydev", into=tmp_path, xp="jax.numpy")
    assert "import jax.numpy as xp" in (created.folder / "torchere_mydev" / "__init__.py").read_text()
    assert '"jax"' in (created.folder / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("kind", "name", "xp", "message"),
    [
        ("gadget", "x", "", "unknown kind 'gadget'; kinds are device, operator"),
        ("layer", "not-a-name", "", "cannot be a name in Python"),
        ("operator", "class", "", "cannot be a name in Python"),
        ("layer", "lower", "", "begins with a capital letter"),
        ("device", "Upper", "", "lower case"),
        ("layer", "Fine", "numpy", "--xp is for a device"),
        ("device", "mydev", "num py", "is not the name of a module"),
        ("device", "cpu", "", "provides a device 'cpu' already"),
        ("operator", "softmax", "", "torchere.softmax exists already"),
        ("layer", "Linear", "", "torchere.nn.Linear exists already"),
        ("optimizer", "Adam", "", "torchere.optim.Adam exists already"),
        ("transform", "Compose", "", "torchere.vision.transforms.Compose exists already"),
    ],
)
def test_refusals(kind, name, xp, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        create(kind, name, into=tmp_path, xp=xp)
    assert list(tmp_path.iterdir()) == []


def test_existing_folder_is_left_alone(tmp_path):
    created = create("layer", "Twice", into=tmp_path)
    (created.folder / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match="torchere-twice is there already"):
        create("layer", "Twice", into=tmp_path)
    assert (created.folder / "README.md").read_text() == "mine"


def test_a_module_that_is_not_installed_is_noted(tmp_path):
    assert create("device", "mydev", into=tmp_path, xp="numpy").notes == ()
    options = ["--xp", "nunpy.array", "--into", str(tmp_path / "new")]
    result = CliRunner().invoke(app, ["plugins", "new", "device", "mydev", *options])
    assert result.exit_code == 0, result.output
    assert "module 'nunpy.array' is not installed here" in result.output


def test_command(tmp_path):
    result = CliRunner().invoke(app, ["plugins", "new", "optimizer", "Lion", "--into", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "pip install -e" in result.output
    result = CliRunner().invoke(app, ["plugins", "new", "layer", "Lion", "--into", str(tmp_path / "new"), "--json"])
    assert json.loads(result.output)["folder"].endswith("torchere-lion")
    result = CliRunner().invoke(app, ["plugins", "new", "gadget", "x", "--into", str(tmp_path)])
    assert result.exit_code == 2
