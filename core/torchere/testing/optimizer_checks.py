"""The kit for optimizers. A check gets `make`, which builds one for a list of parameters."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import torchere
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import Sample
from torchere.testing.samples import REMEDY, required_arguments
from torchere.testing.values import to_numpy

__all__ = ["OPTIMIZER_CHECKS", "Optimizer"]

Make = Callable[[Any], Any]

TARGET = (1.0, -2.0, 0.5)
STEPS = 40


class Optimizer:
    """An optimizer under test: its class and the options it is made with."""

    def __init__(self, factory: Callable[..., Any], sample: Sample | None = None) -> None:
        self.factory = factory
        self.sample = sample

    def make(self, params: Any) -> Any:
        """An optimizer for `params`."""
        if self.sample is not None:
            return self.factory(params, *self.sample.args, **self.sample.kwargs)
        count = len(required_arguments(self.factory, 0, after=1))
        if count:
            raise AssertionError(f"it needs {count} more argument(s) beside params. {REMEDY}")
        return self.factory(params)


def _parameters() -> list[Tensor]:
    made = [torchere.tensor([3.0, 4.0, -1.0]), torchere.tensor([[0.5, 2.0, 1.5]] * 2)]
    return [item.requires_grad_() for item in made]


def _loss(params: list[Tensor]) -> Tensor:
    goal = torchere.tensor(TARGET)
    total: Tensor = sum(((item - goal) ** 2).sum() for item in params)
    return total


def _closure(optimizer: Any, params: list[Tensor]) -> Callable[[], Tensor]:
    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = _loss(params)
        loss.backward()
        return loss

    return closure


def _run(optimizer: Any, params: list[Tensor], steps: int) -> None:
    for _ in range(steps):
        optimizer.step(_closure(optimizer, params))


def decreases(kit: Optimizer) -> None:
    """A convex quadratic loss falls."""
    params = _parameters()
    before = float(_loss(params).item())
    optimizer = kit.make(params)
    _run(optimizer, params, STEPS)
    after = float(_loss(params).item())
    if not after < before:
        raise AssertionError(f"the loss went from {before} to {after} in {STEPS} steps")


def resumes(kit: Optimizer) -> None:
    """A fresh optimizer that loads the state dict continues exactly as the old one would have."""
    params = _parameters()
    optimizer = kit.make(params)
    _run(optimizer, params, 5)
    state = copy.deepcopy(optimizer.state_dict())
    twins = [item.detach().clone().requires_grad_() for item in params]
    _run(optimizer, params, 5)
    other = kit.make(twins)
    other.load_state_dict(state)
    _run(other, twins, 5)
    for mine, twin in zip(params, twins, strict=True):
        if not np.array_equal(to_numpy(mine.detach()), to_numpy(twin.detach())):
            raise AssertionError("after load_state_dict it takes other steps than the optimizer saved")


def groups(kit: Optimizer) -> None:
    """`add_param_group` brings parameters that are updated, too; a parameter twice raises ValueError."""
    first, second = _parameters()
    optimizer = kit.make([first])
    try:
        optimizer.add_param_group({"params": [second]})
    except ValueError as error:
        if "doesn't support per-parameter" in str(error) or "parameter groups" in str(error):
            return
        raise
    before = to_numpy(second.detach())
    _run(optimizer, [first, second], 3)
    if np.array_equal(to_numpy(second.detach()), before):
        raise AssertionError("a parameter added by add_param_group is not updated")
    try:
        optimizer.add_param_group({"params": [first]})
    except ValueError:
        return
    raise AssertionError("a parameter was accepted in two groups")


def zero_grad(kit: Optimizer) -> None:
    """`zero_grad()` removes gradients, ``set_to_none=False`` makes them zero."""
    params = _parameters()
    optimizer = kit.make(params)
    _loss(params).backward()
    optimizer.zero_grad(set_to_none=False)
    if any(item.grad is None or to_numpy(item.grad).any() for item in params):
        raise AssertionError("zero_grad(set_to_none=False) did not zero the gradients")
    optimizer.zero_grad()
    if any(item.grad is not None for item in params):
        raise AssertionError("zero_grad() left gradients")


def closures(kit: Optimizer) -> None:
    """`step(closure)` evaluates it with gradients enabled and returns its loss."""
    params = _parameters()
    optimizer = kit.make(params)
    with torchere.no_grad():
        loss = optimizer.step(_closure(optimizer, params))
    if loss is None or abs(float(loss) - float(_loss(_parameters()).item())) > 1e-5:
        raise AssertionError(f"step(closure) returned {loss!r} instead of the first loss")


def untouched(kit: Optimizer) -> None:
    """Parameters without gradient stay, and `step` writes into no gradient."""
    params = _parameters()
    still = torchere.tensor([1.0, 2.0]).requires_grad_()
    optimizer = kit.make([*params, still])
    grads: list[Any] = []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = _loss(params)
        loss.backward()
        grads[:] = [(item.grad, to_numpy(item.grad)) for item in params]
        return loss

    optimizer.step(closure)
    if to_numpy(still.detach()).tolist() != [1.0, 2.0]:
        raise AssertionError("a parameter without gradient was changed")
    if any(not np.array_equal(to_numpy(grad), copied) for grad, copied in grads):
        raise AssertionError("step() wrote into a gradient")


def arguments(kit: Optimizer) -> None:
    """No parameters, a bare tensor, and a negative learning rate raise PyTorch's exceptions."""
    for params, wanted in (([], ValueError), (torchere.zeros(2, requires_grad=True), TypeError)):
        try:
            kit.make(params)
        except wanted:
            continue
        raise AssertionError(f"{type(params).__name__} was accepted as params")
    try:
        named = "lr" in inspect.signature(kit.factory).parameters
    except (TypeError, ValueError):
        named = False
    if named:
        try:
            kit.factory(_parameters(), lr=-1.0)
        except ValueError:
            return
        raise AssertionError("lr=-1 was accepted")


#: name → check.
OPTIMIZER_CHECKS: dict[str, Callable[[Optimizer], None]] = {
    "decreases": decreases,
    "resumes": resumes,
    "groups": groups,
    "zero-grad": zero_grad,
    "closure": closures,
    "untouched": untouched,
    "arguments": arguments,
}
