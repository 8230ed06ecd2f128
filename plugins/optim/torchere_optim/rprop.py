"""Resilient backpropagation."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_lr

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Steps by the sign of the gradient; their sizes grow while the sign stays and shrink when it turns.

    ``etas``: factors (shrink, grow); ``step_sizes``: smallest and largest. For full batches. Source: Riedmiller &
    Braun 1993.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, the gradient before, and step sizes of ``lr``."""
        lr = float(group["lr"])
        size = torch.full_like(p, complex(lr, lr) if p.is_complex() else lr)
        return {"step": 0.0, "prev": torch.zeros_like(p), "step_size": size}

    def update(self, p: Tensor, grad: Tensor, state: State, *, etas: Any, step_sizes: Any, **_: Any) -> None:
        """One step."""
        state["step"] += 1
        shrink, grow = etas
        smallest, largest = step_sizes
        agreement = grad * state["prev"]
        turned = agreement < 0
        size = state["step_size"]
        # In the dtype of the sizes: numbers alone would be rounded to the default dtype.
        factor = torch.ones_like(size).masked_fill(turned, shrink).masked_fill(agreement > 0, grow)
        size.mul_(factor).clamp_(smallest, largest)
        # Where the sign turned there is no step, and the next one counts as the first.
        grad = torch.where(turned, torch.zeros_like(grad), grad)
        p.sub_(grad.sign() * size)
        state["prev"].copy_(grad)
