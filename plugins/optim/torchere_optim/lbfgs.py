"""L-BFGS: Newton steps from the gradients of the last steps. Source: Liu and Nocedal 1989."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torchere as torch
from torchere import Tensor

from .line_search import Point, strong_wolfe
from .optimizer import Optimizer
from .option_checks import check_lr

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Limited-memory BFGS over all parameters at once.

    ``step(closure)`` runs up to ``max_iter`` iterations and calls the closure at most about ``max_eval`` (default
    ``1.25 * max_iter``) times. Steps have length ``lr`` (the first ``min(1, 1/|g|₁) * lr``), or are found with
    ``line_search_fn="strong_wolfe"``. Memory: ``history_size`` pairs of the parameters' size. One parameter group only.
    """

    scalar_state = ()

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params: list[Tensor] = self.param_groups[0]["params"]

    # -- parameters as one vector ------------------------------------------------------------------------------------

    def _gather_flat_grad(self) -> Tensor:
        """All gradients as one real vector; zeros for parameters without one."""
        parts = []
        for p in self._params:
            part = torch.zeros(p.numel(), dtype=p.dtype, device=p.device) if p.grad is None else p.grad
            if part.layout is not torch.strided:
                part = part.to_dense()
            parts.append((torch.view_as_real(part) if part.is_complex() else part).reshape(-1))
        return torch.cat(parts)

    def _add(self, step: float, direction: Tensor) -> None:
        """Move all parameters by ``step * direction``."""
        start = 0
        for p in self._params:
            real = torch.view_as_real(p) if p.is_complex() else p
            real.add_(direction[start : start + real.numel()].view(real.shape), alpha=step)
            start += real.numel()

    def _restore(self, values: list[Tensor]) -> None:
        for p, value in zip(self._params, values, strict=True):
            p.copy_(value)

    # -- stepping ----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Minimise for up to ``max_iter`` iterations; the loss of the first call of ``closure``, which is required."""
        group = self.param_groups[0]
        lr, tolerance_change = group["lr"], group["tolerance_change"]
        search = group["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError(f"only 'strong_wolfe' is supported as line_search_fn, got {search!r}")
        closure = torch.enable_grad()(closure)
        # The state lies under the first parameter, which is PyTorch's layout of checkpoints.
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        gradient = self._gather_flat_grad()
        if gradient.abs().max() <= group["tolerance_grad"]:
            return first_loss
        direction, t = state.get("d"), state.get("t")
        before, loss_before = state.get("prev_flat_grad"), state.get("prev_loss")
        iterations = 0
        while iterations < group["max_iter"]:
            iterations += 1
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction = gradient.neg()
                state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            else:
                self._remember(state, gradient.sub(before), direction.mul(t), group["history_size"])
                direction = _direction(state, gradient, group["history_size"])
            before, loss_before = gradient.clone(), loss
            t = min(1.0, 1.0 / float(gradient.abs().sum())) * lr if state["n_iter"] == 1 else lr
            slope = gradient.dot(direction)
            if slope > -tolerance_change:
                break
            calls = 0
            if search is not None:
                point, calls = self._search(closure, direction, Point(0.0, loss, gradient, float(slope)), float(t))
                loss, gradient, t = point.loss, point.gradient, point.t
                self._add(t, direction)
            else:
                self._add(float(t), direction)
                if iterations != group["max_iter"]:
                    loss = float(closure())
                    gradient = self._gather_flat_grad()
                    calls = 1
            evaluations += calls
            state["func_evals"] += calls
            if (
                iterations == group["max_iter"]
                or evaluations >= group["max_eval"]
                or gradient.abs().max() <= group["tolerance_grad"]
                or direction.mul(t).abs().max() <= tolerance_change
                or abs(loss - loss_before) < tolerance_change
            ):
                break
        state.update(d=direction, t=t, prev_flat_grad=before, prev_loss=loss_before)
        return first_loss

    def _search(self, closure: Callable[[], Any], direction: Tensor, start: Point, t: float) -> tuple[Point, int]:
        values = [p.clone(memory_format=torch.contiguous_format) for p in self._params]

        def evaluate(step: float) -> tuple[float, Tensor]:
            self._add(step, direction)
            loss = float(closure())
            gradient = self._gather_flat_grad()
            self._restore(values)
            return loss, gradient

        return strong_wolfe(evaluate, direction, start, t)

    @staticmethod
    def _remember(state: dict[str, Any], change: Tensor, step: Tensor, size: int) -> None:
        """Keep one more pair of steps and changes of the gradient, if it curves upwards."""
        curvature = change.dot(step)
        if curvature <= 1e-10:
            return
        if len(state["old_dirs"]) == size:
            for name in ("old_dirs", "old_stps", "ro"):
                state[name].pop(0)
        state["old_dirs"].append(change)
        state["old_stps"].append(step)
        state["ro"].append(1.0 / curvature)
        state["H_diag"] = curvature / change.dot(change)


def _direction(state: dict[str, Any], gradient: Tensor, size: int) -> Tensor:
    """Minus the inverse Hessian of the remembered pairs times the gradient, by the two loops of Nocedal 1980.

    The weights of the first loop stay in ``state["al"]``, a list of ``size``, as in PyTorch's checkpoints.
    """
    pairs = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
    q = gradient.neg()
    weights = state.setdefault("al", [None] * size)
    for i, (change, step, inverse) in reversed(list(enumerate(pairs))):
        weights[i] = step.dot(q) * inverse
        q.add_(change * -weights[i])
    q = q.mul(state["H_diag"])
    for i, (change, step, inverse) in enumerate(pairs):
        q.add_(step * (weights[i] - change.dot(q) * inverse))
    return q
