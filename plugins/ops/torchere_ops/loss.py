"""Losses of regression: squared, absolute, Huber, Poisson and Gaussian.

`reduction` is ``"mean"`` over all elements, ``"sum"`` or ``"none"``; `size_average` and `reduce` are its deprecated
forms. Input and target broadcast, with a warning if their shapes differ.
"""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError
from torchere.operators import operator
from torchere_ops.anywhere import anywhere
from torchere_ops.loss_reduction import (
    chosen_reduction,
    reduced,
    require_floating,
    require_reduction,
    warn_unless_same_size,
)
from torchere_ops.selection import choose

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def _require_weights(weight: Tensor, input: Tensor) -> None:
    if weight.shape != input.shape:
        raise ArgumentError(
            f"Weights and input must have the same size. weight is {tuple(weight.shape)}, input {tuple(input.shape)}."
        )


def _weighted(loss: Tensor, weight: Tensor | None, input: Tensor, reduction: str) -> Tensor:
    """Reduce an elementwise loss; with weights the mean divides by their sum."""
    if weight is None:
        return reduced(loss, reduction)
    _require_weights(weight, input)
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else reduced(loss, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``(input - target)²``, reduced; `weight` has the input's shape and the mean is then the weighted one."""
    reduction = chosen_reduction(reduction, size_average, reduce)
    if input.shape != target.shape:
        warn_unless_same_size(input, target)
    if weight is None:
        require_floating("mse_loss", input, target)
    difference = input - target
    return _weighted(difference * difference, weight, input, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """``|input - target|``, reduced; `weight` as in `mse_loss`."""
    reduction = chosen_reduction(reduction, size_average, reduce)
    if input.shape != target.shape:
        warn_unless_same_size(input, target)
    return _weighted((input - target).abs(), weight, input, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """``d² / (2 beta)`` where ``d = |input - target| < beta``, else ``d - beta / 2``; reduced (Girshick 2015).

    RuntimeError: a negative `beta`. ``beta=0`` is `l1_loss`.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    if input.shape != target.shape:
        warn_unless_same_size(input, target)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta. beta is {beta}.")
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    require_floating("smooth_l1_loss", input, target)
    difference = input - target
    distance = difference.abs()
    # Squaring the distance would lose the second derivative where the difference is zero.
    loss = choose(distance < beta, difference * difference * (0.5 / beta), distance - 0.5 * beta)
    return reduced(loss, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """``d² / 2`` where ``d = |input - target| < delta``, else ``delta (d - delta / 2)``; reduced (Huber 1964).

    `weight` has the input's shape; unlike in `mse_loss` the mean is over the number of elements.
    RuntimeError: `delta` is not positive.
    """
    if input.shape != target.shape:
        warn_unless_same_size(input, target)
    if delta <= 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta. delta is {delta}.")
    require_reduction(reduction)
    require_floating("huber_loss", input, target)
    difference = input - target
    distance = difference.abs()
    loss = choose(distance < delta, difference * difference * 0.5, (distance - 0.5 * delta) * delta)
    if weight is not None:
        _require_weights(weight, input)
        loss = loss * weight
    return reduced(loss, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-08,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of counts `target` under a Poisson distribution, reduced.

    `input` is the logarithm of the rate, or with ``log_input=False`` the rate (`eps` keeps its logarithm finite).
    `full` adds Stirling's approximation of ``log target!`` where the target is above 1.
    """
    reduction = chosen_reduction(reduction, size_average, reduce)
    require_reduction(reduction)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + (target * (2 * math.pi)).log() * 0.5
        loss = loss + choose(target <= 1, 0, stirling)
    return reduced(loss, reduction)


@operator(namespace="nn.functional", out=False, same_dtype=False)
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-06,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of `target` under normal distributions of mean `input` and variance `var`, reduced.

    `var` is a number, has the input's shape, or that without (or with 1 in) the last dimension. It is raised to at
    least `eps`, without a gradient for that. `full` adds ``log(2π) / 2``.
    ValueError: `var` of another size or negative; another `reduction`.
    """
    if isinstance(var, (int, float)):
        if var < 0:
            raise ArgumentError(f"var has negative entry/entries: it is {var}.")
        # As PyTorch: ones of the input, times the number, which may make integers floating.
        var = torchere.ones_like(input) * var
    elif anywhere(var < 0):
        raise ArgumentError("var has negative entry/entries; variances are at least 0.")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif not (
            input.dim() and var.dim() == input.dim() and input.shape[:-1] == var.shape[:-1] and var.shape[-1] == 1
        ):
            raise ArgumentError(
                f"var is of incorrect size: {tuple(var.shape)} for an input of {tuple(input.shape)}. "
                "It needs the input's shape, or that without the last dimension."
            )
    if reduction not in ("none", "mean", "sum"):
        raise ArgumentError(f"{reduction} is not valid for reduction. Use 'none', 'mean' or 'sum'.")
    # The limit must not stop the gradient: a variance below eps would never recover.
    limited = var + (var.clamp_min(eps) - var).detach()
    difference = input - target
    loss = (limited.log() + difference * difference / limited) * 0.5
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)
