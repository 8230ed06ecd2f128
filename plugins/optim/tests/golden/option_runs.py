"""Runs of ``option_cases`` in either framework; each returns named arrays."""

from __future__ import annotations

import io
from typing import Any
from zlib import crc32

import numpy as np
from option_cases import Case

__all__ = ["run_case", "run_differentiable", "run_schedule"]

Arrays = dict[str, np.ndarray]
GROUPS = 2


def _random(name: str) -> np.random.RandomState:
    return np.random.RandomState(crc32(name.encode()))


def _parameters(kind: str, torch: Any, random: np.random.RandomState) -> list[Any]:
    shapes: list[tuple[int, ...]] = {"matrix": [(3, 2), (2, 4)], "sparse": [(5, 2)]}.get(kind, [(3, 2), (4,)])
    if kind == "groups":
        shapes = [(3, 2), (4,), (2, 2)]
    if kind == "closure":
        # A start outside the bends, so that every program goes the same way.
        return [
            torch.tensor(np.linspace(-1, 1.5, 6).reshape(2, 3), requires_grad=True),
            torch.tensor(np.array([0.5, 3.0]), requires_grad=True),
        ]
    arrays = [random.standard_normal(shape) for shape in shapes]
    if kind == "complex":
        arrays = [array + 1j * random.standard_normal(array.shape) for array in arrays]
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def _gradient(p: Any, kind: str, torch: Any, random: np.random.RandomState) -> Any:
    """That of a quadratic, with noise; sparse ones have rows twice."""
    value = p.detach().numpy() + 0.3 * random.standard_normal(tuple(p.shape))
    if kind != "sparse":
        return torch.tensor(value)
    rows = random.randint(0, p.shape[0], 3)
    return torch.sparse_coo_tensor(torch.tensor(rows[None]), torch.tensor(value[rows]), tuple(p.shape))


def _make(case: Case, optim: Any, torch: Any, params: Any) -> Any:
    options = {key: eval(value, {"torch": torch}) for key, value in case.options.items()}
    return getattr(optim, case.optimizer)(params, **options)


def _copied(state: dict[str, Any], torch: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    return torch.load(buffer)


def _state_arrays(state: dict[int, Any]) -> Arrays:
    result = {}
    for number, entries in state.items():
        for key, value in sorted(entries.items()):
            items = value if isinstance(value, list) else [value]
            for i, item in enumerate(items):
                if item is None:
                    continue
                if hasattr(item, "detach"):
                    item = (item.to_dense() if item.is_sparse else item).detach().numpy()
                result[f"state.{number}.{key}.{i}"] = np.array(item)
    return result


def run_case(case: Case, optim: Any, torch: Any, exchange: Any = None) -> Arrays:
    """Parameters at five points of the way, and the state at its end.

    ``exchange(name, state)`` returns what is loaded in place of the state saved halfway.
    """
    random = _random(case.name)
    params = _parameters(case.kind, torch, random)
    grouped: Any = params
    if case.kind == "groups":
        grouped = [{"params": [params[0]], "lr": 0.03}, {"params": [params[1]]}]
    optimizer = _make(case, optim, torch, grouped)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.98) if "scheduler" in case.events else None
    result: Arrays = {}
    losses = []

    def loss() -> Any:
        optimizer.zero_grad()
        x = params[0].reshape(-1)
        value = (2 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + ((params[1] - 2) ** 2).sum() * 0.3
        value.backward()
        return value

    def refill() -> Any:
        optimizer.zero_grad(set_to_none=False)
        for i, p in enumerate(params):
            p.grad = None if "skip" in case.events and i and step % 3 == 0 else _gradient(p, case.kind, torch, random)
        return torch.tensor(float(step))

    for step in range(1, case.steps + 1):
        if case.kind == "closure":
            losses.append(float(optimizer.step(loss)))
        elif "closure" in case.events:
            losses.append(float(optimizer.step(refill)))
        else:
            refill()
            if case.kind == "groups" and step <= 10:
                params[2].grad = None
            optimizer.step()
        if scheduler is not None:
            scheduler.step()
        if "add_group" in case.events and step == 10:
            optimizer.add_param_group({"params": [params[2]], "lr": 0.07})
        if "reload" in case.events and step == case.steps // 2:
            state = _copied(optimizer.state_dict(), torch)
            state = state if exchange is None else exchange(case.name, state)
            if case.kind == "groups":
                grouped = [{"params": [p]} for p in params]
            optimizer = _make(case, optim, torch, grouped)
            optimizer.load_state_dict(state)
        if step % max(1, case.steps // 5) == 0:
            for i, p in enumerate(params):
                result[f"step{step}.{i}"] = p.detach().numpy().copy()
    if losses:
        result["losses"] = np.array(losses)
    return {**result, **_state_arrays(optimizer.state_dict()["state"])}


def run_differentiable(case: Case, optim: Any, torch: Any) -> Arrays:
    """The gradient of the last parameters with respect to the first, through all steps."""
    random = _random(case.name)
    first = torch.tensor(random.standard_normal((3, 2)), requires_grad=True)
    scale = torch.tensor(random.uniform(0.5, 1.5, (3, 2)), requires_grad=True)
    p = first.clone()
    optimizer = _make(case, optim, torch, [p])
    for _ in range(case.steps):
        p.grad = p.clone() * scale + torch.tensor(0.3 * random.standard_normal((3, 2)))
        optimizer.step()
    (p * torch.tensor(random.standard_normal((3, 2)))).sum().backward()
    return {"p": p.detach().numpy(), "first": first.grad.numpy(), "scale": scale.grad.numpy()}


def run_schedule(name: str, optimizer: str, text: str, marks: tuple[str, ...], optim: Any, torch: Any) -> Arrays:
    """Rates and momenta of two groups at each of sixty steps; halfway the scheduler is saved and made anew."""
    from importlib import import_module

    swa = import_module(f"{torch.__name__}.optim.swa_utils")
    random = _random(name)

    def make() -> tuple[Any, Any]:
        groups: list[dict[str, Any]] = [
            {"params": [torch.zeros(1)], "lr": lr, "initial_lr": 2 * lr}
            if "resumed" in marks
            else {"params": [torch.zeros(1)], "lr": lr}
            for lr in (0.1, 0.02)
        ]
        for group in groups if "resumed" in marks else ():
            # What a one-cycle run leaves in the groups.
            group.update(max_lr=0.3, min_lr=0.001)
        o = optim.SGD(groups, momentum=0.5) if optimizer == "SGD" else optim.Adam(groups)
        return o, eval(text, {"sched": optim.lr_scheduler, "swa": swa, "o": o})

    o, scheduler = make()
    rows = []
    for step in range(60):
        rows.append([group["lr"] for group in o.param_groups])
        rows.append([group["momentum"] if optimizer == "SGD" else group["betas"][0] for group in o.param_groups])
        o.step()
        if "metric" in marks:
            scheduler.step(1 + (step % 17) * (0.1 if "max" in text else -0.1) + 0.05 * random.standard_normal())
        elif "epochs" in marks:
            scheduler.step((step * 7) % 23)
        else:
            scheduler.step()
        if step == 29:
            groups, state = o.state_dict(), scheduler.state_dict()
            o, scheduler = make()
            o.load_state_dict(groups)
            scheduler.load_state_dict(state)
    return {"rows": np.array(rows, dtype=np.float64), "last": np.array(scheduler.get_last_lr(), dtype=np.float64)}
