"""Batching rules of reading and writing by index: the batch becomes one more index, or one more leading axis."""

from __future__ import annotations

from typing import Any

from torchere.func.batching import Call, expanded, flattened, rule
from torchere.func.levels import Batched
from torchere.operators import operator_named

__all__: list[str] = []


def _batch_places(size: int, ndim: int, like: Any) -> Any:
    """``0 … size - 1`` with `ndim` axes of size 1 behind."""
    places = operator_named("arange()").entry(size, device=like.device)
    return places.reshape(size, *([1] * ndim))


def _has_mask(indices: list[Any]) -> bool:
    return any(item is not None and item.dtype.category == 0 for item in indices)


def _is_adjacent(indices: list[Any]) -> tuple[bool, int]:
    """(whether the index tensors stand side by side, the place of the first)."""
    places = [place for place, item in enumerate(indices) if item is not None]
    return places == list(range(places[0], places[-1] + 1)), places[0]


def _batched_indices(call: Call, indices: list[Any]) -> tuple[list[Any], int]:
    """Indices for the tensor with its batch in front, and the number of axes they select together."""
    ndim = max(len(item.shape) for item in indices if item is not None)
    found: list[Any] = [_batch_places(call.size, ndim, next(i for i in indices if i is not None).tensor)]
    for item in indices:
        if item is None:
            found.append(None)
            continue
        tensor = item.tensor
        if item.is_batched:
            tensor = tensor.reshape(call.size, *([1] * (ndim - len(item.shape))), *item.shape)
        found.append(tensor)
    return found, ndim


@rule("index")
def index(call: Call) -> Any:
    """The batch is one more index, standing first."""
    indices = call["indices"]
    if _has_mask(indices):
        return NotImplemented
    found, ndim = _batched_indices(call, indices)
    result = call.below(input=expanded(call["input"], call.size), indices=found)
    adjacent, first = _is_adjacent(indices)
    if adjacent and first:
        # The batch index is apart from the others: the selected axes came out in front of those before them.
        result = result.movedim(tuple(range(1, 1 + ndim)), tuple(range(1 + first, 1 + first + ndim)))
    return result


@rule("index_put")
def index_put(call: Call) -> Any:
    """The batch is one more index, standing first."""
    indices = call["indices"]
    if _has_mask(indices):
        return NotImplemented
    found, ndim = _batched_indices(call, indices)
    values = call["values"]
    adjacent, first = _is_adjacent(indices)
    input = expanded(call["input"], call.size)
    if adjacent and first:
        shape = call["input"].shape
        selected = operator_named("broadcast_tensors()").entry(*[item for item in found if item is not None])
        block = tuple(selected[0]._array.shape[1:])
        count = sum(item is not None for item in indices)
        whole = (*shape[:first], *block, *shape[first + count :])
        tensor = expanded(Batched(values.tensor, values.is_batched), call.size)
        tensor = tensor.reshape(call.size, *([1] * (len(whole) - len(values.shape))), *values.shape)
        tensor = tensor.expand(call.size, *whole)
        source = tuple(range(1 + first, 1 + first + ndim))
        return call.below(input=input, indices=found, values=tensor.movedim(source, tuple(range(1, 1 + ndim))))
    tensor = values.tensor
    if values.is_batched:
        wanted = ndim + sum(item is None for item in indices) + len(call["input"].shape) - len(indices)
        tensor = tensor.reshape(call.size, *([1] * (wanted - len(values.shape))), *values.shape)
    return call.below(input=input, indices=found, values=tensor)


@rule("index_select")
def index_select(call: Call) -> Any:
    """One index for all: the next axis; else the batch is one more index."""
    input, places, dim = call["input"], call["index"], call["dim"]
    if not input.shape:
        return NotImplemented
    if not places.is_batched:
        return call.below(dim=dim + 1)
    flat = flattened(places.tensor)
    moved = expanded(input, call.size).movedim(dim + 1, 1)
    result = operator_named("index").entry(moved, [_batch_places(call.size, 1, flat), flat])
    return result.movedim(1, dim + 1)


@rule("gather", "scatter_add", "scatter_src", "scatter_value", "scatter_reduce")
def along_index(call: Call) -> Any:
    """All tensors with the batch, as one more leading axis."""
    arrays = {name: value for name, value in call.arguments.items() if value.__class__ is Batched}
    tensors = {name: expanded(value, call.size) for name, value in arrays.items()}
    if not call["input"].shape or any(not value.shape for value in arrays.values()):
        if any(len(value.shape) > 1 for value in arrays.values()):
            return NotImplemented
        tensors = {
            name: flattened(tensor) if len(arrays[name].shape) == 0 else tensor for name, tensor in tensors.items()
        }
        result = call.below(**tensors, dim=call["dim"] + 1)
        shape = call["index"].shape if call.op.name == "gather" else call["input"].shape
        return result.reshape(call.size, *shape)
    return call.below(**tensors, dim=call["dim"] + 1)


@rule("put")
def put(call: Call) -> Any:
    """Flat places: those of each example follow those of the one before."""
    input, places, source = call["input"], call["index"], call["source"]
    tensor = expanded(input, call.size)
    count = 1
    for length in input.shape:
        count *= length
    indices: Any = expanded(places, call.size)
    indices = (indices % count if count else indices) + _batch_places(call.size, len(places.shape), tensor) * count
    values = expanded(source, call.size)
    return call.below(input=tensor.contiguous(), index=indices, source=values.reshape(indices._array.shape))


@rule("take")
def take(call: Call) -> Any:
    """Flat places: as an index into flattened examples."""
    input, places = call["input"], call["index"]
    tensor = flattened(expanded(input, call.size))
    if not places.is_batched:
        return operator_named("index").entry(tensor, [None, places.tensor])
    return operator_named("index").entry(tensor, [_batch_places(call.size, len(places.shape), tensor), places.tensor])


@rule("_embedding")
def embedding(call: Call) -> Any:
    """One table for all: any shape of indices. A table for each: they follow each other as one."""
    weight, indices = call["weight"], call["indices"]
    if not weight.is_batched:
        return call.below()
    if call["padding_idx"] not in (None, -1) or call["scale_grad_by_freq"]:
        return NotImplemented
    rows = weight.shape[0]
    places = expanded(indices, call.size) + _batch_places(call.size, len(indices.shape), weight.tensor) * rows
    return call.below(weight=weight.tensor.reshape(call.size * rows, -1), indices=places)


@rule("masked_select")
def masked_select(call: Call) -> Any:
    """One mask for all selects as many elements of every example."""
    input, mask = call["input"], call["mask"]
    if mask.is_batched:
        return NotImplemented
    places = mask.tensor
    shape = input.shape
    if len(places._array.shape) < len(shape):
        places = places.expand(*shape)
    elif tuple(places._array.shape) != tuple(shape):
        whole = operator_named("broadcast_tensors()").entry(places, input.tensor[0])[0]
        input = Batched(input.tensor.expand(call.size, *whole.shape), True)
        places = whole
    flat = input.tensor.reshape(call.size, places.numel())
    return operator_named("index_select").entry(flat, 1, places.reshape(-1).nonzero().reshape(-1))
