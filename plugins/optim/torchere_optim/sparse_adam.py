"""Adam for parameters of which each step touches few rows: gradients are sparse."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_betas, check_lr

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Adam on the rows that a sparse gradient names; the running means of all others rest (masked, or lazy, Adam).

    Parameters are dense, gradients sparse COO tensors, as of ``nn.Embedding(sparse=True)``. The step count, and so the
    bias correction, is that of the whole parameter. Source: Kingma & Ba 2014;
    https://pytorch.org/docs/stable/generated/torch.optim.SparseAdam.html

    Raises: ValueError for sparse parameters or options out of range; RuntimeError at a step with a dense gradient.
    """

    scalar_state = ()  # PyTorch checkpoints hold this step count as a number
    sparse_gradients = True

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_lr(lr, None, False)
        if not lr > 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0:
            raise ValueError(f"Invalid epsilon value: {eps}. It must be positive, as it keeps divisors from zero.")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        sparse = [
            [i, j]
            for i, group in enumerate(self.param_groups)
            for j, p in enumerate(group["params"])
            if p.layout is not torch.strided
        ]
        if sparse:
            raise ValueError(
                f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors. Only "
                "gradients are sparse."
            )

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count and running means of the parameter's shape, all zero."""
        return {"step": 0, "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}

    def _step_group(self, group: Group) -> None:
        for p in group["params"]:
            if p.grad is not None and not p.grad.is_sparse:
                raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        super()._step_group(group)

    def _update_complex(self, p: Tensor, grad: Tensor, state: State, options: dict[str, Any]) -> None:
        self.update(p, grad, state, **options)

    def update(self, p: Tensor, grad: Tensor, state: State, *, lr: Any, betas: Any, eps: float, maximize: bool) -> None:
        """One step of the rows in `grad`."""
        beta1, beta2 = betas
        state["step"] += 1
        whole = grad.coalesce()
        values = whole.values()
        if not values.numel():
            return
        places = tuple(whole.indices())
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        new_mean = mean[places] * beta1 + values * (1 - beta1)
        new_square = square[places] * beta2 + values * values * (1 - beta2)
        mean[places] = new_mean
        square[places] = new_square
        step = state["step"]
        size = lr * (1 - beta2**step) ** 0.5 / (1 - beta1**step)
        p[places] = p[places] - size * new_mean / (new_square.sqrt() + eps)
