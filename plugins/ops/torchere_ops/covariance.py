"""Covariances and correlations of variables."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import ShapeError
from torchere.operators import composite

from .anywhere import anywhere
from .matmul import adjoint_of, matmul

__all__ = ["corrcoef", "cov"]


def _checked_weights(name: str, weights: Tensor, count: int) -> None:
    if weights.ndim > 1:
        raise ShapeError(f"cov(): expected {name} to have one or fewer dimensions but got {weights.ndim}-dimensional")
    integral = not (weights.dtype.is_floating_point or weights.dtype.is_complex)
    if integral != (name == "fweights"):
        wanted = "integral dtype" if name == "fweights" else "floating point dtype"
        raise ShapeError(f"cov(): expected {name} to have {wanted} but got {name} with {weights.dtype} dtype")
    if weights.numel() != count:
        raise ShapeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got "
            f"{weights.numel()} != {count}"
        )
    if anywhere(weights < 0):
        raise ShapeError(f"cov(): {name} cannot be negative")


@composite(method=True)
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """Covariances of the rows ``(variables, observations)``: ``(variables, variables)``; a number for one variable.

    `fweights` are integer counts of the observations, `aweights` their importance; `correction` is subtracted from
    their number.
    Source: https://pytorch.org/docs/stable/generated/torch.cov.html
    """
    if input.ndim > 2:
        raise ShapeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype is torchere.bool:
        raise ShapeError("cov(): bool dtype is not supported for input. Convert first: input.float().")
    rows = input.reshape(1, -1) if input.ndim < 2 else input
    if not (rows.dtype.is_floating_point or rows.dtype.is_complex):
        rows = rows.to(torchere.get_default_dtype())
    count = rows.shape[1]
    weights = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is not None:
            _checked_weights(name, given, count)
            given = given.reshape(-1).to(rows.dtype)
            weights = given if weights is None else weights * given
    real = rows.dtype.to_real() if rows.dtype.is_complex else rows.dtype
    if weights is None:
        total = torchere.full((), float(count), dtype=real, device=rows.device)
        mean = rows.sum(1, keepdim=True) / total
        freedom = total - correction
        centred = rows - mean
        weighted = centred
    else:
        total = weights.sum()
        mean = (rows * weights).sum(1, keepdim=True) / total
        if aweights is None or correction == 0:
            freedom = total - correction
        else:
            other = (weights * aweights.reshape(-1).to(rows.dtype)).sum()
            freedom = total - correction * other / total
        freedom = freedom.real if freedom.dtype.is_complex else freedom
        centred = rows - mean
        weighted = centred * weights
    found = matmul(weighted, adjoint_of(centred)) / freedom.clamp(min=0)
    return found.squeeze()


@composite(method=True)
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlations of the rows ``(variables, observations)``; 1 for one variable.

    Source: https://pytorch.org/docs/stable/generated/torch.corrcoef.html
    """
    if input.ndim > 2:
        raise ShapeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    found = cov(input)
    if not found.ndim:
        return found / found
    diagonal = found.diagonal()
    deviation = (diagonal.real if diagonal.dtype.is_complex else diagonal).sqrt()
    found = found / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    if found.dtype.is_complex:
        return torchere.complex(found.real.clamp(-1, 1), found.imag.clamp(-1, 1))
    return found.clamp(-1, 1)
