"""Losses at top level, as ``torch.kl_div``: twins of `torchere.nn.functional`'s with the reduction as a number.

0, the default, stands for ``"none"``, 1 for ``"mean"`` and 2 for ``"sum"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchere.errors import ArgumentError
from torchere.operators.catalogue import function

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = [
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "ctc_loss",
    "hinge_embedding_loss",
    "kl_div",
    "margin_ranking_loss",
    "poisson_nll_loss",
    "triplet_margin_loss",
]

_WORDS = ("none", "mean", "sum")


def _loss(name: str, reduction: int, *tensors: Any, **options: Any) -> Tensor:
    """The loss of nn.functional of that name. ValueError for a number that stands for no reduction."""
    if reduction not in (0, 1, 2):
        raise ArgumentError(f"{name}(): reduction must be 0 (none), 1 (mean) or 2 (sum), got {reduction!r}.")
    found: Tensor = function("nn.functional", name)(*tensors, reduction=_WORDS[reduction], **options)
    return found


def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """Kullback-Leibler divergence of log probabilities `input` from `target`; see ``nn.functional.kl_div``."""
    if reduction == 1:  # the functional form warns that the mean over elements is no divergence
        found: Tensor = _loss("kl_div", 0, input, target, log_target=log_target).mean()
        return found
    return _loss("kl_div", reduction, input, target, log_target=log_target)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """Binary cross entropy of ``sigmoid(input)``; see ``nn.functional.binary_cross_entropy_with_logits``."""
    name = "binary_cross_entropy_with_logits"
    return _loss(name, reduction, input, target, weight=weight, pos_weight=pos_weight)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Similarity of pairs by cosine; see ``nn.functional.cosine_embedding_loss``."""
    return _loss("cosine_embedding_loss", reduction, input1, input2, target, margin=margin)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log likelihood of targets over all alignments; see ``nn.functional.ctc_loss``."""
    options = {"blank": blank, "zero_infinity": zero_infinity}
    return _loss("ctc_loss", reduction, log_probs, targets, input_lengths, target_lengths, **options)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """Distances of pairs alike (1) and apart (-1); see ``nn.functional.hinge_embedding_loss``."""
    return _loss("hinge_embedding_loss", reduction, input, target, margin=margin)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Which of two ranks higher; see ``nn.functional.margin_ranking_loss``."""
    return _loss("margin_ranking_loss", reduction, input1, input2, target, margin=margin)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """Negative log likelihood of counts; see ``nn.functional.poisson_nll_loss``."""
    return _loss("poisson_nll_loss", reduction, input, target, log_input=log_input, full=full, eps=eps)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """Nearer to `positive` than to `negative` by `margin`; see ``nn.functional.triplet_margin_loss``."""
    options = {"margin": margin, "p": p, "eps": eps, "swap": swap}
    return _loss("triplet_margin_loss", reduction, anchor, positive, negative, **options)
