"""Exported models run in onnxruntime and give torchere's numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest

import torchere as torch
from torchere import nn

onnx = pytest.importorskip("onnx", reason="the extra torchere[onnx] is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime, which runs the exported models, is not installed")


def run(program: object, *inputs: torch.Tensor) -> list[np.ndarray]:
    """The outputs of an exported model in onnxruntime."""
    file = io.BytesIO()
    program.save(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {item.name: x.numpy() for item, x in zip(session.get_inputs(), inputs, strict=True)})


def agree(model: object, *inputs: torch.Tensor, opset: int | None = None) -> None:
    """Export, check, run, compare."""
    program = torch.onnx.export(model, inputs, opset_version=opset)
    onnx.checker.check_model(program.model_proto, full_check=True)
    if hasattr(model, "eval"):
        model.eval()
    with torch.no_grad():
        expected = model(*inputs)
    found = run(program, *inputs)
    expected = expected if isinstance(expected, (tuple, list)) else (expected,)
    for got, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=2e-5, atol=2e-6)


def demo_cnn() -> nn.Module:
    from torchere.cli.demo import build_model

    model = build_model()
    # Statistics and weights other than the initial ones, so that ignoring one of them shows.
    with torch.no_grad():
        for tensor in [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]:
            tensor.copy_(torch.rand(tensor.shape) + 0.1)
    return model


def test_the_demos_cnn() -> None:
    torch.manual_seed(0)
    agree(demo_cnn(), torch.randn(5, 1, 8, 8))


def test_mlp() -> None:
    torch.manual_seed(0)
    agree(
        nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(1)),
        torch.randn(6, 4),
    )


def test_the_batch_size_can_stay_open() -> None:
    model = demo_cnn().eval()
    program = torch.onnx.export(
        model,
        (torch.randn(2, 1, 8, 8),),
        input_names=["images"],
        output_names=["logits"],
        dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}},
    )
    x = torch.randn(7, 1, 8, 8)
    with torch.no_grad():
        np.testing.assert_allclose(run(program, x)[0], model(x).numpy(), rtol=2e-5, atol=2e-5)


LAYERS = {
    "conv1d same": (nn.Conv1d(2, 3, 4, padding="same"), (2, 2, 9)),
    "conv2d strided": (nn.Conv2d(2, 4, 3, stride=2, padding=(1, 0), dilation=(1, 2), groups=2), (2, 2, 9, 9)),
    "conv2d unbatched": (nn.Conv2d(2, 4, 3), (2, 6, 6)),
    "conv3d": (nn.Conv3d(1, 2, 2), (1, 1, 4, 4, 4)),
    "conv_transpose": (nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), (1, 2, 4, 4)),
    "max_pool": (nn.MaxPool2d(3, 2, 1), (1, 2, 7, 7)),
    "max_pool ceil": (nn.MaxPool2d(2, 2, ceil_mode=True), (1, 2, 7, 7)),
    "avg_pool": (nn.AvgPool2d(2, 2, padding=1, count_include_pad=False), (1, 2, 6, 6)),
    "adaptive": (nn.AdaptiveAvgPool2d(2), (1, 2, 6, 6)),
    "batch_norm": (nn.BatchNorm1d(3), (4, 3)),
    "layer_norm": (nn.LayerNorm([3, 2]), (4, 3, 2)),
    "group_norm": (nn.GroupNorm(2, 4), (2, 4, 3)),
    "elu": (nn.ELU(0.5), (3, 4)),
    "leaky": (nn.LeakyReLU(0.2), (3, 4)),
    "prelu": (nn.PReLU(3), (2, 3, 4)),
    "softplus": (nn.Softplus(beta=2), (3, 4)),
    "silu": (nn.SiLU(), (3, 4)),
    "gelu tanh": (nn.GELU(approximate="tanh"), (3, 4)),
    "hardswish": (nn.Hardswish(), (3, 4)),
    "hardsigmoid": (nn.Hardsigmoid(), (3, 4)),
    "relu6": (nn.ReLU6(), (3, 4)),
    "mish": (nn.Mish(), (3, 4)),
    "softmax": (nn.Softmax(1), (3, 4)),
    "dropout": (nn.Dropout(0.5), (3, 4)),
    "linear 3d": (nn.Linear(4, 2), (2, 3, 4)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    torch.manual_seed(1)
    layer, shape = LAYERS[name]
    agree(layer, torch.randn(shape) * 2)


FUNCTIONS = {
    "arithmetic": lambda x: (2 - x) * x / 3 + (x * x + 1).sqrt() - x**3,
    "comparison": lambda x: torch.where((x > 0) & (x != 1), x, -x),
    "indexing": lambda x: x[:, None, 1::2][..., 0],
    "shapes": lambda x: x.reshape(4, 3).t().unsqueeze(0).flatten(1).squeeze(0),
    "joining": lambda x: torch.cat([x, torch.stack([x[0], x[1]])], 0),
    "reductions": lambda x: (x.sum(1), x.mean((0, 1), keepdim=True), x.amax(0), x.argmax(1), x.sum()),
    "clamp": lambda x: x.clamp(-0.5, 0.5),
    "split": lambda x: torch.chunk(x, 2, 1)[1],
    "matmul": lambda x: x @ x.transpose(0, 1),
    "casts": lambda x: x.to(torch.int64).to(torch.float64),
    "constant output": lambda x: (x + 1, torch.ones(2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    torch.manual_seed(2)
    agree(FUNCTIONS[name], torch.randn(3, 4))


@pytest.mark.parametrize("opset", [17, 20])
def test_opsets(opset: int) -> None:
    agree(nn.Sequential(nn.Linear(3, 3), nn.GELU(), nn.LayerNorm(3)), torch.randn(2, 3), opset=opset)
    agree(lambda x: x.mean(0), torch.randn(2, 3), opset=opset)


def test_module_modes_are_restored() -> None:
    model = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(3))
    model[0].eval()
    torch.onnx.export(model, (torch.randn(2, 3),))
    assert model.training
    assert not model[0].training
    assert model[1].training


def test_parameters_keep_their_names(tmp_path: object) -> None:
    path = tmp_path / "model.onnx"
    torch.onnx.export(nn.Sequential(nn.Linear(2, 2)), (torch.randn(1, 2),), path, input_names=["x"], output_names=["y"])
    graph = onnx.load(path).graph
    assert {item.name for item in graph.initializer} == {"0.weight", "0.bias"}
    assert [item.name for item in graph.input] == ["x"]
    assert [item.name for item in graph.output] == ["y"]


def test_an_operator_without_form_is_named() -> None:
    with pytest.raises(torch.onnx.UnsupportedOperatorError, match="sort"):
        torch.onnx.export(lambda x: x.sort()[0], (torch.randn(3),))


def test_a_form_of_ones_own() -> None:
    from torchere_onnx import registry

    @torch.onnx.form("sort")
    def sort(graph, input, dim=-1, descending=False, stable=None):
        size = graph.axes([input.shape[dim]])
        return graph.op("TopK", input, size, axis=dim, largest=int(descending), outputs=2)

    try:
        agree(lambda x: x.sort()[0], torch.randn(3, 4))
    finally:
        del registry._forms["sort"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"opset_version": 9}, "opset_version 9"),
        ({"dynamic_axes": {"other": {0: "n"}}}, "names 'other'"),
    ],
)
def test_bad_options(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        torch.onnx.export(nn.Linear(2, 2), (torch.randn(1, 2),), **options)
