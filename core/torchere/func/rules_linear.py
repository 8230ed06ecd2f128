"""Batching rules of products of matrices and of convolutions."""

from __future__ import annotations

from typing import Any

from torchere.func.batching import Call, aligned, expanded, rule
from torchere.func.levels import Batched
from torchere.operators import operator_named

__all__: list[str] = []


@rule("matmul", "mm", "bmm")
def matmul(call: Call) -> Any:
    """Stacks of matrices; vectors become matrices of one row or column."""
    a, b = list(call.arguments.values())[:2]
    return _product(a, b)


def _product(a: Batched, b: Batched) -> Any:
    left, right = a.tensor, b.tensor
    a_ndim, b_ndim = len(a.shape), len(b.shape)
    product = operator_named("matmul").entry
    if not b.is_batched and b_ndim <= 2 and a_ndim >= 1:
        return product(left, right)  # the batch is one more leading axis
    drop_row, drop_column = a_ndim == 1, b_ndim == 1
    if drop_row:
        left, a_ndim = left.unsqueeze(-2), 2
    if drop_column:
        right, b_ndim = right.unsqueeze(-1), 2
    ndim = max(a_ndim, b_ndim)
    left = aligned(Batched(left, a.is_batched), ndim)
    right = aligned(Batched(right, b.is_batched), ndim)
    result = product(left, right)
    if drop_row:
        result = result.squeeze(-2)
    if drop_column:
        result = result.squeeze(-1)
    return result


@rule("matmul_nt")
def matmul_nt(call: Call) -> Any:
    """``a @ b.mT``."""
    a, b = list(call.arguments.values())[:2]
    if len(a.shape) < 2 or len(b.shape) < 2:
        return NotImplemented
    return _product(a, Batched(b.tensor.transpose(-2, -1), b.is_batched))


@rule("matmul_tn")
def matmul_tn(call: Call) -> Any:
    """``a.mT @ b``."""
    a, b = list(call.arguments.values())[:2]
    if len(a.shape) < 2 or len(b.shape) < 2:
        return NotImplemented
    return _product(Batched(a.tensor.transpose(-2, -1), a.is_batched), b)


# --- convolution -----------------------------------------------------------------------------------------------------


def _into_channels(tensor: Any) -> Any:
    """``(B, N, C, …)`` to ``(N, B * C, …)``."""
    moved = tensor.movedim(0, 1)
    shape = moved._array.shape
    return moved.reshape(shape[0], shape[1] * shape[2], *shape[3:])


def _into_first(tensor: Any) -> Any:
    """``(B, N, …)`` to ``(B * N, …)``."""
    shape = tensor._array.shape
    return tensor.reshape(shape[0] * shape[1], *shape[2:])


@rule("convolution")
def convolution(call: Call) -> Any:
    """One weight for all: the batch joins the images. A weight for each example: it joins the groups."""
    input, weight, bias = call["input"], call["weight"], call["bias"]
    if len(input.shape) != len(weight.shape):
        return NotImplemented
    size = call.size
    if not weight.is_batched:
        if not input.is_batched:
            result = call.below(bias=None).unsqueeze(0)
            ones = (1,) * (len(input.shape) - 2)
            return result + bias.tensor.reshape(size, 1, -1, *ones)
        count = input.shape[0]
        result = call.below(input=_into_first(input.tensor), bias=None)
        result = result.reshape(size, count, *result._array.shape[1:])
    else:
        result = call.below(
            input=_into_channels(expanded(input, size)),
            weight=_into_first(weight.tensor),
            bias=None,
            groups=call["groups"] * size,
        )
        shape = result._array.shape
        result = result.reshape(shape[0], size, shape[1] // size, *shape[2:]).movedim(1, 0)
    if bias is not None:
        ones = (1,) * (len(input.shape) - 2)
        held = bias.tensor
        result = result + (held.reshape(size, 1, -1, *ones) if bias.is_batched else held.reshape(-1, *ones))
    return result


@rule("convolution_weight_gradient")
def convolution_weight_gradient(call: Call) -> Any:
    """A weight gradient for each example: the batch joins the groups."""
    values, input = call["values"], call["input"]
    if len(input.shape) != len(values.shape):
        return NotImplemented
    size = call.size
    result = call.below(
        values=_into_channels(expanded(values, size)),
        input=_into_channels(expanded(input, size)),
        groups=call["groups"] * size,
    )
    shape = result._array.shape
    return result.reshape(size, shape[0] // size, *shape[1:])
