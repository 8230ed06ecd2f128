"""What a user reads whose selection leaves a namespace's plugin out, or names one that is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(program: str, selection: str, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "program.py"
    script.write_text(program)
    variables = {**os.environ, "TORCHERE_PLUGINS": selection}
    command = [sys.executable, "-W", "always::UserWarning", str(script)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


TRY = """
import importlib, torchere
from operator import attrgetter
for path in ("nn.Linear", "nn.functional.relu", "optim", "utils.data"):
    try:
        attrgetter(path)(torchere)
    except AttributeError as error:
        print(path, "|", str(error).replace(chr(10), " "))
for path in ("optim", "nn.modules"):
    try:
        importlib.import_module(f"torchere.{path}")
    except ModuleNotFoundError as error:
        print(path, "|", str(error).replace(chr(10), " "))
"""


def test_the_plugin_to_select_is_named(tmp_path: Path) -> None:
    done = run(TRY, "none", tmp_path)
    assert done.returncode == 0, done.stderr
    told = [line.partition(" | ") for line in done.stdout.splitlines()]
    plugins = {"nn.Linear": "nn", "nn.functional.relu": "nn", "optim": "optim", "utils.data": "data"}
    assert [path for path, _, _ in told] == [*plugins, "optim", "nn.modules"]
    for path, _, message in told:
        assert f"Select it: name {plugins.get(path, 'nn')} in TORCHERE_PLUGINS" in message


@pytest.mark.parametrize(
    "program",
    [
        "\n\nimport torchere\n",
        "def later():\n    return 1\nfrom torchere import ones\n",
        "from importlib import import_module\n\nimport_module('torchere')\n",
    ],
)
def test_a_misspelt_selection_warns_at_the_users_line(program: str, tmp_path: Path) -> None:
    done = run(program, "nonsense", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "program.py:3: UserWarning: TORCHERE_PLUGINS: no installed plugin is named 'nonsense'" in done.stderr
