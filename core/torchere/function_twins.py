"""Twins at top level of layers' functions and of methods, with the signatures they have there.

``torch.grid_sampler`` takes modes as numbers, ``torch.embedding_bag`` the weight first, ``torch.lstm_cell`` the weights
of a cell, ``torch.fill`` a tensor. New programs use `torchere.nn.functional`, the cells of `torchere.nn` and methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torchere.errors import ArgumentError
from torchere.operators.catalogue import function

if TYPE_CHECKING:
    from torchere.tensors.tensor import Tensor

__all__ = [
    "adaptive_max_pool1d",
    "affine_grid_generator",
    "as_strided_",
    "fill",
    "fill_",
    "frobenius_norm",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
    "gru_cell",
    "ldexp_",
    "lstm_cell",
    "norm_except_dim",
    "nuclear_norm",
    "resize_as_",
    "rnn_relu_cell",
    "rnn_tanh_cell",
    "zero_",
]

_INTERPOLATION = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def _functional(name: str, *args: Any, **kwargs: Any) -> Any:
    return function("nn.functional", name)(*args, **kwargs)


# --- layers ----------------------------------------------------------------------------------------------------------


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """Maxima over windows that cover `input` evenly, and their places; see ``nn.functional.adaptive_max_pool1d``."""
    found: tuple[Tensor, Tensor] = _functional("adaptive_max_pool1d", input, output_size, return_indices=True)
    return found


def affine_grid_generator(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """Positions that an affine map sends an image's pixels to; see ``nn.functional.affine_grid``."""
    found: Tensor = _functional("affine_grid", theta, size, align_corners=align_corners)
    return found


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """``nn.functional.grid_sample`` with numbers: 0 bilinear, 1 nearest, 2 bicubic; 0 zeros, 1 border, 2 reflection."""
    if interpolation_mode not in (0, 1, 2) or padding_mode not in (0, 1, 2):
        raise ArgumentError(
            f"grid_sampler(): interpolation_mode and padding_mode must be 0, 1 or 2, got {interpolation_mode} and "
            f"{padding_mode}."
        )
    mode, padding = _INTERPOLATION[interpolation_mode], _PADDING[padding_mode]
    found: Tensor = _functional("grid_sample", input, grid, mode, padding, align_corners)
    return found


grid_sampler_2d = grid_sampler_3d = grid_sampler


def _gates(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    found: Tensor = _functional("linear", input, weight, bias)
    return found


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The next ``(hidden, cell)`` of an LSTM; see ``nn.LSTMCell``. hx ``(hidden, cell)``, weights of four gates."""
    hidden, cell = hx
    gates = _gates(input, w_ih, b_ih) + _gates(hidden, w_hh, b_hh)
    entry, forget, candidate, leave = gates.chunk(4, -1)
    cell = forget.sigmoid() * cell + entry.sigmoid() * candidate.tanh()
    return leave.sigmoid() * cell.tanh(), cell


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The next hidden state of a GRU; see ``nn.GRUCell``. Weights of three gates."""
    reset_in, update_in, new_in = _gates(input, w_ih, b_ih).chunk(3, -1)
    reset_hidden, update_hidden, new_hidden = _gates(hx, w_hh, b_hh).chunk(3, -1)
    new = (new_in + (reset_in + reset_hidden).sigmoid() * new_hidden).tanh()
    found: Tensor = new + (update_in + update_hidden).sigmoid() * (hx - new)
    return found


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The next hidden state of a plain network with tanh; see ``nn.RNNCell``."""
    found: Tensor = (_gates(input, w_ih, b_ih) + _gates(hx, w_hh, b_hh)).tanh()
    return found


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """The next hidden state of a plain network with relu; see ``nn.RNNCell``."""
    found: Tensor = (_gates(input, w_ih, b_ih) + _gates(hx, w_hh, b_hh)).relu()
    return found


# --- norms -----------------------------------------------------------------------------------------------------------


def nuclear_norm(
    input: Tensor, dim: Sequence[int] | None = None, keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The sum of a matrix's singular values; see ``linalg.matrix_norm``."""
    found: Tensor = function("linalg", "matrix_norm")(input, "nuc", (-2, -1) if dim is None else dim, keepdim, out=out)
    return found


def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The root of the sum of squares over `dim`; see ``linalg.vector_norm``."""
    found: Tensor = function("linalg", "vector_norm")(input, 2, dim, keepdim, out=out)
    return found


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The `pow`-norm over all dimensions but `dim`, which are kept with size 1; -1 stands for none: over all."""
    found: Tensor
    if dim == -1:
        found = v.norm(pow)
        return found
    rest = tuple(axis for axis in range(v.dim()) if axis != dim % v.dim())
    found = v.norm(pow, rest, keepdim=True) if rest else v.abs()
    return found


# --- methods ---------------------------------------------------------------------------------------------------------


def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like `input` with every element `value`; its gradient goes to a `value` that is a tensor."""
    found: Tensor = input.clone().fill_(value)
    return found


def fill_(input: Tensor, value: Any) -> Tensor:
    """``input.fill_(value)``."""
    found: Tensor = input.fill_(value)
    return found


def zero_(input: Tensor) -> Tensor:
    """``input.zero_()``."""
    found: Tensor = input.zero_()
    return found


def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """``input.resize_as_(the_template)``."""
    found: Tensor = input.resize_as_(the_template, memory_format=memory_format)
    return found


def as_strided_(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """``input.as_strided_(size, stride, storage_offset)``."""
    found: Tensor = input.as_strided_(size, stride, storage_offset)
    return found


def ldexp_(input: Tensor, other: Tensor) -> Tensor:
    """``input.ldexp_(other)``."""
    found: Tensor = input.ldexp_(other)
    return found
