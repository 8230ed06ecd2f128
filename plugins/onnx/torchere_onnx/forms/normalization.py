"""Normalisation and embedding."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere_onnx.errors import UnsupportedOperatorError
from torchere_onnx.graph import Graph
from torchere_onnx.registry import form

__all__: list[str] = []


@form("batch_norm")
def batch_norm(
    graph: Graph,
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> str:
    if training or running_mean is None:
        raise UnsupportedOperatorError(
            "batch_norm with the statistics of the batch has no inference form in ONNX. Call model.eval(), and keep "
            "track_running_stats=True."
        )
    weight = torch.ones_like(running_mean) if weight is None else weight
    bias = torch.zeros_like(running_mean) if bias is None else bias
    return graph.op(  # type: ignore[no-any-return]
        "BatchNormalization", input, weight, bias, running_mean, running_var, epsilon=float(eps)
    )


@form("layer_norm")
def layer_norm(
    graph: Graph, input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> str:
    if weight is None:
        weight = torch.ones(tuple(normalized_shape), dtype=input.dtype)
    return graph.op(  # type: ignore[no-any-return]
        "LayerNormalization", input, weight, bias, axis=-len(normalized_shape), epsilon=float(eps)
    )


@form("embedding")
def embedding(graph: Graph, input: Any, weight: Any, max_norm: Any = None, **_: Any) -> str:
    if max_norm is not None:
        raise UnsupportedOperatorError("embedding with max_norm changes its weights while running; ONNX cannot")
    return graph.op("Gather", weight, input, axis=0)  # type: ignore[no-any-return]
