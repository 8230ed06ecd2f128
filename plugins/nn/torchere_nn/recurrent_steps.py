"""One time step of each recurrence, given the input's part of the gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torchere as torch
from torchere import Tensor

from . import functional as F

__all__ = ["GATES", "Step", "run_packed", "step_of"]

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


def run_packed(
    advance: Callable[[Tensor, States], States], gates: Sequence[Tensor], states: States, reverse: bool
) -> tuple[list[Tensor], States]:
    """A recurrence over the steps of a packed sequence: their outputs, and each sequence's last states.

    Step t has as many rows as there are sequences longer than t. Forwards, the states of the sequences that end are
    put aside; backwards, a sequence joins with its first state at its last element.
    """
    outputs: list[Tensor] = []
    if reverse:
        running = tuple(state[: len(gates[-1])] for state in states)
        for gate in reversed(gates):
            have, want = len(running[0]), len(gate)
            if want > have:
                pairs = zip(running, states, strict=True)
                running = tuple(torch.cat([now, start[have:want]]) for now, start in pairs)
            running = advance(gate, running)
            outputs.append(running[0])
        outputs.reverse()
        return outputs, running
    ended: list[States] = []
    running = states
    for gate in gates:
        if len(gate) < len(running[0]):
            ended.append(tuple(state[len(gate) :] for state in running))
            running = tuple(state[: len(gate)] for state in running)
        running = advance(gate, running)
        outputs.append(running[0])
    # The last to end come first, as the sequences are sorted by length.
    ended.append(running)
    final = tuple(torch.cat(parts) if len(parts) > 1 else parts[0] for parts in zip(*reversed(ended), strict=True))
    return outputs, final
