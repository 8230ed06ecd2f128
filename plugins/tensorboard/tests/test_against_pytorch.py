"""Event files hold what ``torch.utils.tensorboard`` writes: contents, errors, files of embeddings."""

import difflib
import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("tensorboard")
HERE = Path(__file__).parent


def test_files_are_those_of_pytorch(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("logged_program", HERE / "logged_program.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    found = program.run("torchere", str(tmp_path / "run"))
    expected = (HERE / "pytorch_events.txt").read_text().splitlines()
    assert "\n".join(difflib.unified_diff(expected, found, "PyTorch", "torchere", lineterm="", n=0)) == ""
    assert "audio amplitude out of range" in capsys.readouterr().out
