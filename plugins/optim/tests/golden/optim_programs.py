"""Programs over the optimizers that need closures, matrices or models; each returns numbers, in either framework."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

LBFGS = {
    "fixed steps": {"lr": 0.1},
    "few evaluations": {"lr": 0.5, "max_iter": 5, "max_eval": 4},
    "line search": {"line_search_fn": "strong_wolfe"},
    "short history": {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 7},
    "loose tolerances": {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-2, "tolerance_change": 1e-3},
}
MATRICES = {
    "adafactor": "optim.Adafactor(params, lr=0.1, weight_decay=0.01)",
    "adafactor bounds": "optim.Adafactor(params, lr=0.01, eps=(1e-6, 1e-2), d=1.5, beta2_decay=-0.5, maximize=True)",
    "muon": "optim.Muon(params[:1], lr=0.02)",
    "muon as adamw": "optim.Muon(params[:1], lr=0.02, nesterov=False, adjust_lr_fn='match_rms_adamw', ns_steps=3)",
}
AVERAGES = {
    "mean": "s.AveragedModel(model)",
    "exponential": "s.AveragedModel(model, multi_avg_fn=s.get_ema_multi_avg_fn(0.9))",
    "exponential one by one": "s.AveragedModel(model, avg_fn=s.get_ema_avg_fn(0.8), use_buffers=True)",
    "mean one by one": "s.AveragedModel(model, avg_fn=s.get_swa_avg_fn())",
}


def _params(torch: Any) -> list[Any]:
    return [
        torch.tensor(np.linspace(-1, 1.5, 6).reshape(2, 3), requires_grad=True),
        torch.tensor(np.array([0.5, 3.0]), requires_grad=True),
    ]


def _numbers(tensors: Any) -> list[float]:
    return [float(x) for tensor in tensors for x in tensor.detach().reshape(-1)]


def lbfgs(torch: Any, options: dict[str, Any], steps: int = 6) -> dict[str, Any]:
    """Minimise Rosenbrock's function of six variables and a parabola beside it."""
    params = _params(torch)
    optimizer = torch.optim.LBFGS(params, **options)
    losses = []

    def closure() -> Any:
        optimizer.zero_grad()
        x = params[0].reshape(-1)
        loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + ((params[1] - 2) ** 2).sum() * 0.3
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
    state = optimizer.state_dict()["state"][0]
    return {
        "losses": losses,
        "params": _numbers(params),
        "counts": [state["func_evals"], state["n_iter"], len(state["old_dirs"])],
    }


def matrices(torch: Any, text: str, steps: int = 50) -> dict[str, Any]:
    """Noisy steps towards zero, and what the optimizer remembers."""
    params = _params(torch)
    optimizer = eval(text, {"optim": torch.optim, "params": params})
    noise = np.random.default_rng(0)
    for _ in range(steps):
        for p in params:
            p.grad = torch.tensor(p.detach().numpy() + 0.3 * noise.standard_normal(tuple(p.shape)))
        optimizer.step()
    state = optimizer.state_dict()["state"][0]
    return {
        "params": _numbers(params),
        "state": {key: _numbers([value]) for key, value in sorted(state.items())},
        "repr": repr(optimizer),
    }


def averages(torch: Any, text: str) -> dict[str, Any]:
    """Average a model with batch norm whose weights wander."""
    s = import_module(f"{torch.__name__}.optim.swa_utils")
    noise = np.random.default_rng(1)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    for p in model.parameters():
        p.data.copy_(torch.tensor(noise.standard_normal(tuple(p.shape))))
    average = eval(text, {"s": s, "model": model})
    for _ in range(4):
        for p in model.parameters():
            p.data.add_(torch.tensor(noise.standard_normal(tuple(p.shape))))
        model(torch.tensor(noise.standard_normal((5, 3))))
        average.update_parameters(model)
    state = average.state_dict()
    batches = [torch.tensor(noise.standard_normal((5, 3))) for _ in range(3)]
    s.update_bn([(batch, None) for batch in batches], average)
    return {"names": list(state), "values": _numbers(state.values()), "statistics": _numbers(average.buffers())}


def swa_rates(torch: Any) -> dict[str, list[float]]:
    """Rates of two groups annealed to one."""
    s = import_module(f"{torch.__name__}.optim.swa_utils")
    found = {}
    for strategy in ("cos", "linear"):
        for epochs in (0, 1, 4):
            groups = [{"params": [torch.zeros(1)], "lr": rate} for rate in (0.1, 0.3)]
            optimizer = torch.optim.SGD(groups)
            scheduler = s.SWALR(optimizer, 0.05, epochs, strategy)
            rates = []
            for _ in range(7):
                optimizer.step()
                scheduler.step()
                rates += scheduler.get_last_lr()
            found[f"{strategy} {epochs}"] = rates
    return found


def run(torch: Any) -> dict[str, Any]:
    """Everything, computed in float64."""
    return {
        "lbfgs": {name: lbfgs(torch, options) for name, options in LBFGS.items()},
        "matrices": {name: matrices(torch, text) for name, text in MATRICES.items()},
        "averages": {name: averages(torch, text) for name, text in AVERAGES.items()},
        "swa_rates": swa_rates(torch),
    }
