"""One time step of each recurrence, given the input's part of the gates."""

from __future__ import annotations

from collections.abc import Callable

from torchere import Tensor

from . import functional as F

__all__ = ["GATES", "Step", "step_of"]

States = tuple[Tensor, ...]
#: step(input's part of the gates, states, weight_hh, bias_hh, projection) -> states; the first state is the output.
Step = Callable[[Tensor, States, Tensor, Tensor | None, Tensor | None], States]

#: How many gates lie in the weights of each mode.
GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _tanh(gates: Tensor, states: States, weight: Tensor, bias: Tensor | None, projection: Tensor | None) -> States:
    return ((gates + F.linear(states[0], weight, bias)).tanh(),)


def _relu(gates: Tensor, states: States, weight: Tensor, bias: Tensor | None, projection: Tensor | None) -> States:
    return ((gates + F.linear(states[0], weight, bias)).relu(),)


def _gru(gates: Tensor, states: States, weight: Tensor, bias: Tensor | None, projection: Tensor | None) -> States:
    (hidden,) = states
    reset_in, update_in, new_in = gates.chunk(3, -1)
    reset_hidden, update_hidden, new_hidden = F.linear(hidden, weight, bias).chunk(3, -1)
    reset = (reset_in + reset_hidden).sigmoid()
    update = (update_in + update_hidden).sigmoid()
    new = (new_in + reset * new_hidden).tanh()
    # (1 - update) · new + update · hidden
    return (new + update * (hidden - new),)


def _lstm(gates: Tensor, states: States, weight: Tensor, bias: Tensor | None, projection: Tensor | None) -> States:
    hidden, cell = states
    entry, forget, candidate, exit_ = (gates + F.linear(hidden, weight, bias)).chunk(4, -1)
    cell = forget.sigmoid() * cell + entry.sigmoid() * candidate.tanh()
    hidden = exit_.sigmoid() * cell.tanh()
    return (hidden if projection is None else F.linear(hidden, projection)), cell


_STEPS: dict[str, Step] = {"RNN_TANH": _tanh, "RNN_RELU": _relu, "GRU": _gru, "LSTM": _lstm}


def step_of(mode: str) -> Step:
    """The step of one of the modes in ``GATES``."""
    return _STEPS[mode]
