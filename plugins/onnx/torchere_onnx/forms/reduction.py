"""Reductions."""

from __future__ import annotations

from typing import Any

from torchere_onnx.graph import Graph
from torchere_onnx.registry import form

__all__: list[str] = []

_KINDS = {"amax": "ReduceMax", "amin": "ReduceMin", "mean": "ReduceMean", "prod": "ReduceProd", "sum": "ReduceSum"}


def _declare(name: str, kind: str) -> None:
    @form(name)
    def reduce(graph: Graph, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> str:
        if dtype is not None:
            input = graph.op("Cast", input, to=graph.element_type(dtype))
        dims = [dim] if isinstance(dim, int) else (list(dim) if dim else None)
        axes = graph.axes(dims)
        # Before opset 18 only ReduceSum took its axes as an operand.
        if graph.opset >= 18 or kind == "ReduceSum":
            return graph.op(kind, input, axes, keepdims=int(keepdim))  # type: ignore[no-any-return]
        return graph.op(kind, input, axes=dims, keepdims=int(keepdim))  # type: ignore[no-any-return]


for _name, _kind in _KINDS.items():
    _declare(_name, _kind)


def _declare_index(name: str, kind: str) -> None:
    @form(name)
    def index(graph: Graph, input: Any, dim: int | None = None, keepdim: bool = False) -> str:
        if dim is None:
            flat = graph.op("Reshape", input, graph.axes([-1]))
            found = graph.op(kind, flat, axis=0, keepdims=0)
            return graph.op("Reshape", found, graph.axes([1] * input.ndim)) if keepdim else found  # type: ignore[no-any-return]
        return graph.op(kind, input, axis=dim, keepdims=int(keepdim))  # type: ignore[no-any-return]


_declare_index("argmax", "ArgMax")
_declare_index("argmin", "ArgMin")


@form("cumsum")
def cumsum(graph: Graph, input: Any, dim: int, dtype: Any = None) -> str:
    if dtype is not None:
        input = graph.op("Cast", input, to=graph.element_type(dtype))
    return graph.op("CumSum", input, graph.constant(dim))  # type: ignore[no-any-return]
