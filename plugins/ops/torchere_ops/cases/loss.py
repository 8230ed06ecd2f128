"""Cases of the losses of regression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def reduced(loss: Array, reduction: str = "mean") -> Any:
    """The reductions of every loss."""
    with np.errstate(all="ignore"):
        if reduction == "mean":
            return loss.sum() / loss.size if loss.size else np.float64("nan")
        return loss.sum() if reduction == "sum" else loss


def weighted(loss: Array, weight: Array | None, reduction: str) -> Any:
    """The weighted mean divides by the weights' sum."""
    if weight is None:
        return reduced(loss, reduction)
    return (loss * weight).sum() / weight.sum() if reduction == "mean" else reduced(loss * weight, reduction)


def _mse(x: Array, y: Array, reduction: str = "mean", weight: Array | None = None) -> Any:
    return weighted((x - y) ** 2, weight, reduction)


def _l1(x: Array, y: Array, reduction: str = "mean", weight: Array | None = None) -> Any:
    return weighted(np.abs(x - y), weight, reduction)


def _smooth_l1(x: Array, y: Array, reduction: str = "mean", beta: float = 1.0) -> Any:
    distance = np.abs(x - y)
    if beta == 0:
        return reduced(distance, reduction)
    return reduced(np.where(distance < beta, distance**2 / (2 * beta), distance - beta / 2), reduction)


def _huber(x: Array, y: Array, reduction: str = "mean", delta: float = 1.0, weight: Array | None = None) -> Any:
    distance = np.abs(x - y)
    loss = np.where(distance < delta, distance**2 / 2, delta * (distance - delta / 2))
    return reduced(loss if weight is None else loss * weight, reduction)


def _poisson(
    x: Array, y: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    loss = np.exp(x) - y * x if log_input else x - y * np.log(x + eps)
    if full:
        safe = np.maximum(y, 1)
        loss = loss + np.where(y > 1, safe * np.log(safe) - safe + 0.5 * np.log(2 * math.pi * safe), 0)
    return reduced(loss, reduction)


def _gaussian(x: Array, y: Array, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> Any:
    variance = np.asarray(var)
    if variance.ndim and variance.shape == x.shape[:-1]:
        variance = variance[..., None]
    variance = np.maximum(variance, eps)
    loss = 0.5 * (np.log(variance) + (x - y) ** 2 / variance) + (0.5 * math.log(2 * math.pi) if full else 0)
    return reduced(loss, reduction)


CASES = []
for reduction in ("mean", "sum", "none"):
    for name, function in (
        ("mse_loss", _mse),
        ("l1_loss", _l1),
        ("smooth_l1_loss", _smooth_l1),
        ("huber_loss", _huber),
    ):
        CASES.append(Case(name, A(3, 4, low=-3, high=3), A(3, 4), reduction=reduction, reference=function))
    for name, function in (("mse_loss", _mse), ("l1_loss", _l1), ("huber_loss", _huber)):
        CASES.append(
            Case(
                name,
                A(3, 4),
                A(3, 4),
                reduction=reduction,
                weight=A(3, 4, low=0.2, gradient=False),
                reference=function,
            )
        )
    CASES += [
        Case("poisson_nll_loss", A(3, 4), A(3, 4, low=0, high=5), reduction=reduction, reference=_poisson),
        Case("gaussian_nll_loss", A(3, 4), A(3, 4), A(3, low=0.2), reduction=reduction, reference=_gaussian),
    ]
CASES += [
    Case("mse_loss", A(), A(), reference=_mse),
    Case("mse_loss", A(0, 3), A(0, 3), reference=_mse, gradient=False),
    Case("mse_loss", A(0, 3), A(0, 3), reduction="sum", reference=_mse, gradient=False),
    Case(
        "l1_loss",
        A(3),
        A(3),
        reference=lambda x, y: np.float64(np.abs(x - y).mean()),
        dtypes=("complex64",),
        gradient=False,
    ),
    Case("smooth_l1_loss", A(3, 4), A(3, 4), beta=0.5, reference=_smooth_l1),
    Case("smooth_l1_loss", A(3, 4), A(3, 4), beta=0.0, reference=_smooth_l1),
    Case("huber_loss", A(3, 4), A(3, 4), delta=0.3, reference=_huber),
    Case("poisson_nll_loss", A(3, 4, low=0.2), A(3, 4, low=0, high=5), False, reference=_poisson),
    Case("poisson_nll_loss", A(3, 4), A(3, 4, low=1.5, high=5), full=True, reference=_poisson),
    Case("poisson_nll_loss", A(3, 4), A(3, 4, low=0, high=0.9), full=True, reference=_poisson),
    Case("gaussian_nll_loss", A(3, 4), A(3, 4), A(3, 4, low=0.2), full=True, reference=_gaussian),
    Case("gaussian_nll_loss", A(3, 4), A(3, 4), A(3, 1, low=0.2), reference=_gaussian),
    Case("gaussian_nll_loss", A(3, 4), A(3, 4), 0.5, reference=_gaussian),
    Case("gaussian_nll_loss", A(3, 4), A(3, 4), A(3, 4, low=0, high=0.4), eps=0.5, reference=_gaussian, gradient=False),
]
ERRORS = [
    ErrorCase("mse_loss", A(3), A(3), reduction="average", raises=ValueError, match="not a valid value for reduction"),
    ErrorCase(
        "mse_loss", A(3), A(3), weight=A(2), raises=ValueError, match="Weights and input must have the same size"
    ),
    ErrorCase("mse_loss", A(3), A(3), dtype="int64", raises=RuntimeError, match="not implemented for"),
    ErrorCase("l1_loss", A(3), A(3), reduction="x", raises=ValueError, match="not a valid value for reduction"),
    ErrorCase("l1_loss", A(3), A(3), weight=A(2), raises=ValueError, match="Weights and input must have the same size"),
    ErrorCase("smooth_l1_loss", A(3), A(3), beta=-1.0, raises=RuntimeError, match="negative values for beta"),
    ErrorCase("huber_loss", A(3), A(3), delta=0.0, raises=RuntimeError, match="non-positive values for delta"),
    ErrorCase(
        "poisson_nll_loss", A(3), A(3), reduction="x", raises=ValueError, match="not a valid value for reduction"
    ),
    ErrorCase(
        "gaussian_nll_loss", A(3, 4), A(3, 4), A(4, low=0.1), raises=ValueError, match="var is of incorrect size"
    ),
    ErrorCase(
        "gaussian_nll_loss", A(3, 4), A(3, 4), A(3, high=-0.1), raises=ValueError, match="var has negative entry"
    ),
    ErrorCase("gaussian_nll_loss", A(3), A(3), -1.0, raises=ValueError, match="var has negative entry"),
    ErrorCase("gaussian_nll_loss", A(3), A(3), 1.0, reduction="x", raises=ValueError, match="x is not valid"),
]
