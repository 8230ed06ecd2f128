"""Patterns and values: the operators that all others of this plugin are written in, differentiable."""

from __future__ import annotations

from typing import Any

from torchere import Tensor
from torchere.autograd.modes import no_grad
from torchere.layouts import strided
from torchere.operators import primitive

__all__ = ["as_layout_of", "coalesce_sums", "compressed_from", "coo_from", "masked_like", "values_at", "with_values"]


@primitive(name="sparse_values", namespace=(), out=False)
def stored_values(input: Tensor) -> Tensor:
    """The values of a sparse tensor, sharing its memory."""
    ...


@primitive(name="sparse_with_values", namespace=(), out=False, same_dtype=False, result="array")
def with_values(input: Tensor, values: Tensor) -> Tensor:
    """A tensor with the pattern of the sparse `input` and other values. Differentiable in the values."""
    ...


@primitive(name="sparse_values_at", namespace=(), out=False, same_dtype=False, result="array")
def values_at(pattern: Tensor, source: Tensor) -> Tensor:
    """The elements of `source`, dense or sparse, where `pattern` specifies one, in the order of its values."""
    ...


@primitive(name="sparse_coalesce", namespace=(), out=False)
def coalesce_sums(input: Tensor) -> Tensor:
    """A COO tensor with unique, sorted indices."""
    ...


@primitive(name="sparse_coo_from", namespace=(), out=False, same_dtype=False, result="array")
def coo_from(values: Tensor, indices: Tensor, size: Any, is_coalesced: bool) -> Tensor:
    """A COO tensor from its parts, sharing their memory; arguments are trusted."""
    ...


@primitive(name="sparse_compressed_from", namespace=(), out=False, same_dtype=False, result="array")
def compressed_from(
    values: Tensor, compressed_indices: Tensor, plain_indices: Tensor, size: Any, layout: str
) -> Tensor:
    """A compressed tensor from its parts, sharing their memory; arguments are trusted."""
    ...


@primitive(name="sparse_converted", namespace=(), out=False, result="array")
def converted(input: Tensor, layout: str, sparse_dim: Any, blocksize: Any, dense_dim: int) -> Tensor:
    """A tensor, dense or sparse, in a sparse layout."""
    ...


@primitive(name="sparse_to_dense", namespace=(), out=False)
def densified(input: Tensor, masked_grad: bool) -> Tensor:
    """The dense equivalent of a sparse tensor."""
    ...


def masked_like(source: Tensor, pattern: Tensor) -> Tensor:
    """`source` where `pattern` specifies elements, in its layout."""
    with no_grad():
        pattern = pattern.detach()
        if pattern.is_sparse:
            pattern = coalesce_sums(pattern)
    return with_values(pattern, values_at(pattern, source))


def as_layout_of(source: Tensor, like: Tensor) -> Tensor:
    """`source` in the layout of `like`."""
    if like.layout is source.layout:
        return source
    if like.layout is strided:
        return densified(source, False)
    array = like._array
    if like.is_sparse:
        return converted(source, "sparse_coo", array.sparse_dim, None, 0)
    return converted(source, array.layout, None, array.blocksize, array.dense_dim)


def _scattered(grad: Tensor, pattern: Tensor, source: Tensor) -> Tensor:
    return as_layout_of(with_values(pattern.detach(), grad), source)


stored_values.gradient(input=lambda grad, input: with_values(input.detach(), as_strided(grad)))
with_values.gradient(values=lambda grad, input: values_at(input.detach(), grad))
values_at.gradient(source=_scattered)
coalesce_sums.gradient(input=lambda grad: grad)
coo_from.gradient(values=lambda grad, out: values_at(out.detach(), grad))
compressed_from.gradient(values=lambda grad, out: values_at(out.detach(), grad))
converted.gradient(input=lambda grad, input: as_layout_of(grad, input))
densified.gradient(
    input=lambda grad, input, masked_grad: masked_like(grad, input) if masked_grad else as_layout_of(grad, input)
)


def as_strided(tensor: Tensor) -> Tensor:
    """The dense equivalent; itself if dense."""
    return tensor if tensor.layout is strided else densified(tensor, False)
