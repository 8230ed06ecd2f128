"""Connectionist temporal classification. Source: Graves et al. 2006."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE_FLOATING
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import composite

from .operand_kinds import require_dtypes

__all__ = ["ctc_loss"]

#: Stands for the logarithm of 0 inside the recursion: a true -inf would make inf - inf in gradients.
_NEVER = -1e30


def _lengths(value: Any, name: str, batch: int, device: Any) -> Tensor:
    lengths = value if isinstance(value, Tensor) else torchere.tensor(list(value), dtype=torchere.int64)
    if lengths.is_floating_point() or lengths.is_complex():
        raise ShapeError(f"{name} must be integral, got {lengths.dtype}")
    lengths = lengths.to(device=device, dtype=torchere.int64).reshape(-1)
    if lengths.numel() != batch:
        raise ShapeError(f"{name} must be of size batch_size: got {lengths.numel()} for a batch of {batch}")
    return lengths


def _padded_targets(targets: Tensor, lengths: Sequence[int], blank: int) -> Tensor:
    """Targets ``(N, S)``, the rest filled with blanks, from ``(N, S)`` or from all of them in one row."""
    longest = max(lengths, default=0)
    if targets.dim() == 1:
        if targets.numel() != sum(lengths):
            raise ShapeError(
                f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size {targets.numel()} for "
                "argument #2 'targets': the sum of target_lengths"
            )
        rows = targets.split(list(lengths)) if lengths else ()
    else:
        if targets.size(1) < longest:
            raise ShapeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.size(1)} for "
                "argument #2 'targets': the largest of target_lengths"
            )
        rows = targets.unbind(0)
    padded = torchere.full((len(lengths), longest), blank, dtype=torchere.int64, device=targets.device)
    for i, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        padded[i, :length] = row[:length].to(torchere.int64)
    return padded


def _shifted(alpha: Tensor, by: int) -> Tensor:
    """``alpha`` moved right by ``by`` states; impossible ones enter."""
    entering = torchere.full((alpha.shape[0], by), _NEVER, dtype=alpha.dtype, device=alpha.device)
    return torchere.cat([entering, alpha], 1)[:, : alpha.shape[1]]


def _negative_log_likelihood(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> Tensor:
    """The loss of each sample, by the forward recursion over the labels with blanks between them."""
    steps, batch, _ = log_probs.shape
    states = 2 * targets.shape[1] + 1
    labels = torchere.full((batch, states), blank, dtype=torchere.int64, device=targets.device)
    labels[:, 1::2] = targets
    # A label may follow another one directly, without a blank, if they differ; two blanks never do.
    may_skip = torchere.zeros((batch, states), dtype=torchere.bool, device=targets.device)
    may_skip[:, 2:] = labels[:, 2:] != labels[:, :-2]
    scores = log_probs.gather(2, labels.unsqueeze(0).expand(steps, batch, states))
    possible = torchere.arange(states, device=targets.device).unsqueeze(0) < 2
    alpha = scores[0].masked_fill(possible.logical_not(), _NEVER)
    alphas = [alpha]
    for step in range(1, steps):
        skipped = _shifted(alpha, 2).masked_fill(may_skip.logical_not(), _NEVER)
        alpha = alpha.logaddexp(_shifted(alpha, 1)).logaddexp(skipped) + scores[step]
        # Keeps sums of impossible states from running away.
        alpha = alpha.clamp(min=_NEVER)
        alphas.append(alpha)
    last_step = (input_lengths - 1).clamp(min=0).reshape(1, batch, 1).expand(1, batch, states)
    final = torchere.stack(alphas).gather(0, last_step).squeeze(0)
    last = (2 * target_lengths).unsqueeze(1)
    with_blank = final.gather(1, last).squeeze(1)
    without = final.gather(1, (last - 1).clamp(min=0)).squeeze(1).masked_fill(target_lengths == 0, _NEVER)
    likelihood = with_blank.logaddexp(without)
    # No input at all explains the empty target only.
    nothing = torchere.where(target_lengths == 0, 0.0, float("-inf")).to(likelihood.dtype)
    likelihood = torchere.where(input_lengths == 0, nothing, likelihood)
    return -likelihood.masked_fill(likelihood <= _NEVER / 2, float("-inf"))


class CtcLoss(torchere.autograd.Function):
    """The loss of each sample. Its gradient is PyTorch's: that by the scores of which ``log_probs`` is the log softmax.

    That is ``exp(log_probs)`` minus the probability that an alignment has a label at a step; steps beyond the input's
    length have none, and a sample that no alignment explains has a gradient of NaN, or of zero with ``zero_infinity``.
    """

    @staticmethod
    def forward(ctx: Any, log_probs: Tensor, *recursion: Any) -> Tensor:
        *arguments, zero_infinity = recursion
        loss = _negative_log_likelihood(log_probs, *arguments)
        ctx.save_for_backward(log_probs, loss, *arguments[:3])
        ctx.blank, ctx.zero_infinity = arguments[3], zero_infinity
        return loss.masked_fill(loss == float("inf"), 0.0) if zero_infinity else loss

    @staticmethod
    @torchere.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        log_probs, loss, targets, input_lengths, target_lengths = ctx.saved_tensors
        leaf = log_probs.detach().requires_grad_()
        with torchere.enable_grad():
            again = _negative_log_likelihood(leaf, targets, input_lengths, target_lengths, ctx.blank)
            (occupied,) = torchere.autograd.grad(again.sum(), leaf)
        steps = torchere.arange(log_probs.shape[0], device=log_probs.device).unsqueeze(1)
        inside = (steps < input_lengths).unsqueeze(2)
        unexplained = (loss == float("inf")).reshape(1, -1, 1)
        by_scores = log_probs.exp() + occupied
        by_scores = by_scores.masked_fill(unexplained, 0.0 if ctx.zero_infinity else float("nan"))
        by_scores = by_scores * grad.reshape(1, -1, 1)
        return by_scores.masked_fill(inside.logical_not(), 0.0), *(None,) * 5


_REDUCTIONS = ("none", "mean", "sum")


@composite(namespace="nn.functional")
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """``-log P(targets)``, summed over all alignments of the targets to the input.

    Shape: log_probs ``(T, N, C)`` or ``(T, C)``, of log softmax; targets ``(N, S)`` or all labels in one row; lengths
    ``(N,)``, tensors or tuples. "mean" divides by the target lengths first. An input too short gives inf, or 0 with
    ``zero_infinity``. The gradient is the one by the scores of which log_probs is the log softmax, as in PyTorch, and
    cannot be differentiated again.

    Raises RuntimeError for lengths that do not fit, ValueError for an unknown reduction, NotImplementedError for half
    precision.
    """
    if reduction not in _REDUCTIONS:
        raise ArgumentError(f"{reduction} is not a valid value for reduction: use 'none', 'mean' or 'sum'")
    batched = log_probs.dim() == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
    steps, batch, classes = log_probs.shape
    if log_probs.numel() == 0:
        raise ShapeError(f"log_probs tensor must not be empty, got shape {list(log_probs.shape)}")
    if not 0 <= blank < classes:
        raise ShapeError(f"blank must be in label range: got {blank} for {classes} classes")
    require_dtypes("ctc_loss_cpu", log_probs, WIDE_FLOATING)
    device = log_probs.device
    input_lengths = _lengths(input_lengths, "input_lengths", batch, device)
    target_lengths = _lengths(target_lengths, "target_lengths", batch, device)
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if int(lengths.min()) < 0:
            raise ShapeError(f"Expected {name} to have value at least 0, but got value {int(lengths.min())}")
    longest = int(input_lengths.max())
    if longest > steps:
        raise ShapeError(f"Expected input_lengths to have value at most {steps}, but got value {longest}")
    padded = _padded_targets(targets.to(device), target_lengths.tolist(), blank)
    loss = CtcLoss.apply(log_probs, padded, input_lengths, target_lengths, blank, zero_infinity)
    if reduction == "mean":
        return (loss / target_lengths.clamp(min=1).to(loss.dtype)).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if batched else loss.squeeze(0)
