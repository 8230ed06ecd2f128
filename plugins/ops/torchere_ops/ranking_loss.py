"""Losses of comparison: margins, embeddings and triplets; and the distances they are made of.

`reduction` is ``"mean"``, ``"sum"`` or ``"none"``; `size_average` and `reduce` are its deprecated forms.
"""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, DTypeError, ShapeError
from torchere.operators import operator
from torchere_ops.loss_reduction import chosen_reduction, reduced
from torchere_ops.selection import choose

__all__ = [
    "cosine_embedding_loss",
    "cosine_similarity",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "pairwise_distance",
    "soft_margin_loss",
    "triplet_margin_loss",
]


@operator(namespace=("", "nn.functional"), out=False, same_dtype=False)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between vectors along `dim`: ``x1 · x2 / (|x1| |x2|)``, each length at least `eps`.

    `x1` and `x2` broadcast; the result lacks `dim`. RuntimeError: integers and complex numbers.
    """
    dtype = torchere.result_type(x1, x2)
    if not dtype.is_floating_point:
        raise DTypeError(
            f"expected common dtype to be floating point, yet common dtype is {dtype}. Convert first: x.float()."
        )
    x1, x2 = x1.to(dtype), x2.to(dtype)
    return (_unit(x1, x2, dim, eps) * _unit(x2, x1, dim, eps)).sum(dim)


def _unit(x: Tensor, other: Tensor, dim: int, eps: float) -> Tensor:
    """`x` divided by its length along `dim`; broadcast first, because `dim` counts in the common shape."""
    if x.shape != other.shape:
        x = torchere.broadcast_tensors(x, other)[0]
    # The limit changes the value, but not the gradient: that is the length's, also where it is below eps.
    length = x.norm(2, dim, keepdim=True)
    raised = (eps - length.detach()).clamp_min(0)
    return x / (length + raised)


@operator(namespace=("", "nn.functional"), out=False, same_dtype=False)
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The `p`-norm of ``x1 - x2 + eps`` along the last dimension; the operands broadcast."""
    return (x1 - x2 + eps).norm(p, -1, keepdim)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`input` (a distance) where `target` is 1, ``max(0, margin - input)`` where it is -1; reduced."""
    reduction = chosen_reduction(reduction, size_average, reduce)
    # PyTorch adds both terms where the target is neither 1 nor -1.
    apart = choose(target == 1, 0, (margin - input).clamp_min(0))
    alike = choose(target == -1, 0, input)
    return reduced(apart + alike, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, margin - target * (input1 - input2))``, reduced: `target` 1 wants `input1` above `input2`, -1 below."""
    reduction = chosen_reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise ShapeError(
            f"margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced((margin - target * (input1 - input2)).clamp_min(0), reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` of the pairs whose `target` is 1, ``max(0, cos - margin)`` of those where it is -1; reduced.

    Shape: inputs ``(N, D)`` with target ``(N,)``, or ``(D,)`` with ``()``. RuntimeError: other dimensions.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if target.dim() not in (0, 1):
        raise ShapeError(
            f"0D or 1D target tensor expected, multi-target not supported; target has shape {tuple(target.shape)}"
        )
    wanted = target.dim() + 1
    if input1.dim() != wanted or input2.dim() != wanted:
        raise ShapeError(
            f"{target.dim()}D target tensor expects {wanted}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    axis = target.dim()
    epsilon = 1e-12
    product = (input1 * input2).sum(axis)
    first = (input1 * input1).sum(axis) + epsilon
    second = (input2 * input2).sum(axis) + epsilon
    cosine = product / (first * second).sqrt()
    alike = choose(target == 1, 1 - cosine, 0)
    apart = choose(target == -1, (cosine - margin).clamp_min(0), 0)
    return reduced(alike + apart, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``log(1 + exp(-target * input))`` with targets 1 and -1, reduced."""
    reduction = chosen_reduction(reduction, size_average, reduce)
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise DTypeError(f"soft_margin_loss: result type Float can't be cast to {input.dtype}. Convert: input.float().")
    return reduced((-target * input).exp().log1p(), reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-06,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` with `pairwise_distance`, reduced.

    `swap` takes ``d(positive, negative)`` where that is smaller (Balntas et al. 2016).
    ValueError: `margin` is not positive. RuntimeError: operands with different numbers of dimensions.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if margin <= 0:
        raise ArgumentError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise ShapeError(
            f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return reduced((near - far + margin).clamp_min(0), reduction)
