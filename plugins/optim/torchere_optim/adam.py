"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_implementation, check_lr, check_not_negative, scalar_betas

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """``p -= lr·m̂ / (√v̂ + eps)`` with the bias-corrected running means ``m`` of the gradient and ``v`` of its square.

    ``weight_decay`` is added to the gradient, or with ``decoupled_weight_decay`` shrinks the parameter by
    ``lr·weight_decay`` first (AdamW). ``amsgrad`` uses the largest ``v`` so far. Sources: Kingma & Ba 2014,
    Loshchilov & Hutter 2017, Reddi et al. 2018.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_lr(lr, foreach, capturable)
        check_not_negative("epsilon value", eps)
        betas = scalar_betas(betas, foreach, capturable)
        check_not_negative("weight_decay value", weight_decay)
        check_implementation(foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count and running means, all zero."""
        state = {"step": 0.0, "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = torch.zeros_like(p)
        return state

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
        amsgrad: bool,
        decoupled_weight_decay: bool,
        **_: Any,
    ) -> None:
        """One step that autograd can follow."""
        beta1, beta2 = betas
        state["step"] += 1
        if weight_decay != 0:
            if decoupled_weight_decay:
                p.mul_(1 - lr * weight_decay)
            else:
                grad = grad + p * weight_decay
        mean = state["exp_avg"] = state["exp_avg"] * beta1 + grad * (1 - beta1)
        square = state["exp_avg_sq"] = state["exp_avg_sq"] * beta2 + grad * grad * (1 - beta2)
        if amsgrad:
            square = state["max_exp_avg_sq"] = torch.maximum(state["max_exp_avg_sq"], square)
        denominator = square.sqrt() / (1 - beta2 ** state["step"]) ** 0.5 + eps
        p.sub_(mean / denominator * (lr / (1 - beta1 ** state["step"])))

    def _step_group(self, group: Group) -> None:
        if group["differentiable"] or type(self).update is not Adam.update:
            super()._step_group(group)
            return
        fused = torch.operators.operator_named("fused_adam_").entry
        states = self.state
        lr, (beta1, beta2), eps = float(group["lr"]), group["betas"], group["eps"]
        beta1, beta2 = float(beta1), float(beta2)
        weight_decay, amsgrad, maximize = group["weight_decay"], group["amsgrad"], group["maximize"]
        decoupled = group["decoupled_weight_decay"]
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            if grad.is_sparse:
                self._check_layout(grad)
            state = states[p]
            if not state:
                state.update(self.init_state(p, group))
            # A program may have put a tensor there, as PyTorch's state holds.
            step = state["step"] = float(state["step"]) + 1.0
            mean, square = state["exp_avg"], state["exp_avg_sq"]
            largest = state["max_exp_avg_sq"] if amsgrad else None
            if p.is_complex():
                p, grad, mean, square = (torch.view_as_real(tensor) for tensor in (p, grad, mean, square))
                largest = None if largest is None else torch.view_as_real(largest)
            fused(
                p,
                grad,
                mean,
                square,
                largest,
                step,
                lr,
                beta1,
                beta2,
                eps,
                weight_decay,
                amsgrad,
                maximize,
                decoupled,
            )


class AdamW(Adam):
    """:class:`Adam` with decoupled weight decay. Source: Loshchilov & Hutter 2017."""

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
