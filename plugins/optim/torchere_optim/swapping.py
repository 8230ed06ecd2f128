"""Another set of parameters and state in an optimizer for the duration of a block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torchere import Tensor

from .optimizer import Optimizer

__all__ = ["swap_in_optimizer_params_and_state"]


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: Mapping[str, Tensor], swapin_optim_state: Mapping[str, Any]
) -> Iterator[None]:
    """Within the block ``optimizer`` works on other parameters, in its own order, and another state.

    ``swapin_optim_state`` has the form of ``optimizer.state_dict()``. Its tensors are used as they are, so what a step
    writes in place is seen in it; new tensors are not. Afterwards the optimizer has its own parameters, state and
    options again. Raises ValueError where the numbers of parameters or groups differ, or the optimizer has no state.
    """
    groups, state = optimizer.param_groups, optimizer.state
    if not state:
        raise ValueError("the optimizer's state must be initialised: take a step, or load a state dict first")
    tensors = list(swapin_parameters.values())
    own = [p for group in groups for p in group["params"]]
    if len(tensors) != len(own):
        raise ValueError(f"expected {len(own)} parameters in the optimizer's order, got {len(tensors)}")
    given = swapin_optim_state["param_groups"]
    if len(given) != len(groups) or any(
        len(new["params"]) != len(old["params"]) for new, old in zip(given, groups, strict=False)
    ):
        raise ValueError("swapin_optim_state's param_groups do not have the sizes of the optimizer's")
    numbered = {number: tensor for number, tensor in zip(_numbers(given), tensors, strict=True)}
    new_groups = [{**group, "params": [numbered[number] for number in group["params"]]} for group in given]
    new_state: defaultdict[Any, Any] = defaultdict(dict)
    counts: list[tuple[dict[str, Any], str, Tensor]] = []
    for key, value in swapin_optim_state["state"].items():
        held = new_state[numbered.get(key, key)] = dict(value) if isinstance(value, Mapping) else value
        for name in optimizer.scalar_state:
            if isinstance(held, dict) and isinstance(held.get(name), Tensor):
                counts.append((held, name, held[name]))
                held[name] = float(held[name])
    optimizer.param_groups, optimizer.state = new_groups, new_state
    try:
        yield
    finally:
        # Counts are numbers while the optimizer works and tensors in the state given.
        for held, name, tensor in counts:
            tensor.fill_(float(held[name]))
        optimizer.param_groups, optimizer.state = groups, state


def _numbers(groups: Any) -> list[int]:
    return [number for group in groups for number in group["params"]]
