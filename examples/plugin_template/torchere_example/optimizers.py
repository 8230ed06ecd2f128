"""The optimizer `Lion`."""

from collections.abc import Iterable
from typing import Any

import torchere
from torchere import Tensor
from torchere.optim import Optimizer
from torchere.testing import Sample

__all__ = ["Lion"]


class Lion(Optimizer):
    """``p -= lr·(sign(β₁·m + (1 - β₁)·g) + weight_decay·p)``, then ``m = β₂·m + (1 - β₂)·g``; `m` begins at 0.

    Every number moves by ``lr`` a step, whatever its gradient, so `lr` is best 3 to 10 times smaller than Adam's.
    Raises: ValueError for a negative `lr` or `weight_decay`, or a beta outside ``0..1``.
    Source: X. Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, algorithm 2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        if lr < 0 or weight_decay < 0:
            raise ValueError(f"Lion: lr and weight_decay should not be negative, got {lr} and {weight_decay}")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"Lion: betas should be at least 0 and below 1, got {betas}")
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    def init_state(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The running mean of gradients."""
        return {"mean": torchere.zeros_like(p)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: dict[str, Any],
        *,
        lr: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        """Move one parameter by one step."""
        mean = state["mean"]
        direction = mean.lerp(grad, 1 - betas[0]).sign()
        p.sub_(direction + p * weight_decay, alpha=lr)
        mean.lerp_(grad, 1 - betas[1])


def torchere_samples() -> list[Sample]:
    """How the conformance kit makes the optimizer; the parameters come first by themselves."""
    return [Sample(lr=0.05), Sample(lr=0.05, betas=(0.0, 0.5), weight_decay=0.1)]
