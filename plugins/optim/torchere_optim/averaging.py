"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_lr, check_not_negative

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Gradient descent that also keeps the average ``ax`` of the parameters from step ``t0`` on.

    Source: Polyak & Juditsky 1992.
    """

    scalar_state: ClassVar[tuple[str, ...]] = ("step", "eta", "mu")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, current rate, averaging weight and average."""
        return {"step": 0.0, "eta": float(group["lr"]), "mu": 1.0, "ax": torch.zeros_like(p)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        lambd: float,
        alpha: float,
        t0: float,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        step = state["step"] = state["step"] + 1
        if weight_decay != 0:
            grad = grad + p * weight_decay
        eta, average = state["eta"], state["ax"]
        p.mul_(1 - lambd * eta)
        p.sub_(grad * eta)
        if state["mu"] == 1:
            average.copy_(p)
        else:
            average.add_((p - average) * state["mu"])
        state["eta"] = float(lr) / (1 + lambd * float(lr) * step) ** alpha
        state["mu"] = 1 / max(1.0, step - t0)
