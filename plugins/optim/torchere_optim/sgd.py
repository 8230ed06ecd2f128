"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_implementation, check_lr, check_not_negative

__all__ = ["SGD", "sgd_step"]


def sgd_step(
    p: Tensor,
    grad: Tensor,
    buffer: Tensor | None,
    *,
    lr: Any,
    momentum: float,
    dampening: float,
    weight_decay: Any,
    nesterov: bool,
) -> Tensor | None:
    """One step in tensor operators, so that it can be differentiated; returns the momentum buffer."""
    if weight_decay != 0:
        grad = grad + p * weight_decay
    if momentum != 0:
        # As in PyTorch the first buffer is no function of the gradient.
        buffer = grad.detach().clone() if buffer is None else buffer * momentum + grad * (1 - dampening)
        grad = grad + buffer * momentum if nesterov else buffer
    p.sub_(grad * lr)
    return buffer


class SGD(Optimizer):
    """``v = momentum·v + (1 - dampening)·g``, ``p -= lr·v`` with ``g = grad + weight_decay·p``.

    The first ``v`` is ``g``. Nesterov: ``p -= lr·(g + momentum·v)``. ``maximize`` climbs.
    Source: Sutskever et al. 2013.
    """

    scalar_state: ClassVar[tuple[str, ...]] = ()
    sparse_gradients = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_implementation(foreach, fused, differentiable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def update(self, p: Tensor, grad: Tensor, state: State, **options: Any) -> None:
        """One step that autograd can follow."""
        names = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
        buffer = sgd_step(p, grad, state.get("momentum_buffer"), **{name: options[name] for name in names})
        if buffer is not None:
            state["momentum_buffer"] = buffer

    def _step_group(self, group: Group) -> None:
        if group["differentiable"] or type(self).update is not SGD.update:
            super()._step_group(group)
            return
        fused = torch.operators.operator_named("fused_sgd_").entry
        lr, weight_decay, momentum = float(group["lr"]), float(group["weight_decay"]), group["momentum"]
        dampening, nesterov, maximize = group["dampening"], group["nesterov"], group["maximize"]
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            if grad.is_sparse:
                options = {name: group[name] for name in self.defaults}
                self.update(p, -grad if maximize else grad, self.state[p], **options)
                continue
            buffer = None
            first = False
            if momentum != 0:
                state = self.state[p]
                buffer = state.get("momentum_buffer")
                first = buffer is None
                if first:
                    buffer = state["momentum_buffer"] = torch.empty_like(p)
            if p.is_complex():
                p, grad = torch.view_as_real(p), torch.view_as_real(grad)
                buffer = None if buffer is None else torch.view_as_real(buffer)
            fused(p, grad, buffer, lr, weight_decay, momentum, dampening, nesterov, maximize, first)
