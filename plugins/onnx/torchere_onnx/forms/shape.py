"""Shapes, joining and indexing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchere_onnx.errors import UnsupportedOperatorError
from torchere_onnx.graph import Graph
from torchere_onnx.registry import form

__all__: list[str] = []


def _sizes(graph: Graph, input: Any, size: Sequence[int]) -> list[int]:
    """A shape in which dynamic leading axes stay open: 0 copies the input's size in Reshape."""
    shape = list(input.shape)
    sizes = [int(item) for item in size]
    for axis, fixed in graph.dynamic_sizes.items():
        if axis < len(sizes) and axis < len(shape) and shape[axis] == fixed == sizes[axis]:
            sizes[axis] = 0
    return sizes


@form("view")
def view(graph: Graph, input: Any, size: Sequence[int]) -> str:
    return graph.op("Reshape", input, graph.axes(_sizes(graph, input, size)))  # type: ignore[no-any-return]


@form("permute")
def permute(graph: Graph, input: Any, dims: Sequence[int]) -> str:
    return graph.op("Transpose", input, perm=[int(dim) for dim in dims])  # type: ignore[no-any-return]


@form("expand")
def expand(graph: Graph, input: Any, size: Sequence[int]) -> str:
    return graph.op("Expand", input, graph.axes([int(item) for item in size]))  # type: ignore[no-any-return]


@form("cat")
def cat(graph: Graph, tensors: Sequence[Any], dim: int = 0) -> str:
    return graph.op("Concat", *tensors, axis=dim)  # type: ignore[no-any-return]


@form("stack")
def stack(graph: Graph, tensors: Sequence[Any], dim: int = 0) -> str:
    raised = [graph.op("Unsqueeze", item, graph.axes([dim])) for item in tensors]
    return graph.op("Concat", *raised, axis=dim)  # type: ignore[no-any-return]


@form("index_select")
def index_select(graph: Graph, input: Any, dim: int, index: Any) -> str:
    return graph.op("Gather", input, index, axis=dim)  # type: ignore[no-any-return]


@form("gather")
def gather(graph: Graph, input: Any, dim: int, index: Any, **_: Any) -> str:
    return graph.op("GatherElements", input, index, axis=dim)  # type: ignore[no-any-return]


@form("index_view")
def index_view(graph: Graph, input: Any, index: Sequence[Any]) -> str:
    """Basic indexing: slices, then integer axes squeezed, then new axes."""
    items = list(index)
    used = sum(1 for item in items if item is not None and item is not Ellipsis)
    if Ellipsis not in [item for item in items if item is Ellipsis]:
        items.append(Ellipsis)
    place = next(i for i, item in enumerate(items) if item is Ellipsis)
    items[place : place + 1] = [slice(None)] * (input.ndim - used)
    starts, ends, axes, steps, squeezed, inserted = [], [], [], [], [], []
    axis = result_axis = 0
    for item in items:
        if item is None:
            inserted.append(result_axis)
            result_axis += 1
            continue
        if isinstance(item, int):
            starts.append(item)
            ends.append(item + 1 if item != -1 else 2**62)
            axes.append(axis)
            steps.append(1)
            squeezed.append(axis)
        else:
            if item != slice(None):
                starts.append(item.start or 0)
                ends.append(2**62 if item.stop is None else item.stop)
                axes.append(axis)
                steps.append(item.step or 1)
            result_axis += 1
        axis += 1
    result: Any = input
    if axes:
        result = graph.op("Slice", result, graph.axes(starts), graph.axes(ends), graph.axes(axes), graph.axes(steps))
    if squeezed:
        result = graph.op("Squeeze", result, graph.axes(squeezed))
    if inserted:
        result = graph.op("Unsqueeze", result, graph.axes(inserted))
    return graph.op("Identity", result) if result is input else result  # type: ignore[no-any-return]


@form("pad_constant", "constant_pad_nd")
def constant_pad(graph: Graph, input: Any, pad: Sequence[int], value: Any = 0) -> str:
    rank = input.ndim
    if len(pad) > 2 * rank:
        raise UnsupportedOperatorError(f"pad of {len(pad)} sides on a tensor of {rank} dimensions")
    before, after = [0] * rank, [0] * rank
    for number in range(len(pad) // 2):
        before[rank - 1 - number], after[rank - 1 - number] = int(pad[2 * number]), int(pad[2 * number + 1])
    return graph.op("Pad", input, graph.axes(before + after), value or 0.0)  # type: ignore[no-any-return]
