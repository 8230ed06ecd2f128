"""Questions about tensors that PyTorch has as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtypes import DType
from torchere.errors import ShapeError
from torchere.promotion import common_dtype
from torchere.size import Size
from torchere.tensors.tensor import Tensor

__all__ = [
    "broadcast_shapes",
    "detach",
    "detach_",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_storage",
    "is_tensor",
    "numel",
    "result_type",
    "typename",
]


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether `obj` is a storage object."""
    return type(obj).__name__ in ("UntypedStorage", "TypedStorage")


def detach(input: Tensor) -> Tensor:
    """`input.detach()`: the same memory outside the graph."""
    return input.detach()  # type: ignore[no-any-return]


def detach_(input: Tensor) -> Tensor:
    """`input.detach_()`: `input` itself, made a leaf outside the graph."""
    return input.detach_()  # type: ignore[no-any-return]


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is floating."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex."""
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero. RuntimeError for more or none."""
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape."""
    return input.shape == other.shape


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def result_type(*operands: Any, **named: Any) -> DType:
    """The dtype an arithmetic operator gives for two operands, tensors or numbers.

    As keywords they are called `tensor1` and `tensor2`, or in PyTorch's parser `tensor`, `other`, `scalar`, `scalar1`
    and `scalar2`.
    """
    words = ("tensor1", "tensor2", "tensor", "scalar1", "scalar", "other", "scalar2")
    for word in named:
        if word not in words:
            raise TypeError(f"result_type() got an unexpected keyword argument '{word}'")
    operands = (*operands, *(named[word] for word in words if word in named))
    if len(operands) != 2:
        raise TypeError(f"result_type() takes 2 operands but {len(operands)} were given")
    tensors = [item for item in operands if isinstance(item, Tensor)]
    kinds = [type(item) for item in operands if not isinstance(item, Tensor)]
    return common_dtype([t.dtype for t in tensors if t.ndim], [t.dtype for t in tensors if not t.ndim], kinds)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of `shapes` broadcast to. RuntimeError if they do not."""
    try:
        return Size(np.broadcast_shapes(*[(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]))
    except ValueError as error:
        raise ShapeError(
            f"Shape mismatch: objects cannot be broadcast to a single shape: {[list(s) for s in shapes]}"
        ) from error


def typename(obj: Any, /) -> str:
    """The type of a tensor as `Tensor.type` names it (``torch.FloatTensor``), of another object with its module."""
    if isinstance(obj, Tensor):
        name: str = obj.type()
        return name
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = kind.__module__
    return kind.__qualname__ if module in (None, "builtins") else f"{module}.{kind.__qualname__}"


def _assert(condition: Any, message: str) -> None:
    """Raise AssertionError with `message` unless `condition`, which may be a tensor of one element, is true."""
    if not condition:
        raise AssertionError(message)
