"""Batching rules of views: the view of the tensor held is the view of every example."""

from __future__ import annotations

from typing import Any

from torchere.func.batching import Call, aligned, rule

__all__: list[str] = []


@rule("view", "reshape")
def shape_view(call: Call) -> Any:
    """The batch stays in front."""
    return call.below(size=(call.size, *call["size"]))


@rule("expand")
def expand(call: Call) -> Any:
    """New axes come between the batch and the example's own."""
    size = call["size"]
    return call.below(input=aligned(call["input"], len(size)), size=(call.size, *size))


@rule("permute")
def permute(call: Call) -> Any:
    """The batch stays in front."""
    return call.below(dims=(0, *(dim + 1 for dim in call["dims"])))


@rule("index_view")
def index_view(call: Call) -> Any:
    """All examples are indexed alike."""
    shape = call["input"].shape
    used = sum(1 for item in call["index"] if item is not None and item is not Ellipsis)
    if used > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    return call.below(index=(slice(None), *call["index"]))


@rule("diagonal")
def diagonal(call: Call) -> Any:
    """The batch stays in front."""
    return call.below(dim1=call["dim1"] + 1, dim2=call["dim2"] + 1)


@rule("unfold")
def unfold(call: Call) -> Any:
    """The batch stays in front."""
    tensor = call["input"].tensor
    if not call["input"].shape:
        return NotImplemented
    return call.below(input=tensor, dimension=call["dimension"] + 1)


@rule("view_as_complex")
def view_as_complex(call: Call) -> Any:
    """The last axis is the example's."""
    return call.below()


@rule("view_dtype")
def view_dtype(call: Call) -> Any:
    """The last axis is the example's; an example without axes keeps its element size."""
    if not call["input"].shape and call["dtype"].itemsize != call["input"].dtype.itemsize:
        raise RuntimeError("self.dim() cannot be 0 to view a tensor as a dtype of another element size")
    return call.below()


@rule("as_strided")
def as_strided(call: Call) -> Any:
    """The first example's offset; the batch keeps its own stride."""
    tensor = call["input"].tensor
    geometry = (tuple(tensor.stride()), tensor.storage_offset())
    return call.below(size=(call.size, *call["size"]), stride=(tensor.stride(0), *call["stride"]), geometry=geometry)


@rule("constant_pad_nd", "roll_")
def constant_pad(call: Call) -> Any:
    """Padding counts from the last axis."""
    return call.below()


@rule("repeat")
def repeat(call: Call) -> Any:
    """The batch is not repeated."""
    repeats = tuple(call["repeats"])
    return call.below(input=aligned(call["input"], len(repeats)), repeats=(1, *repeats))
