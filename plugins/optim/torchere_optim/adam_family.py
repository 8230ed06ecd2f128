"""Variants of Adam: Adamax, NAdam and RAdam."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_betas, check_lr, check_not_negative

__all__ = ["Adamax", "NAdam", "RAdam"]


class Adamax(Optimizer):
    """Adam with the decaying maximum of ``|grad| + eps`` in place of ``√v``. Source: Kingma & Ba 2014, section 7."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, running mean and decaying maximum, all zero."""
        return {"step": 0.0, "exp_avg": torch.zeros_like(p), "exp_inf": torch.zeros_like(p)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        betas: Any,
        eps: float,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        beta1, beta2 = betas
        state["step"] += 1
        if weight_decay != 0:
            grad = grad + p * weight_decay
        mean, largest = state["exp_avg"], state["exp_inf"]
        mean.mul_(beta1).add_(grad * (1 - beta1))
        largest.copy_(torch.maximum(largest * beta2, grad.abs() + eps))
        p.sub_(mean / largest * (lr / (1 - beta1 ** state["step"])))


class NAdam(Optimizer):
    """Adam with Nesterov momentum. Source: Dozat 2016.

    ``weight_decay`` is added to the gradient unless ``decoupled_weight_decay``.
    """

    scalar_state: ClassVar[tuple[str, ...]] = ("step", "mu_product")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count, product of the momenta so far, and running means."""
        return {
            "step": 0.0,
            "mu_product": 1.0,
            "exp_avg": torch.zeros_like(p),
            "exp_avg_sq": torch.zeros_like(p),
        }

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        betas: Any,
        eps: float,
        weight_decay: float,
        momentum_decay: float,
        decoupled_weight_decay: bool,
        **_: Any,
    ) -> None:
        """One step."""
        beta1, beta2 = betas
        step = state["step"] = state["step"] + 1
        if weight_decay != 0:
            if decoupled_weight_decay:
                p.mul_(1 - lr * weight_decay)
            else:
                grad = grad + p * weight_decay
        # The momentum of this step and of the next one, warmed up.
        momentum = beta1 * (1.0 - 0.5 * 0.96 ** (step * momentum_decay))
        next_momentum = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
        product = state["mu_product"] = state["mu_product"] * momentum
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.mul_(beta1).add_(grad * (1 - beta1))
        square.mul_(beta2).add_(grad * grad * (1 - beta2))
        denominator = (square / (1 - beta2**step)).sqrt() + eps
        p.sub_(grad / denominator * (lr * (1.0 - momentum) / (1.0 - product)))
        p.sub_(mean / denominator * (lr * next_momentum / (1.0 - product * next_momentum)))


class RAdam(Optimizer):
    """Adam that uses the second moment only once its variance is known well enough. Source: Liu et al. 2019."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_betas(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count and running means, all zero."""
        return {"step": 0.0, "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        betas: Any,
        eps: float,
        weight_decay: float,
        decoupled_weight_decay: bool,
        **_: Any,
    ) -> None:
        """One step."""
        beta1, beta2 = betas
        step = state["step"] = state["step"] + 1
        if weight_decay != 0:
            if decoupled_weight_decay:
                p.mul_(1 - lr * weight_decay)
            else:
                grad = grad + p * weight_decay
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.mul_(beta1).add_(grad * (1 - beta1))
        square.mul_(beta2).add_(grad * grad * (1 - beta2))
        direction = mean / (1 - beta1**step)
        correction = 1 - beta2**step
        # Length of the approximating simple moving average: at the limit, and now.
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * beta2**step / correction
        if length > 5.0:
            rectification = math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
            direction = direction * (math.sqrt(correction) * rectification) / (square.sqrt() + eps)
        p.sub_(direction * lr)
