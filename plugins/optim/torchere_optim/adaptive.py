"""Step sizes by parameter from squared gradients: Adagrad, Adadelta and RMSprop."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_implementation, check_lr, check_not_negative

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    """``p -= lr_t·g / (√Σg² + eps)`` with ``lr_t = lr / (1 + (step - 1)·lr_decay)``. Source: Duchi et al. 2011."""

    sparse_gradients = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative("lr_decay value", lr_decay)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("initial_accumulator_value value", initial_accumulator_value)
        check_not_negative("epsilon value", eps)
        check_implementation(foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        # The sums exist before the first step, so that share_memory() can share them.
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p].update(self.init_state(p, group))

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, and the sum of squares at its initial value."""
        value = group["initial_accumulator_value"]
        return {"step": 0.0, "sum": torch.full_like(p, complex(value, value) if p.is_complex() else value)}

    def share_memory(self) -> None:
        """Move the sums to memory that worker processes share."""
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["sum"].share_memory_()

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        lr_decay: float,
        eps: float,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        state["step"] += 1
        if weight_decay != 0:
            if grad.is_sparse:
                raise RuntimeError("weight_decay option is not compatible with sparse gradients")
            grad = grad + p * weight_decay
        size = lr / (1 + (state["step"] - 1) * lr_decay)
        if grad.is_sparse:
            whole = grad.coalesce()
            places, values = tuple(whole.indices()), whole.values()
            total = state["sum"][places] + values * values
            state["sum"][places] = total
            p[places] = p[places] - values / (total.sqrt() + eps) * size
            return
        total = state["sum"].add_(grad * grad)
        p.sub_(grad / (total.sqrt() + eps) * size)


class Adadelta(Optimizer):
    """Steps of the size of earlier steps over earlier gradients, both as running mean squares. Source: Zeiler 2012."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative("epsilon value", eps)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count and running mean squares, all zero."""
        return {"step": 0.0, "square_avg": torch.zeros_like(p), "acc_delta": torch.zeros_like(p)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        rho: float,
        eps: float,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        state["step"] += 1
        if weight_decay != 0:
            grad = grad + p * weight_decay
        square, steps = state["square_avg"], state["acc_delta"]
        square.mul_(rho).add_(grad * grad * (1 - rho))
        delta = (steps + eps).sqrt() / (square + eps).sqrt() * grad
        steps.mul_(rho).add_(delta * delta * (1 - rho))
        p.sub_(delta * lr)


class RMSprop(Optimizer):
    """``p -= lr·g / (√mean(g²) + eps)`` with a running mean, optionally centered and with momentum.

    Sources: Hinton's lecture notes; centered: Graves 2013.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("alpha value", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, running means and, with momentum, its buffer; all zero."""
        state: State = {"step": 0.0, "square_avg": torch.zeros_like(p)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = torch.zeros_like(p)
        if group["centered"]:
            state["grad_avg"] = torch.zeros_like(p)
        return state

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        momentum: float,
        alpha: float,
        eps: float,
        centered: bool,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        state["step"] += 1
        if weight_decay != 0:
            grad = grad + p * weight_decay
        square = state["square_avg"]
        square.mul_(alpha).add_(grad * grad * (1 - alpha))
        if centered:
            mean = state["grad_avg"]
            mean.mul_(alpha).add_(grad * (1 - alpha))
            square = square - mean * mean
        step = grad / (square.sqrt() + eps)
        if momentum > 0:
            step = state["momentum_buffer"].mul_(momentum).add_(step)
        p.sub_(step * lr)
