"""`torchere demo`: what it writes and says, and (slowly) that it learns to read."""

import json
import re
import sys

import pytest
from torchere.utils.data import DataLoader
from torchere.vision.datasets import Digits
from typer.testing import CliRunner

import torchere
from torchere.cli import demo
from torchere.cli.app import app


def run(*arguments, code=0):
    result = CliRunner().invoke(app, ["demo", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def test_one_epoch_learns_and_can_be_loaded(tmp_path):
    data = json.loads(run("--epochs", 1, "--seed", 3, "--out", tmp_path, "--json"))
    assert data["accuracy"] > 0.5
    assert data["accuracy"] == data["accuracies"][-1]
    assert len(data["losses"]) == 1
    assert sum(row["count"] for row in data["classes"]) == 355
    assert "device cpu" in data["plugins"]
    with open(data["curve"], "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    model = demo.build_model()
    model.load_state_dict(torchere.load(data["weights"]))
    predicted, actual = demo.evaluate(model, DataLoader(Digits(train=False), 256), "cpu")
    assert demo.accuracy(predicted, actual) == data["accuracy"]


def test_same_seed_same_result():
    first, second = (demo.train(epochs=1, batch_size=200, seed=5) for _ in range(2))
    assert first.losses == second.losses


def test_report_says_what_ran_and_what_is_next(tmp_path):
    text = run("--epochs", 1, "--batch-size", 200, "--out", tmp_path / "new" / "folder")
    assert re.search(r"digit +precision +recall +images", text)
    assert len(re.findall(r"(?m)^ \d +\d+\.\d% +\d+\.\d% +\d+ *$", text)) == 10
    assert re.search(r"Test accuracy \d+\.\d\d% \(\d+ of 355 test images wrong\) after 1 epoch in", text)
    assert "digits-cnn.safetensors" in text
    assert "torchere plugins list" in text
    assert (tmp_path / "new" / "folder" / "digits-cnn.safetensors").exists()


def test_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = run("--epochs", 1, "--batch-size", 400, "--out", tmp_path)
    assert "matplotlib is not installed (pip install 'torchere[plot]')" in text
    assert not list(tmp_path.glob("*.png"))


def test_unknown_device(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)No installed plugin provides device 'gpu'.*Known names.*cpu"):
        run("--device", "gpu", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_batch_larger_than_the_data():
    assert demo.steps_of(2, 5000) == 2
    assert len(demo.train(epochs=1, batch_size=5000).losses) == 1


def test_per_class():
    rows = demo.per_class([0, 0, 1, 1, 2], [0, 1, 1, 1, 0])
    assert rows[0] == {"class": 0, "precision": 0.5, "recall": 0.5, "count": 2}
    assert rows[1] == {"class": 1, "precision": 1.0, "recall": 2 / 3, "count": 3}
    assert rows[2] == {"class": 2, "precision": 0.0, "recall": 0.0, "count": 0}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_reaches_the_goal(seed):
    result = demo.train(seed=seed)
    assert result.accuracies[-1] >= demo.GOAL
    assert result.seconds < 60
