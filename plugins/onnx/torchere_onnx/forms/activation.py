"""Activations."""

from __future__ import annotations

from typing import Any

from torchere_onnx.graph import Graph
from torchere_onnx.registry import form

__all__: list[str] = []

_DIRECT = {
    "hardswish": "HardSwish",
    "mish": "Mish",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softsign": "Softsign",
    "tanh": "Tanh",
}


def _declare(name: str, kind: str) -> None:
    @form(name)
    def activation(graph: Graph, input: Any) -> str:
        return graph.op(kind, input)  # type: ignore[no-any-return]


for _name, _kind in _DIRECT.items():
    _declare(_name, _kind)


@form("gelu")
def gelu(graph: Graph, input: Any, approximate: str = "none") -> str:
    if graph.opset >= 20:
        return graph.op("Gelu", input, approximate=approximate)  # type: ignore[no-any-return]
    if approximate == "tanh":
        cubed = graph.op("Mul", graph.op("Mul", input, input), input)
        inner = graph.op("Add", input, graph.op("Mul", cubed, 0.044715, like=input), like=input)
        gate = graph.op("Tanh", graph.op("Mul", inner, 0.7978845608028654, like=input))
    else:
        gate = graph.op("Erf", graph.op("Mul", input, 0.7071067811865476))
    half = graph.op("Mul", input, 0.5)
    return graph.op("Mul", half, graph.op("Add", gate, 1.0, like=input))  # type: ignore[no-any-return]


@form("silu")
def silu(graph: Graph, input: Any) -> str:
    return graph.op("Mul", input, graph.op("Sigmoid", input))  # type: ignore[no-any-return]


@form("leaky_relu")
def leaky_relu(graph: Graph, input: Any, negative_slope: float = 0.01) -> str:
    return graph.op("LeakyRelu", input, alpha=float(negative_slope))  # type: ignore[no-any-return]


@form("elu")
def elu(graph: Graph, input: Any, alpha: float = 1.0) -> str:
    return graph.op("Elu", input, alpha=float(alpha))  # type: ignore[no-any-return]


@form("celu")
def celu(graph: Graph, input: Any, alpha: float = 1.0) -> str:
    return graph.op("Celu", input, alpha=float(alpha))  # type: ignore[no-any-return]


@form("selu")
def selu(graph: Graph, input: Any) -> str:
    return graph.op("Selu", input)  # type: ignore[no-any-return]


@form("softplus")
def softplus(graph: Graph, input: Any, beta: float = 1.0, threshold: float = 20.0) -> str:
    if beta == 1:
        return graph.op("Softplus", input)  # type: ignore[no-any-return]
    inner = graph.op("Softplus", graph.op("Mul", input, float(beta)))
    return graph.op("Div", inner, float(beta), like=input)  # type: ignore[no-any-return]


@form("hardtanh")
def hardtanh(graph: Graph, input: Any, min_val: float = -1.0, max_val: float = 1.0) -> str:
    return graph.op("Min", graph.op("Max", input, min_val), max_val, like=input)  # type: ignore[no-any-return]


@form("hardsigmoid")
def hardsigmoid(graph: Graph, input: Any) -> str:
    return graph.op("HardSigmoid", input, alpha=1 / 6, beta=0.5)  # type: ignore[no-any-return]


@form("prelu")
def prelu(graph: Graph, input: Any, weight: Any) -> str:
    if weight.ndim == 1 and input.ndim > 2:
        slope = graph.op("Reshape", weight, graph.axes([-1] + [1] * (input.ndim - 2)), like=input)
        return graph.op("PRelu", input, slope)  # type: ignore[no-any-return]
    return graph.op("PRelu", input, weight)  # type: ignore[no-any-return]


@form("softmax")
def softmax(graph: Graph, input: Any, dim: int, dtype: Any = None) -> str:
    if dtype is not None:
        input = graph.op("Cast", input, to=graph.element_type(dtype))
    return graph.op("Softmax", input, axis=dim)  # type: ignore[no-any-return]


@form("log_softmax")
def log_softmax(graph: Graph, input: Any, dim: int, dtype: Any = None) -> str:
    if dtype is not None:
        input = graph.op("Cast", input, to=graph.element_type(dtype))
    return graph.op("LogSoftmax", input, axis=dim)  # type: ignore[no-any-return]
