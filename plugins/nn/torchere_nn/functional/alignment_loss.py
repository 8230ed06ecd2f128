"""Connectionist temporal classification. Source: Graves et al. 2006."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["ctc_loss"]

#: Stands for the logarithm of 0 inside the recursion: a true -inf would make inf - inf in gradients.
_NEVER = -1e30


def _lengths(value: Any, name: str, batch: int, device: Any) -> Tensor:
    lengths = value if isinstance(value, Tensor) else torch.tensor(list(value), dtype=torch.int64)
    lengths = lengths.to(device=device, dtype=torch.int64).reshape(-1)
    if lengths.numel() != batch:
        raise RuntimeError(f"{name} must be of size batch_size: got {lengths.numel()} for a batch of {batch}")
    return lengths


def _padded_targets(targets: Tensor, lengths: Sequence[int], blank: int) -> Tensor:
    """Targets ``(N, S)``, the rest filled with blanks, from ``(N, S)`` or from all of them in one row."""
    longest = max(lengths, default=0)
    if targets.dim() == 1:
        if targets.numel() != sum(lengths):
            raise RuntimeError(
                f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size {targets.numel()} for "
                "argument #2 'targets': the sum of target_lengths"
            )
        rows = targets.split(list(lengths)) if lengths else ()
    else:
        if targets.size(1) < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size {targets.size(1)} for "
                "argument #2 'targets': the largest of target_lengths"
            )
        rows = targets.unbind(0)
    padded = torch.full((len(lengths), longest), blank, dtype=torch.int64, device=targets.device)
    for i, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        padded[i, :length] = row[:length].to(torch.int64)
    return padded


def _shifted(alpha: Tensor, by: int) -> Tensor:
    """``alpha`` moved right by ``by`` states; impossible ones enter."""
    entering = torch.full((alpha.shape[0], by), _NEVER, dtype=alpha.dtype, device=alpha.device)
    return torch.cat([entering, alpha], 1)[:, : alpha.shape[1]]


def _negative_log_likelihood(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> Tensor:
    """The loss of each sample, by the forward recursion over the labels with blanks between them."""
    steps, batch, _ = log_probs.shape
    states = 2 * targets.shape[1] + 1
    labels = torch.full((batch, states), blank, dtype=torch.int64, device=targets.device)
    labels[:, 1::2] = targets
    # A label may follow another one directly, without a blank, if they differ; two blanks never do.
    may_skip = torch.zeros((batch, states), dtype=torch.bool, device=targets.device)
    may_skip[:, 2:] = labels[:, 2:] != labels[:, :-2]
    scores = log_probs.gather(2, labels.unsqueeze(0).expand(steps, batch, states))
    possible = torch.arange(states, device=targets.device).unsqueeze(0) < 2
    alpha = scores[0].masked_fill(possible.logical_not(), _NEVER)
    alphas = [alpha]
    for step in range(1, steps):
        skipped = _shifted(alpha, 2).masked_fill(may_skip.logical_not(), _NEVER)
        alpha = alpha.logaddexp(_shifted(alpha, 1)).logaddexp(skipped) + scores[step]
        # Keeps sums of impossible states from running away.
        alpha = alpha.clamp(min=_NEVER)
        alphas.append(alpha)
    last_step = (input_lengths - 1).clamp(min=0).reshape(1, batch, 1).expand(1, batch, states)
    final = torch.stack(alphas).gather(0, last_step).squeeze(0)
    last = (2 * target_lengths).unsqueeze(1)
    with_blank = final.gather(1, last).squeeze(1)
    without = final.gather(1, (last - 1).clamp(min=0)).squeeze(1).masked_fill(target_lengths == 0, _NEVER)
    likelihood = with_blank.logaddexp(without)
    # No input at all explains the empty target only.
    nothing = torch.where(target_lengths == 0, 0.0, float("-inf")).to(likelihood.dtype)
    likelihood = torch.where(input_lengths == 0, nothing, likelihood)
    return -likelihood.masked_fill(likelihood <= _NEVER / 2, float("-inf"))


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

    Shape: log_probs ``(T, N, C)`` or ``(T, C)``, of softmax; targets ``(N, S)`` or all labels in one row; lengths
    ``(N,)``, tensors or tuples. "mean" divides by the target lengths first. An input too short gives inf, or 0 with
    ``zero_infinity``. Raises RuntimeError for lengths that do not fit, ValueError for an unknown reduction.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: use 'none', 'mean' or 'sum'")
    batched = log_probs.dim() == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
    steps, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: got {blank} for {classes} classes")
    device = log_probs.device
    input_lengths = _lengths(input_lengths, "input_lengths", batch, device)
    target_lengths = _lengths(target_lengths, "target_lengths", batch, device)
    longest = int(input_lengths.max()) if batch else 0
    if longest > steps:
        raise RuntimeError(f"Expected input_lengths to have value at most {steps}, but got value {longest}")
    padded = _padded_targets(targets.to(device), target_lengths.tolist(), blank)
    loss = _negative_log_likelihood(log_probs, padded, input_lengths, target_lengths, blank)
    if zero_infinity:
        loss = torch.where(loss == float("inf"), torch.zeros_like(loss), loss)
    if reduction == "mean":
        return (loss / target_lengths.clamp(min=1).to(loss.dtype)).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if batched else loss.squeeze(0)
