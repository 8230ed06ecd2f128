"""Margin losses over several classes, and the triplet loss with a distance of one's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torchere as torch
from torchere import Tensor

from .lookup import operator_function

__all__ = [
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "triplet_margin_with_distance_loss",
]


def _reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction, which the old arguments override with a warning. Raises ValueError for an unknown one."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: use 'none', 'mean' or 'sum'")
    return reduction


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _check_scores(name: str, input: Tensor) -> None:
    if input.dim() > 2 or (input.dim() == 2 and input.size(1) == 0) or (input.dim() == 1 and input.size(0) == 0):
        raise RuntimeError(
            f"{name}: Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``Σ_i max(0, margin - input[target] + input[i])^p / C`` over the wrong classes ``i``, times ``weight[target]``.

    Shape: input ``(N, C)`` or ``(C,)``, target ``(N,)`` or ``()`` of int64, weight ``(C,)``; a loss a sample.
    Raises ValueError unless ``p`` is 1 or 2; RuntimeError for shapes, dtypes or classes that do not fit.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, got {p}")
    if weight is not None and weight.dim() != 1:
        raise ValueError(f"weight must be one-dimensional, got {weight.dim()} dimensions")
    _check_scores("multi_margin_loss", input)
    if target.dtype != torch.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype}: convert with target.long()")
    scores = input if input.dim() == 2 else input.reshape(1, -1)
    count, classes = scores.shape
    if target.numel() != count or target.dim() > 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{count}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    if count and not bool(((target >= 0) & (target < classes)).all()):
        raise RuntimeError(f"target out of range: classes are 0 to {classes - 1}")
    index = target.reshape(-1, 1)
    excess = (margin - scores.gather(1, index) + scores).clamp(min=0)
    if p == 2:
        excess = excess * excess
    if weight is not None:
        excess = excess * weight[index]
    right = torch.zeros_like(scores, dtype=torch.bool).scatter(1, index, True)
    loss = excess.masked_fill(right, 0).sum(1) / classes
    return _reduced(loss if input.dim() == 2 else loss.reshape(()), reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``Σ_ij max(0, 1 - (input[j] - input[i])) / C`` over right classes ``j`` and wrong classes ``i``.

    Shape: input ``(N, C)`` or ``(C,)``, target of the same shape, int64: the right classes up to the first -1.
    Raises RuntimeError for shapes or classes that do not fit.
    """
    reduction = _reduction(reduction, size_average, reduce)
    _check_scores("multilabel_margin_loss", input)
    if target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    shape = (1, -1) if input.dim() < 2 else tuple(input.shape)
    scores, labels = input.reshape(shape), target.reshape(shape)
    classes = scores.shape[1]
    if labels.numel() and not bool(((labels >= -1) & (labels < classes)).all()):
        raise RuntimeError(f"argument #2 'target' is out of range: classes are 0 to {classes - 1}, -1 ends the list")
    listed = (labels >= 0).to(torch.int64).cumprod(1) > 0
    index = labels.masked_fill(listed.logical_not(), 0)
    right = torch.zeros_like(index).scatter_add(1, index, listed.to(torch.int64)) > 0
    gap = (1 - scores.gather(1, index).unsqueeze(2) + scores.unsqueeze(1)).clamp(min=0)
    ignored = (listed.unsqueeze(2) & right.logical_not().unsqueeze(1)).logical_not()
    loss = gap.masked_fill(ignored, 0).sum((1, 2)) / classes
    return _reduced(loss if input.dim() == 2 else loss.reshape(()), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean over the classes (last axis) of the logistic loss of each label, times ``weight``."""
    reduction = _reduction(reduction, size_average, reduce)
    log_sigmoid = operator_function("logsigmoid")
    loss = -(target * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(-1) / input.size(-1), reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)``; ``d`` is ``pairwise_distance`` unless given.

    With ``swap`` the distance of positive and negative counts where it is smaller. Source: Balntas et al. 2016.
    Raises ValueError unless the margin is positive, RuntimeError for different numbers of dimensions.
    """
    reduction = _reduction(reduction, None, None)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    distance = operator_function("pairwise_distance") if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return _reduced((near - far + margin).clamp(min=0), reduction)
