"""Recurrent layers over sequences: RNN, LSTM and GRU. Single steps are in ``recurrent_cells.py``.

The recurrence is written in operators: one product for all time steps of the input, then one per step.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .recurrent_steps import GATES, Step, run_packed, step_of
from .utils.packed_sequence import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]


class RNNBase(Module):
    """Parameters and loops shared by :class:`RNN`, :class:`LSTM` and :class:`GRU`.

    For layer ``k`` (and its reverse, suffix ``_reverse``): ``weight_ih_lk (gates·hidden, input)``,
    ``weight_hh_lk (gates·hidden, hidden)``, ``bias_ih_lk`` and ``bias_hh_lk (gates·hidden,)``, with ``proj_size`` also
    ``weight_hr_lk (proj_size, hidden)``; all uniform in ±1/√hidden_size.
    """

    mode: str
    batch_first: bool
    bidirectional: bool

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size should be of type int, got: {type(hidden_size).__name__}")
        self._check_sizes(mode, hidden_size, num_layers, proj_size, dropout)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        rows = GATES[mode] * hidden_size
        output_size = proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            layer_input = input_size if layer == 0 else output_size * self.num_directions
            for suffix in self._suffixes(layer):
                shapes = {"weight_ih": (rows, layer_input), "weight_hh": (rows, output_size)}
                if bias:
                    shapes["bias_ih"] = shapes["bias_hh"] = (rows,)
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Parameter(torch.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append([name + suffix for name in shapes])
        self.reset_parameters()

    @staticmethod
    def _check_sizes(mode: str, hidden_size: int, num_layers: int, proj_size: int, dropout: float) -> None:
        if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=4,
            )
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if mode not in GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}; known are {', '.join(GATES)}")

    @property
    def num_directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self.num_directions]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Accepted for PyTorch's programs: memory layout of the weights matters to cuDNN only."""

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        """Sizes, and whatever differs from its default."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size != 0:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if self.batch_first is not False:
            text += f", batch_first={self.batch_first}"
        if self.dropout != 0:
            text += f", dropout={self.dropout}"
        if self.bidirectional is not False:
            text += f", bidirectional={self.bidirectional}"
        return text

    # -- checks ------------------------------------------------------------------------------------------------------

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise ValueError for a wrong dtype or number of dimensions, RuntimeError for a wrong last one.

        ``batch_sizes`` is that of a packed sequence, whose data is ``(steps, input)``, or None.
        """
        weight = getattr(self, self._all_weights[0][0])
        if batch_sizes is None and input.dim() not in (2, 3):
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        if batch_sizes is not None and input.dim() != 2:
            raise RuntimeError(f"input must have 2 dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _state_size(self, input: Tensor, batch_sizes: Tensor | None, size: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return (self.num_layers * self.num_directions, batch, size)

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that a hidden state for this batched or packed input has."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self, hx: Tensor, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Raise RuntimeError unless the state has the shape."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Check a batched or packed input together with its state."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The state with its batch axis reordered."""
        return hx if permutation is None else hx.index_select(1, permutation)

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(
        self, input: Tensor, states: tuple[Tensor, ...], batch_sizes: list[int] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """All layers and directions. ``input (T, N, input)``, or the data of a packed sequence together with its
        ``batch_sizes``; each state ``(layers·directions, N, size)``."""
        step = step_of(self.mode)
        final: list[tuple[Tensor, ...]] = []
        output = input
        for layer in range(self.num_layers):
            directions = []
            for direction, _ in enumerate(self._suffixes(layer)):
                place = layer * self.num_directions + direction
                state = tuple(one[place] for one in states)
                outputs, state = self._run_layer(step, output, state, place, batch_sizes, reverse=direction == 1)
                directions.append(outputs)
                final.append(state)
            output = directions[0] if len(directions) == 1 else torch.cat(directions, -1)
            if self.dropout > 0 and self.training and layer < self.num_layers - 1:
                output = F.dropout(output, self.dropout, True)
        return output, tuple(torch.stack(one) for one in zip(*final, strict=True))

    def _run_layer(
        self,
        step: Step,
        input: Tensor,
        state: tuple[Tensor, ...],
        place: int,
        batch_sizes: list[int] | None,
        reverse: bool,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight_ih, weight_hh, *rest = [getattr(self, name) for name in self._all_weights[place]]
        bias_ih, bias_hh = rest[:2] if self.bias else (None, None)
        projection = rest[-1] if self.proj_size else None
        # The input's part of the gates, for all steps at once.
        gates = F.linear(input, weight_ih, bias_ih)

        def advance(gate: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return step(gate, state, weight_hh, bias_hh, projection)

        if batch_sizes is not None:
            outputs, state = run_packed(advance, gates.split(batch_sizes, 0), state, reverse)
            return torch.cat(outputs), state
        outputs = []
        steps = gates.unbind(0)
        for gate in reversed(steps) if reverse else steps:
            state = advance(gate, state)
            outputs.append(state[0])
        if reverse:
            outputs.reverse()
        return torch.stack(outputs), state

    def _forward_packed(
        self, sequence: PackedSequence, states: Any, sizes: tuple[int, ...]
    ) -> tuple[PackedSequence, tuple[Tensor, ...]]:
        """Run over a packed sequence; states are in the order of the original batch, and come back in it."""
        data, batch_sizes, sorted_indices, unsorted_indices = sequence
        rows, batch = self.num_layers * self.num_directions, int(batch_sizes[0])
        if states is None:
            self.check_input(data, batch_sizes)
            start = tuple(torch.zeros(rows, batch, size, dtype=data.dtype, device=data.device) for size in sizes)
        else:
            if tuple(state.size(1) for state in states) == (batch,) * len(states):
                states = tuple(RNNBase.permute_hidden(self, state, sorted_indices) for state in states)
            start = tuple(states)
            self.check_forward_args(data, start if len(sizes) > 1 else start[0], batch_sizes)
        if int(batch_sizes.sum()) != data.size(0):
            raise RuntimeError(
                f"{self._get_name()}: the packed sequence has {data.size(0)} elements, but its batch_sizes add up to "
                f"{int(batch_sizes.sum())}"
            )
        output, final = self._run(data, start, batch_sizes.tolist())
        final = tuple(RNNBase.permute_hidden(self, state, unsorted_indices) for state in final)
        return PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices), final

    def _forward(
        self, input: Tensor, states: Sequence[Tensor] | None, sizes: tuple[int, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Bring input and states to the layout of :meth:`_run`, run, and bring the results back."""
        batched = input.dim() == 3
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
        sequence = input.transpose(0, 1) if self.batch_first else input
        batch = sequence.size(1)
        rows = self.num_layers * self.num_directions
        if sequence.size(0) == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        if states is None:
            start = tuple(torch.zeros(rows, batch, size, dtype=input.dtype, device=input.device) for size in sizes)
        else:
            start = tuple(states) if batched else tuple(state.unsqueeze(1) for state in states)
            self.check_forward_args(input, start if len(sizes) > 1 else start[0], None)
        output, final = self._run(sequence, start, None)
        if not batched:
            return output.squeeze(1), tuple(state.squeeze(1) for state in final)
        return (output.transpose(0, 1) if self.batch_first else output), final


class _HiddenStateRNN(RNNBase):
    """A recurrent layer with one state tensor."""

    def forward(self, input: Tensor | PackedSequence, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """Outputs of the last layer at every step, and the last state of every layer.

        Shape: input ``(T, N, input)``, ``(N, T, input)`` with ``batch_first``, ``(T, input)``, or a PackedSequence;
        state ``(layers·directions, N, hidden)``, zero unless given; output ``(T, N, directions·hidden)``, packed if
        the input was.
        """
        states = None if hx is None else (hx,)
        if isinstance(input, PackedSequence):
            packed, (state,) = self._forward_packed(input, states, (self.hidden_size,))
            return packed, state
        self.check_input(input, None)
        if hx is not None and hx.dim() != input.dim():
            kind = "batched 3-D" if input.dim() == 3 else "unbatched 2-D"
            raise RuntimeError(f"For {kind} input, hx should also be {input.dim()}-D but got {hx.dim()}-D tensor")
        output, (state,) = self._forward(input, states, (self.hidden_size,))
        return output, state


class RNN(_HiddenStateRNN):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu instead of tanh. Source: Elman 1990.

    ``RNN(input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
    bidirectional=False)``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        modes = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}
        if nonlinearity not in modes:
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(modes[nonlinearity], *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(_HiddenStateRNN):
    """Gated recurrent unit: ``h' = (1 - z)·n + z·h`` with ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``.

    ``GRU(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False)``.
    The gates lie in the weights in the order reset, update, new. Source: Cho et al. 2014.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory: ``c' = f·c + i·g``, ``h' = o·tanh(c')``.

    ``LSTM(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    proj_size=0)``. The gates lie in the weights in the order input, forget, cell, output. Sources: Hochreiter &
    Schmidhuber 1997; projections Sak et al. 2014.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that a cell state for this batched or packed input has."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Check a batched or packed input together with its pair of states."""
        self.check_input(input, batch_sizes)
        wanted = self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes)
        for i, (state, size) in enumerate(zip(hidden, wanted, strict=True)):
            self.check_hidden_size(state, size, f"Expected hidden[{i}] size {{}}, got {{}}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The pair of states with their batch axes reordered."""
        return tuple(super(LSTM, self).permute_hidden(state, permutation) for state in hx)

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        """Outputs of the last layer at every step, and the last ``(h, c)`` of every layer.

        Shape: input ``(T, N, input)``, ``(N, T, input)`` with ``batch_first``, ``(T, input)``, or a PackedSequence;
        h ``(layers·directions, N, proj_size or hidden)``, c ``(layers·directions, N, hidden)``; output
        ``(T, N, directions·(proj_size or hidden))``, packed if the input was.
        """
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)
        if isinstance(input, PackedSequence):
            packed, (h, c) = self._forward_packed(input, hx, sizes)
            return packed, (h, c)
        self.check_input(input, None)
        if hx is not None and (hx[0].dim() != input.dim() or hx[1].dim() != input.dim()):
            kind = "batched 3-D" if input.dim() == 3 else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, hx and cx should also be {input.dim()}-D but got "
                f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )
        output, (h, c) = self._forward(input, hx, sizes)
        return output, (h, c)
