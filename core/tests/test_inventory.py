"""The inventory of PyTorch's names: what counts as present, and the pages and commands that show it."""

import json
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest
from typer.testing import CliRunner

import torchere
from torchere.cli.app import app
from torchere.inventory import Row, absence, areas, compare, rows

ROOT = Path(__file__).parents[2]


def present(name, kind):
    return not absence(Row("area", name, kind, ""))


def test_rows():
    assert len(rows()) > 3000
    assert len(areas()) > 60
    assert {row.kind for row in rows()} == {"function", "class", "method", "attribute", "context", "module", "cli"}
    assert len({(row.area, row.name) for row in rows()}) == len(rows())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("torchere.add", "function"),
        ("torchere.linalg.inv", "function"),
        ("torchere.nn.functional", "module"),
        ("torchere.nn.Linear", "class"),
        ("torchere.no_grad", "context"),
        ("torchere.Tensor.add_", "method"),
        ("torchere.Tensor.grad", "attribute"),
        ("torchere.Tensor.__add__", "method"),
        ("torchere.float32", "attribute"),
        ("torchere.optim.Optimizer.param_groups", "attribute"),
        ("torchere.cli.app", "cli"),
        ("pytest --some-flag", "cli"),
    ],
)
def test_present(name, kind):
    assert present(name, kind)


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("torchere.no_such_thing", "function", "torchere has no no_such_thing"),
        ("torchere.nowhere.thing", "function", "torchere has no nowhere"),
        ("torchere.Tensor.no_such_thing", "method", "torchere.Tensor has no no_such_thing"),
        ("torchere.pi", "function", "a float, not callable"),
        ("torchere.Tensor.shape", "method", "not callable"),
        ("torchere.add", "class", "not a class"),
        ("torchere.add", "module", "not a module"),
        ("torchere.utils.no_such_program", "cli", "no such module"),
        ("some-program --flag", "cli", "no program 'some-program' is installed"),
    ],
)
def test_absent(name, kind, why):
    assert why in absence(Row("area", name, kind, ""))


def test_a_namespace_that_breaks_when_touched_is_absent(monkeypatch):
    broken = types.ModuleType("torchere.breaking")

    def refuse(name):
        raise OSError("no library here\nat all")

    broken.__getattr__ = refuse
    monkeypatch.setattr(torchere, "breaking", broken, raising=False)
    ((row, why),) = compare([Row("area", "torchere.breaking.thing", "function", "")])
    assert row.name == "torchere.breaking.thing"
    assert why == "OSError: no library here"


def run(*arguments, code):
    result = CliRunner().invoke(app, ["plugins", "ops", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_command():
    data = json.loads(run("--missing", "--area", "dlpack", "--json", code=0))
    assert data == {
        "present": 6,
        "total": 6,
        "areas": [{"area": "dlpack", "present": 6, "total": 6}],
        "missing": [],
    }
    assert "6 of 6 names of PyTorch's API are present." in run("--missing", "--area", "dlpack", code=0)


def test_command_names_what_is_missing(monkeypatch):
    monkeypatch.setattr(torchere.inventory, "rows", lambda: (Row("mine", "torchere.nope", "function", "a note"),))
    (item,) = json.loads(run("--missing", "--json", code=1))["missing"]
    assert item.pop("problem") == "torchere has no nope"
    assert item == {"area": "mine", "name": "torchere.nope", "kind": "function", "note": "a note"}
    text = run("--missing", code=1)
    assert "torchere has no nope" in text
    assert "0 of 1 names" in text


def test_command_refuses_unknown_areas_and_mixed_questions():
    assert "linalg" in run("--missing", "--area", "linal", code=2)
    assert "--area goes with --missing" in re.sub(r"[\s│]+", " ", run("--area", "linalg", code=2))
    assert "not with --op" in re.sub(r"[\s│]+", " ", run("--missing", "--area", "linalg", "--device", "cpu", code=2))


def test_page_claims_nothing_that_is_absent():
    """In every area the page counts no more than there is, and what it does not name as missing is there."""
    page = (ROOT / "docs" / "coverage.md").read_text()
    missing = set(re.findall(r"`([^`]+)`", page.partition("## Missing")[2]))
    wrong = [row.name for row, why in compare(rows()) if why and row.name.removeprefix("torchere.") not in missing]
    assert not wrong, "docs/coverage.md counts these as present. Run: python scripts/make_coverage_table.py"


@pytest.mark.slow
def test_page_is_current():
    script = ROOT / "scripts" / "make_coverage_table.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
