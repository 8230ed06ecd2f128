"""Covariances and correlations of variables."""

from __future__ import annotations

import warnings

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite
from torchere.promotion import scalar_type_name

from .anywhere import anywhere

__all__ = ["corrcoef", "cov"]


def _check_weights(name: str, weights: Tensor, observations: int) -> None:
    if weights.ndim > 1:
        raise ShapeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions"
        )
    integral = not (weights.dtype.is_floating_point or weights.dtype.is_complex or weights.dtype is torchere.bool)
    right = integral if name == "fweights" else weights.dtype.is_floating_point
    if not right:
        raise DTypeError(
            f"cov(): expected {name} to have {'integral' if name == 'fweights' else 'floating point'} dtype but got "
            f"{name} with {scalar_type_name(weights.dtype)} dtype"
        )
    if weights.numel() != observations:
        raise ShapeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {observations}"
        )
    if anywhere(weights < 0):
        raise ShapeError(f"cov(): {name} cannot be negative")


@composite(method=True)
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Covariances of the rows of `input` ``(variables, observations)``; of a vector its variance, 0-d.

    `fweights` count how often each observation occurs, `aweights` say how much it matters; the divisor is the number
    of observations less `correction` (with `aweights` corrected for their spread).
    Raises: RuntimeError for bool, three or more dimensions, and weights of the wrong kind, number or sign.
    Source: https://pytorch.org/docs/stable/generated/torch.cov.html
    """
    if input.ndim > 2:
        raise ShapeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype is torchere.bool:
        raise DTypeError("cov(): bool dtype is not supported for input. Convert first: input.float().")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    observations = rows.shape[1]
    weights = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            _check_weights(name, given, observations)
            weights = given if weights is None else weights * given
    total = observations if weights is None else weights.sum()
    if weights is None:
        mean = rows.sum(1) / observations if observations else rows.to(torchere.get_default_dtype()).sum(1) / 0.0
        divisor = torchere.tensor(observations - correction, device=input.device)
    else:
        mean = (rows * weights).sum(1) / total
        if aweights is None or correction == 0:
            divisor = total - correction
        else:
            divisor = total - correction * (weights * aweights).sum() / total
    if bool(divisor <= 0):
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be less than the number of observations",
            UserWarning,
            stacklevel=2,
        )
        divisor = torchere.zeros_like(divisor)
    centred = rows - mean.unsqueeze(1)
    other = centred if weights is None else centred * weights
    found = centred @ other.t().conj().to(centred.dtype) / divisor
    return found.squeeze()


@composite(method=True)
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlations of the rows of `input` ``(variables, observations)``; 1 (or nan), 0-d, for a vector.

    Values are limited to -1 … 1. Raises: RuntimeError for three or more dimensions.
    Source: https://pytorch.org/docs/stable/generated/torch.corrcoef.html
    """
    if input.ndim > 2:
        raise ShapeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    found = cov(input)
    if found.ndim == 0:
        return found / found
    deviation = found.diagonal()
    deviation = (torchere.real(deviation) if deviation.dtype.is_complex else deviation).sqrt()
    found = found / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    if found.dtype.is_complex:
        return torchere.complex(torchere.real(found).clamp(-1, 1), torchere.imag(found).clamp(-1, 1))
    return found.clamp(-1, 1)
