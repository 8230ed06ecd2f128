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
from .recurrent_steps import GATES, Step, step_of

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

    def _check_input(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _check_state(self, state: Tensor, size: int, batch: int, name: str) -> None:
        wanted = (self.num_layers * self.num_directions, batch, size)
        if tuple(state.shape) != wanted:
            raise RuntimeError(f"Expected {name} size {wanted}, got {list(state.shape)}")

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self, input: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """All layers and directions. ``input (T, N, input)``, each state ``(layers·directions, N, size)``."""
        step = step_of(self.mode)
        final: list[tuple[Tensor, ...]] = []
        output = input
        for layer in range(self.num_layers):
            directions = []
            for direction, _ in enumerate(self._suffixes(layer)):
                place = layer * self.num_directions + direction
                weights = [getattr(self, name) for name in self._all_weights[place]]
                state = tuple(one[place] for one in states)
                outputs, state = self._run_layer(step, output, state, weights, reverse=direction == 1)
                directions.append(outputs)
                final.append(state)
            output = directions[0] if len(directions) == 1 else torch.cat(directions, -1)
            if self.dropout > 0 and self.training and layer < self.num_layers - 1:
                output = F.dropout(output, self.dropout, True)
        return output, tuple(torch.stack(one) for one in zip(*final, strict=True))

    def _run_layer(
        self, step: Step, input: Tensor, state: tuple[Tensor, ...], weights: list[Tensor], reverse: bool
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        weight_ih, weight_hh, *rest = weights
        bias_ih, bias_hh = rest[:2] if self.bias else (None, None)
        projection = rest[-1] if self.proj_size else None
        # The input's part of the gates, for all steps at once.
        gates = F.linear(input, weight_ih, bias_ih).unbind(0)
        outputs: list[Tensor] = []
        for gate in reversed(gates) if reverse else gates:
            state = step(gate, state, weight_hh, bias_hh, projection)
            outputs.append(state[0])
        if reverse:
            outputs.reverse()
        return torch.stack(outputs), state

    def _forward(
        self, input: Tensor, states: Sequence[Tensor] | None, sizes: tuple[int, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Bring input and states to the layout of :meth:`_run`, run, and bring the results back."""
        batched = input.dim() == 3
        if not batched:
            sequence = input.unsqueeze(1)
        else:
            sequence = input.transpose(0, 1) if self.batch_first else input
        batch = sequence.size(1)
        rows = self.num_layers * self.num_directions
        if sequence.size(0) == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        if states is None:
            start = tuple(torch.zeros(rows, batch, size, dtype=input.dtype, device=input.device) for size in sizes)
        else:
            start = tuple(states) if batched else tuple(state.unsqueeze(1) for state in states)
            for i, (state, size) in enumerate(zip(start, sizes, strict=True)):
                self._check_state(state, size, batch, "hidden" if len(sizes) == 1 else f"hidden[{i}]")
        output, final = self._run(sequence, start)
        if not batched:
            return output.squeeze(1), tuple(state.squeeze(1) for state in final)
        return (output.transpose(0, 1) if self.batch_first else output), final


class _HiddenStateRNN(RNNBase):
    """A recurrent layer with one state tensor."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Outputs of the last layer at every step, and the last state of every layer.

        Shape: input ``(T, N, input)``, ``(N, T, input)`` with ``batch_first``, or ``(T, input)``; state
        ``(layers·directions, N, hidden)``, zero unless given; output ``(T, N, directions·hidden)``.
        """
        self._check_input(input)
        if hx is not None and hx.dim() != input.dim():
            kind = "batched 3-D" if input.dim() == 3 else "unbatched 2-D"
            raise RuntimeError(f"For {kind} input, hx should also be {input.dim()}-D but got {hx.dim()}-D tensor")
        output, (state,) = self._forward(input, None if hx is None else (hx,), (self.hidden_size,))
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

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Outputs of the last layer at every step, and the last ``(h, c)`` of every layer.

        Shape: input ``(T, N, input)``, ``(N, T, input)`` with ``batch_first``, or ``(T, input)``; h
        ``(layers·directions, N, proj_size or hidden)``, c ``(layers·directions, N, hidden)``.
        """
        self._check_input(input)
        if hx is not None and (hx[0].dim() != input.dim() or hx[1].dim() != input.dim()):
            kind = "batched 3-D" if input.dim() == 3 else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, hx and cx should also be {input.dim()}-D but got "
                f"({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
            )
        output, (h, c) = self._forward(input, hx, (self.proj_size or self.hidden_size, self.hidden_size))
        return output, (h, c)
