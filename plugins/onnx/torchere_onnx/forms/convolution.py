"""Convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere_onnx.errors import UnsupportedOperatorError
from torchere_onnx.graph import Graph
from torchere_onnx.registry import form

__all__: list[str] = []


def _each(value: Any, rank: int) -> list[int]:
    """One int for each spatial axis."""
    items = list(value) if isinstance(value, Sequence) else [value]
    return [int(item) for item in (items * rank if len(items) == 1 else items)]


def _batched(graph: Graph, input: Any, rank: int) -> tuple[Any, bool]:
    """The input with a batch axis, and whether it had to be added."""
    if input.ndim == rank + 1:
        return graph.op("Unsqueeze", input, graph.axes([0])), True
    return input, False


def _unbatched(graph: Graph, name: str, added: bool) -> str:
    return graph.op("Squeeze", name, graph.axes([0])) if added else name


@form("conv1d", "conv2d", "conv3d")
def conv(
    graph: Graph,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> str:
    rank = weight.ndim - 2
    input, added = _batched(graph, input, rank)
    kernel = list(weight.shape)[2:]
    spread = _each(dilation, rank)
    if padding == "same":
        total = [step * (size - 1) for step, size in zip(spread, kernel, strict=True)]
        pads = [item // 2 for item in total] + [item - item // 2 for item in total]
    else:
        pads = ([0] * rank if padding == "valid" else _each(padding, rank)) * 2
    result = graph.op(
        "Conv",
        input,
        weight,
        bias,
        kernel_shape=kernel,
        strides=_each(stride, rank),
        pads=pads,
        dilations=spread,
        group=groups,
    )
    return _unbatched(graph, result, added)


@form("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(
    graph: Graph,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> str:
    rank = weight.ndim - 2
    input, added = _batched(graph, input, rank)
    result = graph.op(
        "ConvTranspose",
        input,
        weight,
        bias,
        kernel_shape=list(weight.shape)[2:],
        strides=_each(stride, rank),
        pads=_each(padding, rank) * 2,
        output_padding=_each(output_padding, rank),
        dilations=_each(dilation, rank),
        group=groups,
    )
    return _unbatched(graph, result, added)


@form("max_pool_values")
def max_pool_values(
    graph: Graph, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, counts: Sequence[int]
) -> str:
    rank = len(counts)
    input, added = _batched(graph, input, rank)
    kernel, steps, pads, spread = (_each(item, rank) for item in (kernel_size, stride, padding, dilation))
    # The number of windows says how far the last one reaches beyond the input (ceil_mode).
    after = []
    for axis in range(rank):
        size = input.example.shape[axis - rank] if hasattr(input, "example") else None
        size = size if size is not None else int(counts[axis])
        reach = (counts[axis] - 1) * steps[axis] + spread[axis] * (kernel[axis] - 1) + 1
        after.append(max(reach - size - pads[axis], 0))
    result = graph.op("MaxPool", input, kernel_shape=kernel, strides=steps, pads=[*pads, *after], dilations=spread)
    return _unbatched(graph, result, added)


@form("avg_pool1d", "avg_pool2d", "avg_pool3d")
def avg_pool(
    graph: Graph,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> str:
    if divisor_override is not None:
        raise UnsupportedOperatorError("avg_pool: ONNX has no divisor_override; scale the result instead")
    rank = len(kernel_size) if isinstance(kernel_size, Sequence) else input.ndim - 2
    input, added = _batched(graph, input, rank)
    kernel = _each(kernel_size, rank)
    steps = kernel if stride is None or stride == () else _each(stride, rank)
    result = graph.op(
        "AveragePool",
        input,
        kernel_shape=kernel,
        strides=steps,
        pads=_each(padding, rank) * 2,
        ceil_mode=int(ceil_mode),
        count_include_pad=int(count_include_pad),
    )
    return _unbatched(graph, result, added)


def _declare_adaptive(name: str, rank: int) -> None:
    @form(name)
    def adaptive_avg_pool(graph: Graph, input: Any, output_size: Any) -> str:
        sizes = list(input.shape)[-rank:]
        asked = list(output_size) if isinstance(output_size, Sequence) else [output_size]
        asked = asked * rank if len(asked) == 1 else asked
        wanted = [size if item is None else int(item) for size, item in zip(sizes, asked, strict=True)]
        if any(size % item for size, item in zip(sizes, wanted, strict=True)):
            raise UnsupportedOperatorError(
                f"{name} from {sizes} to {wanted}: ONNX has equal windows only; choose sizes that divide evenly"
            )
        input, added = _batched(graph, input, rank)
        kernel = [size // item for size, item in zip(sizes, wanted, strict=True)]
        return _unbatched(graph, graph.op("AveragePool", input, kernel_shape=kernel, strides=kernel), added)


for _rank in (1, 2, 3):
    _declare_adaptive(f"adaptive_avg_pool{_rank}d", _rank)
