"""Optimizers that know a parameter is a matrix: Adafactor keeps its rows and columns, Muon orthogonalises its steps."""

from __future__ import annotations

from math import sqrt
from typing import Any

import torchere as torch
from torchere import Tensor

from .optimizer import Group, Optimizer, State
from .option_checks import check_lr, check_not_negative

__all__ = ["Adafactor", "Muon"]


class Adafactor(Optimizer):
    """Adam without momentum, whose mean squares of a matrix are the product of those of its rows and columns.

    Relative steps: ``max(eps[1], rms(p)) * min(lr, 1/√step)``; updates of a root mean square above ``d`` are scaled
    down to it; ``eps[0]`` (default: the dtype's epsilon) bounds the mean squares from below; ``1 - step**beta2_decay``
    is their decay. Source: Shazeer and Stern, arXiv:1804.04235.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not 0.0 <= lr:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not 0.0 >= beta2_decay:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not 0.0 <= eps[0]:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not 0.0 <= eps[1]:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not 1.0 <= d:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def init_state(self, p: Tensor, group: Group) -> State:
        """Step count and mean squares: of rows and of columns, or for a vector of every element."""
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters: pass torch.view_as_real(p)")
        if p.ndim < 2:
            return {"step": 0.0, "variance": torch.zeros_like(p)}
        rows, columns = list(p.shape), list(p.shape)
        rows[-1] = columns[-2] = 1
        return {"step": 0.0, "row_var": p.new_zeros(rows), "col_var": p.new_zeros(columns)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        beta2_decay: float,
        eps: tuple[float | None, float],
        d: float,
        weight_decay: float,
        **_: Any,
    ) -> None:
        """One step."""
        least = torch.finfo(p.dtype).eps if eps[0] is None else eps[0]
        state["step"] += 1
        step = state["step"]
        forget = step**beta2_decay
        size = max(eps[1], float(p.norm(2)) / sqrt(p.numel())) * min(float(lr), 1 / sqrt(step))
        if weight_decay != 0:
            p.mul_(1 - float(lr) * weight_decay)
        if grad.ndim > 1:
            state["row_var"].lerp_(grad.norm(2, dim=-1, keepdim=True).square_().div_(grad.shape[-1]), forget)
            state["col_var"].lerp_(grad.norm(2, dim=-2, keepdim=True).square_().div_(grad.shape[-2]), forget)
            squares = state["row_var"] @ state["col_var"]
            squares.div_(state["row_var"].mean(dim=-2, keepdim=True).clamp_(min=least))
        else:
            squares = state["variance"].lerp_(grad.square(), forget).clone()
        change = squares.clamp_(min=least * least).rsqrt_().mul_(grad)
        excess = max(1.0, float(change.norm(2)) / (sqrt(change.numel()) * d))
        p.add_(change, alpha=-size / excess)


class Muon(Optimizer):
    """Momentum whose matrices are brought near the closest orthogonal one by Newton-Schulz iterations.

    For parameters of two dimensions only. ``adjust_lr_fn``: ``"original"`` (the default) multiplies the rate by
    ``√max(1, rows/columns)``, ``"match_rms_adamw"`` by ``0.2 √max(rows, columns)``. The iterations run in bfloat16.
    Sources: Jordan 2024, https://kellerjordan.github.io/posts/muon; Liu et al., arXiv:2502.16982.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if adjust_lr_fn is not None and adjust_lr_fn not in ("original", "match_rms_adamw"):
            raise ValueError(
                f"Adjust learning rate function {adjust_lr_fn} is not supported: 'original' and 'match_rms_adamw' are"
            )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter of {p.size()}")

    def init_state(self, p: Tensor, group: Group) -> State:
        """The running mean of gradients."""
        return {"momentum_buffer": torch.zeros_like(p, memory_format=torch.preserve_format)}

    def update(
        self,
        p: Tensor,
        grad: Tensor,
        state: State,
        *,
        lr: Any,
        weight_decay: float,
        momentum: float,
        nesterov: bool,
        ns_coefficients: tuple[float, float, float],
        eps: float,
        ns_steps: int,
        adjust_lr_fn: str | None,
    ) -> None:
        """One step."""
        mean = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        change = grad.lerp(mean, momentum) if nesterov else mean
        change = _orthogonalised(change, ns_coefficients, ns_steps, eps)
        rows, columns = p.shape
        if adjust_lr_fn == "match_rms_adamw":
            factor = 0.2 * sqrt(max(rows, columns))
        else:
            factor = sqrt(max(1, rows / columns))
        p.mul_(1 - lr * weight_decay)
        p.add_(change, alpha=-lr * factor)


def _orthogonalised(matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """Newton-Schulz: ``X ← aX + (bA + cA²)X`` with ``A = XXᵀ``, from the matrix over its norm."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x.div(x.norm().clamp(min=eps))
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)
