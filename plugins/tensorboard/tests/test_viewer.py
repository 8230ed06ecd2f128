"""TensorBoard itself shows what was written: its web application is asked for the data of each page."""

import json
import sys
import warnings
from urllib.parse import parse_qsl

import pytest

import torchere

pytest.importorskip("tensorboard")

from torchere.utils.tensorboard import SummaryWriter


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """A function that asks for a path below /data and returns the answer's JSON, or bytes."""
    folder = tmp_path_factory.mktemp("runs")
    with SummaryWriter(folder / "first") as writer:
        for step in range(4):
            writer.add_scalar("loss", 1 / (step + 1), step)
            writer.add_histogram("weights", torchere.arange(10.0) + step, step)
        writer.add_image("picture", torchere.rand(3, 4, 5))
        writer.add_audio("sound", torchere.zeros(1, 50))
        writer.add_text("note", "**bold**")
        writer.add_graph(torchere.nn.Linear(2, 2), torchere.ones(1, 2))
        writer.add_pr_curve("curve", torchere.tensor([0, 1, 1]), torchere.tensor([0.1, 0.5, 0.9]))
        writer.add_embedding(torchere.rand(3, 2), ["a", "b", "c"], tag="points")
        writer.add_custom_scalars_multilinechart(["loss"], title="chart")
        writer.add_mesh("mesh", torchere.rand(1, 4, 3))
        writer.add_hparams({"lr": 0.5}, {"accuracy": 0.25}, run_name="trial")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other people's
        return _application(folder)


def _application(folder):
    from tensorboard import default, program
    from tensorboard.backend.application import TensorBoardWSGIApp
    from tensorboard.backend.event_processing.data_ingester import LocalDataIngester
    from werkzeug.test import Client

    board = program.TensorBoard(default.get_plugins())
    board.configure(argv=[sys.executable, "--logdir", str(folder), "--load_fast", "false", "--reload_interval", "0"])
    ingester = LocalDataIngester(board.flags)
    ingester.start()
    provider, assets = ingester.data_provider, board.assets_zip_provider
    client = Client(
        TensorBoardWSGIApp(board.flags, board.plugin_loaders, provider, assets, ingester.deprecated_multiplexer)
    )

    def ask(path, **query):
        answer = client.get(f"/data/{path}", query_string=query)
        assert answer.status_code == 200, (path, answer.data[:300])
        return json.loads(answer.data) if "json" in answer.content_type else answer.data

    return ask


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("scalars", {"loss"}),
        ("histograms", {"weights"}),
        ("images", {"picture"}),
        ("audio", {"sound"}),
        ("text", {"note/text_summary"}),
        ("pr_curves", {"curve"}),
        ("mesh", {"mesh"}),
    ],
)
def test_tags(ask, page, expected):
    assert set(ask(f"plugin/{page}/tags")["first"]) == expected


def test_data(ask):
    loss = ask("plugin/scalars/scalars", run="first", tag="loss")
    assert [(step, round(value, 3)) for _, step, value in loss] == [(0, 1), (1, 0.5), (2, 0.333), (3, 0.25)]
    assert len(ask("plugin/histograms/histograms", run="first", tag="weights")) == 4
    assert "<strong>bold</strong>" in ask("plugin/text/text", run="first", tag="note/text_summary")[0]["text"]
    curve = ask("plugin/pr_curves/pr_curves", run="first", tag="curve")["first"][0]
    assert (max(curve["precision"]), max(curve["recall"])) == (1, 1)
    (picture,) = ask("plugin/images/images", run="first", tag="picture")
    assert ask("plugin/images/individualImage", **dict(parse_qsl(picture["query"]))).startswith(b"\x89PNG")


def test_graph_chart_and_projector(ask):
    assert ask("plugin/graphs/info")["first"]["run_graph"]
    assert b'op: "aten::linear"' in ask("plugin/graphs/graph", run="first")
    (category,) = ask("plugin/custom_scalars/layout")["category"]
    assert category["chart"] == [{"title": "chart", "multiline": {"tag": ["loss"]}}]
    assert ask("plugin/projector/runs") == ["first"]
    (embedding,) = ask("plugin/projector/info", run="first")["embeddings"]
    assert embedding["tensorName"] == "points:00000"
    assert ask("plugin/projector/metadata", run="first", name="points:00000").split() == [b"a", b"b", b"c"]


def test_hyperparameters(ask):
    found = ask("plugin/hparams/experiment", request=json.dumps({"experimentName": ""}))
    assert [info["name"] for info in found["hparamInfos"]] == ["lr"]
    wanted = {
        "experimentName": "",
        "colParams": [{"hparam": "lr"}],
        "allowedStatuses": ["STATUS_SUCCESS"],
        "sliceSize": 9,
    }
    (group,) = ask("plugin/hparams/session_groups", request=json.dumps(wanted))["sessionGroups"]
    assert group["hparams"]["lr"] == 0.5
