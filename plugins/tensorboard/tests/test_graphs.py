"""Models and ONNX files as graphs."""

import pytest
from torchere.nn import functional as F

import torchere
from torchere import nn

pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef
from torchere.utils.tensorboard import SummaryWriter


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.body = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
        self.scale = nn.Parameter(torchere.ones(4))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 3)
        x = self.body(x.flatten(1)) * self.scale
        x += torchere.ones(4)
        return x


def graph_of(tmp_path, model, inputs, **options):
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(model, inputs, **options)
    found = EventAccumulator(str(tmp_path)).Reload().Graph()
    nodes = {node.name: node for node in found.node}
    assert len(nodes) == len(found.node)
    assert {name.partition(":")[0] for node in found.node for name in node.input} <= set(nodes)
    return nodes


def test_scopes_kinds_edges_and_shapes(tmp_path):
    nodes = graph_of(tmp_path, Net(), torchere.randn(1, 1, 8, 8))
    edges = {name: (node.op, list(node.input)) for name, node in nodes.items() if node.op.startswith("aten")}
    assert edges == {
        "Net/Conv2d[conv]/conv2d": (
            "aten::conv2d",
            ["input/x", "Net/Conv2d[conv]/weight/weight", "Net/Conv2d[conv]/bias/bias"],
        ),
        "Net/relu": ("aten::relu", ["Net/Conv2d[conv]/conv2d"]),
        "Net/max_pool2d": ("aten::max_pool2d", ["Net/relu"]),
        "Net/flatten": ("aten::flatten", ["Net/max_pool2d"]),
        "Net/Sequential[body]/Linear[0]/linear": (
            "aten::linear",
            ["Net/flatten", "Net/Sequential[body]/Linear[0]/weight/weight", "Net/Sequential[body]/Linear[0]/bias/bias"],
        ),
        "Net/Sequential[body]/ReLU[1]/relu": ("aten::relu", ["Net/Sequential[body]/Linear[0]/linear"]),
        "Net/mul": ("aten::mul", ["Net/Sequential[body]/ReLU[1]/relu", "Net/scale/scale"]),
        "Net/ones": ("aten::ones", []),
        "Net/add": ("aten::add", ["Net/mul", "Net/ones"]),
    }
    assert nodes["Net/Conv2d[conv]/weight/weight"].op == "prim::GetAttr"
    assert list(nodes["output/output.1"].input) == ["Net/add"]
    shape = nodes["Net/Conv2d[conv]/conv2d"].attr["_output_shapes"].list.shape[0]
    assert [dim.size for dim in shape.dim] == [1, 2, 6, 6]
    assert b"stride : (1, 1)" in nodes["Net/Conv2d[conv]/conv2d"].attr["attr"].s


def test_several_inputs_and_outputs(tmp_path):
    class Pair(nn.Module):
        def forward(self, left, right):
            high, low = (left + right).chunk(2)
            return low, [high]

    nodes = graph_of(tmp_path, Pair(), (torchere.ones(2), torchere.ones(2)))
    assert [list(nodes[f"output/output.{n}"].input) for n in (1, 2)] == [["Pair/chunk:1"], ["Pair/chunk"]]
    assert {"input/left", "input/right"} <= set(nodes)


def test_a_function(tmp_path):
    def twice(x):
        return x + x

    assert "twice/add" in graph_of(tmp_path, twice, [torchere.ones(2)])


def test_a_module_used_twice(tmp_path):
    shared = nn.Linear(2, 2)
    nodes = graph_of(tmp_path, nn.Sequential(shared, shared), torchere.ones(1, 2))
    assert sum(node.op == "aten::linear" for node in nodes.values()) == 2
    assert sum(node.op == "prim::GetAttr" for node in nodes.values()) == 2


def test_the_model_is_left_as_it_was(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.9), nn.BatchNorm1d(2))
    model[0].eval()
    nodes = graph_of(tmp_path, model, torchere.ones(3, 2))
    assert [model.training, model[0].training, model[1].training] == [True, False, True]
    assert model[2].num_batches_tracked == 0
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
    assert nodes
    with SummaryWriter(tmp_path) as writer, pytest.raises(RuntimeError, match="cannot be multiplied"):
        writer.add_graph(model, torchere.ones(3, 3))
    assert all(not module._forward_hooks for module in model.modules())
    assert model(torchere.ones(3, 2)).requires_grad


def test_results_that_make_no_graph(tmp_path):
    class Returns(nn.Module):
        def __init__(self, make):
            super().__init__()
            self.make = make

        def forward(self, x):
            return self.make(x)

    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(RuntimeError, match="needs input_to_model"):
            writer.add_graph(nn.Linear(2, 2))
        with pytest.raises(RuntimeError, match="returned no tensor but NoneType"):
            writer.add_graph(Returns(lambda x: None), torchere.ones(2))
        with pytest.raises(RuntimeError, match="use_strict_trace=False"):
            writer.add_graph(Returns(lambda x: {"a": x + 1}), torchere.ones(2))
    assert "Returns/add" in graph_of(
        tmp_path, Returns(lambda x: {"a": x + 1}), torchere.ones(2), use_strict_trace=False
    )


def test_verbose_prints_the_nodes(tmp_path, capsys):
    graph_of(tmp_path, nn.Linear(2, 2), torchere.ones(1, 2), verbose=True)
    assert (
        "Linear/linear = aten::linear(input/input, Linear/weight/weight, Linear/bias/bias)" in capsys.readouterr().out
    )


def test_onnx_files(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    torchere.onnx.export(nn.Sequential(nn.Linear(2, 3), nn.Softmax(1)), torchere.ones(1, 2), tmp_path / "model.onnx")
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_onnx_graph(str(tmp_path / "model.onnx"))
        monkeypatch.setitem(__import__("sys").modules, "onnx", None)
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'torchere\[onnx\]'"):
            writer.add_onnx_graph(str(tmp_path / "model.onnx"))
    found = EventAccumulator(str(tmp_path / "run")).Reload().Graph()
    assert isinstance(found, GraphDef)
    assert [node.op for node in found.node].count("Variable") >= 2
    assert "Softmax" in {node.op for node in found.node}
