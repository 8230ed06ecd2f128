"""Inputs and weights of the golden cases, the same for every framework."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

__all__ = ["array_of", "fill", "random_state"]


def random_state(name: str) -> np.random.RandomState:
    """The stream of one case. ``RandomState`` is frozen: its numbers never change between NumPy versions."""
    return np.random.RandomState(crc32(name.encode()))


def array_of(spec: Any, random: np.random.RandomState) -> np.ndarray:
    """One input from its description in ``nn_cases``."""
    kind = spec[0] if isinstance(spec[0], str) else "normal"
    if kind == "normal":
        return random.standard_normal(spec)
    if kind in ("values", "offsets"):
        return np.array(spec[1], dtype=np.int64)
    if kind == "int":
        return random.randint(0, spec[2], spec[1]).astype(np.int64)
    if kind == "sign":
        return random.randint(0, 2, spec[1]) * 2.0 - 1.0
    if kind == "unit":
        return random.uniform(0.05, 0.95, spec[1])
    return random.uniform(0.2, 2.0, spec[1])  # positive


def fill(module: Any, torch: Any, random: np.random.RandomState) -> None:
    """Set every parameter, and the running statistics among the buffers, to numbers of the stream."""
    with torch.no_grad():
        for _, parameter in module.named_parameters():
            parameter.copy_(torch.tensor(random.standard_normal(tuple(parameter.shape)) * 0.5))
        for name, buffer in module.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.copy_(torch.tensor(random.uniform(0.5, 1.5, tuple(buffer.shape))))


def run_layer(name: str, text: str, inputs: list[Any], nn: Any, torch: Any) -> dict[str, np.ndarray]:
    """Outputs of one layer, and the gradients of all inputs and parameters under random upstream gradients."""
    random = random_state(name)
    module = eval(text, {"nn": nn, "torch": torch}).double()
    fill(module, torch, random)
    keywords = next((item for item in inputs if isinstance(item, dict)), {})
    tensors = []
    for spec in inputs:
        if not isinstance(spec, dict):
            tensor = torch.tensor(array_of(spec, random))
            # Targets are not differentiable in every framework.
            wanted = tensor.is_floating_point() and (not tensors or not isinstance(spec[0], str))
            tensors.append(tensor.requires_grad_(wanted))
    outputs = list(_leaves(module(*tensors, **keywords)))
    result = {f"out{i}": output.detach().numpy().copy() for i, output in enumerate(outputs)}
    total = sum((output * torch.tensor(random.standard_normal(tuple(output.shape)))).sum() for output in outputs)
    if total.requires_grad:
        total.backward()
    for i, tensor in enumerate(tensors):
        if tensor.grad is not None:
            result[f"input{i}"] = tensor.grad.numpy().copy()
    for key, parameter in module.named_parameters():
        if parameter.grad is not None:
            result[f"grad.{key}"] = parameter.grad.numpy().copy()
    for key, buffer in module.named_buffers():
        result[f"buffer.{key}"] = buffer.detach().numpy().copy()
    return result


def _leaves(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def run_optimizer(name: str, text: str, optim: Any, torch: Any, steps: int = 50) -> dict[str, np.ndarray]:
    """Parameters after every tenth of ``steps`` steps on a noisy quadratic, and the final state."""
    random = random_state(name)
    first = torch.tensor(random.standard_normal((3, 2)), requires_grad=True)
    second = torch.tensor(random.standard_normal(4), requires_grad=True)
    params = [first, second]
    optimizer = eval(text, {"optim": optim, "torch": torch, "params": params})
    result = {}
    for step in range(1, steps + 1):
        for p in params:
            p.grad = torch.tensor(p.detach().numpy() + 0.3 * random.standard_normal(tuple(p.shape)))
        optimizer.step()
        if step % 10 == 0:
            for i, p in enumerate(params):
                result[f"step{step}.{i}"] = p.detach().numpy().copy()
    for number, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            if value is not None:
                result[f"state.{number}.{key}"] = np.array(value)
    return result


def run_scheduler(optimizer: str, text: str, optim: Any, torch: Any, steps: int = 60) -> dict[str, list[Any]]:
    """Rates and momenta of two groups at every step."""
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.02}]
    o = optim.SGD(groups, momentum=0.5) if optimizer == "SGD" else optim.Adam(groups)
    scheduler = eval(text, {"sched": optim.lr_scheduler, "o": o})
    rates, momenta = [], []
    for _ in range(steps):
        rates.append([group["lr"] for group in o.param_groups])
        momenta.append([group["momentum"] if optimizer == "SGD" else group["betas"][0] for group in o.param_groups])
        o.step()
        scheduler.step()
    return {"lr": rates, "momentum": momenta, "last_lr": scheduler.get_last_lr()}
