"""Writes whose places coincide: several elements at one place in memory, or operands shifted against the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchere.errors import ShapeError

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = ["check_apart", "check_distinct", "coincides"]


def coincides(shape: Any, strides: Any) -> bool:
    """Whether an expanded dimension puts several elements at one place."""
    return 0 in strides and 0 not in shape and any(not step and size > 1 for step, size in zip(strides, shape))  # noqa: B905


def check_distinct(target: Tensor, name: str) -> None:
    """Raise if several elements of the tensor to be written to are one place in memory."""
    array = target._array
    if coincides(array.shape, target._key.backend.strides(array)):
        raise ShapeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            f"Please clone() the tensor before performing the operation. ({name}())"
        )


def check_apart(target: Tensor, operand: Any, name: str) -> None:
    """Raise if an operand of an elementwise write reaches the target's memory, but not place for place.

    As in PyTorch only dense operands are looked at: ``x[1:].add_(x[:-1])`` is refused, interleaved slices are not.
    """
    storage = getattr(operand, "_storage", None)
    if storage is None or storage is not target._storage or operand is target:
        return
    own, other = _extent(target), _extent(operand)
    if own is None or other is None or own == other or own[0] >= other[1] or other[0] >= own[1]:
        return
    raise ShapeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
        f"location. Please clone() the tensor before performing the operation. ({name}())"
    )


def _extent(tensor: Tensor) -> tuple[int, int, tuple[int, ...]] | None:
    """(first byte, byte behind the last, strides) of a tensor without gaps; None for others."""
    backend, array = tensor._key.backend, tensor._array
    shape, strides = array.shape, backend.strides(array)
    dense = 1
    for step, size in sorted(zip(strides, shape, strict=True)):
        if size != 1:
            if step != dense:
                return None
            dense *= size
    itemsize = tensor._key.dtype.itemsize
    start = backend.storage_offset(array) * itemsize
    return start, start + dense * itemsize, tuple(step for step, size in zip(strides, shape, strict=True) if size != 1)
