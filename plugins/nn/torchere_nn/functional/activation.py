"""Activations with an ``inplace`` flag, and softmax with its implicit axis."""

from __future__ import annotations

import warnings
from typing import Any

import torchere as torch
from torchere import Tensor

from .lookup import apply_in_place, operator_function

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gumbel_softmax",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "tanh",
    "threshold",
    "threshold_",
]


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """``max(input, 0)``."""
    return input.relu_() if inplace else torch.relu(input)


def relu_(input: Tensor) -> Tensor:
    """``max(input, 0)`` in place."""
    return input.relu_()


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``input`` clamped to ``[0, 6]``."""
    return apply_in_place(input, "relu6") if inplace else operator_function("relu6")(input)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` if positive, else ``alpha · (exp(input) - 1)``."""
    return apply_in_place(input, "elu", alpha) if inplace else operator_function("elu")(input, alpha)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """:func:`elu` in place."""
    return apply_in_place(input, "elu", alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """ELU with the constants that keep mean 0 and variance 1."""
    return apply_in_place(input, "selu") if inplace else operator_function("selu")(input)


def selu_(input: Tensor) -> Tensor:
    """:func:`selu` in place."""
    return apply_in_place(input, "selu")


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``max(0, x) + min(0, alpha · (exp(x / alpha) - 1))``."""
    return apply_in_place(input, "celu", alpha) if inplace else operator_function("celu")(input, alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """:func:`celu` in place."""
    return apply_in_place(input, "celu", alpha)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``input`` if positive, else ``negative_slope · input``."""
    if inplace:
        return apply_in_place(input, "leaky_relu", negative_slope)
    return operator_function("leaky_relu")(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """:func:`leaky_relu` in place."""
    return apply_in_place(input, "leaky_relu", negative_slope)


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """``input`` if positive, else times a slope uniform in ``[lower, upper]``, or their mean unless ``training``."""
    if inplace:
        return apply_in_place(input, "rrelu", lower, upper, training)
    return operator_function("rrelu")(input, lower, upper, training)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """:func:`rrelu` in place."""
    return apply_in_place(input, "rrelu", lower, upper, training)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """``input`` clamped to ``[min_val, max_val]``. Raises ValueError if these are in the wrong order."""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    if inplace:
        return apply_in_place(input, "hardtanh", min_val, max_val)
    return operator_function("hardtanh")(input, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """:func:`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input · relu6(input + 3) / 6``."""
    return apply_in_place(input, "hardswish") if inplace else operator_function("hardswish")(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``relu6(input + 3) / 6``."""
    return apply_in_place(input, "hardsigmoid") if inplace else operator_function("hardsigmoid")(input)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``input · sigmoid(input)``."""
    return apply_in_place(input, "silu") if inplace else operator_function("silu")(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``input · tanh(softplus(input))``."""
    return apply_in_place(input, "mish") if inplace else operator_function("mish")(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``input`` above ``threshold``, else ``value``."""
    if inplace:
        return apply_in_place(input, "threshold", threshold, value)
    return operator_function("threshold")(input, threshold, value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """:func:`threshold` in place."""
    return apply_in_place(input, "threshold", threshold, value)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-input))``."""
    return torch.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """``tanh(input)``."""
    return torch.tanh(input)


def _implicit_axis(name: str, dimensions: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if dimensions in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``exp(x) / Σ exp(x)`` over ``dim``; with ``dtype`` the input is converted first.

    Without ``dim`` the axis is 0 for 0-, 1- and 3-dimensional input, else 1, with a warning.
    """
    if dim is None:
        dim = _implicit_axis("softmax", input.dim(), _stacklevel)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``softmax(-input)``; ``dim`` and ``dtype`` as in :func:`softmax`."""
    if dim is None:
        dim = _implicit_axis("softmin", input.dim(), _stacklevel)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``x - log Σ exp(x)`` over ``dim``; ``dim`` and ``dtype`` as in :func:`softmax`."""
    if dim is None:
        dim = _implicit_axis("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample of the relaxed categorical distribution with these logits and temperature ``tau``.

    With ``hard`` the result is one-hot and its gradient that of the soft sample. Sources: Maddison et al. 2017,
    Jang et al. 2017.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    # -log of an exponential variable is Gumbel-distributed.
    gumbel = -torch.empty_like(logits).exponential_().log()
    soft = ((logits + gumbel) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = torch.zeros_like(logits).scatter_(dim, index, 1.0)
    # The value of one_hot with the gradient of soft.
    return one_hot - soft.detach() + soft
