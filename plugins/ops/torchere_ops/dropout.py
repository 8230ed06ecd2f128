"""Dropout: elements, or whole channels, zeroed at random while training.

These are PyTorch's operators ``torch.dropout(input, p, train)``. What is kept is scaled by ``1 / (1 - p)``, so that the
expected value does not change; without training, and for ``p = 0``, `input` itself is returned.
Source: Hinton et al. 2012; channels: Tompson et al. 2015; alpha dropout: Klambauer et al. 2017.
"""

from __future__ import annotations

import math
import warnings

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import Generator, operator

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "dropout_mask",
    "feature_alpha_dropout",
    "feature_dropout",
]

#: `selu` approaches minus this for very negative inputs: what alpha dropout puts in the place of dropped elements.
SATURATION = 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


def _check_probability(input: Tensor, p: float, train: bool) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")


def _check_features(input: Tensor, p: float, train: bool) -> None:
    _check_probability(input, p, train)
    if train and 0 < p < 1 and input.dim() < 2:
        raise ShapeError(
            f"Feature dropout requires at least 2 dimensions in the input: (N, C, *), not {tuple(input.shape)}."
        )


def _channel_shape(input: Tensor) -> tuple[int, ...]:
    """A shape with one element for each channel of each sample, to be broadcast against ``(N, C, *)``."""
    if input.dim() < 2:  # only where everything is dropped
        return ()
    return (*input.shape[:2], *(1 for _ in input.shape[2:]))


@operator(namespace=(), random=True, dtypes=FLOATING)
def dropout_mask(
    input: Tensor, shape: tuple[int, ...], keep: float, scale: float, generator: Generator | None = None
) -> Tensor:
    """A tensor of `shape` in the dtype of `input`: `scale` with probability `keep`, else 0."""
    mask = torchere.empty(shape, dtype=input.dtype, device=input.device).bernoulli_(keep, generator=generator)
    return mask * scale


def _masked(input: Tensor, p: float, shape: tuple[int, ...]) -> Tensor:
    if p == 1:
        return input * input.new_zeros(shape)
    return input * dropout_mask(input.detach(), shape, 1 - p, 1 / (1 - p))


@operator(inplace="function", out=False, random=True, check=_check_probability)
def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`input` with each element zeroed with probability `p`, the rest scaled by ``1 / (1 - p)``.

    RuntimeError: `p` outside 0 … 1.
    """
    if p == 0 or not train or not input.numel():
        return input
    return _masked(input, p, tuple(input.shape))


@operator(inplace="function", out=False, random=True, check=_check_features)
def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`dropout` of whole channels: ``(N, C, *)`` with one draw for each ``(n, c)``."""
    if p == 0 or not train or not input.numel():
        return input
    return _masked(input, p, _channel_shape(input))


def _saturated(input: Tensor, p: float, shape: tuple[int, ...]) -> Tensor:
    """Alpha dropout: the dropped become ``-SATURATION``, then scale and shift restore mean 0 and variance 1."""
    if p == 1:
        return input * input.new_zeros(shape)
    kept = dropout_mask(input.detach(), shape, 1 - p, 1.0)
    scale = 1 / math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
    return input * (kept * scale) + (kept - (1 - p)) * (SATURATION * scale)


@operator(inplace="function", out=False, random=True, check=_check_probability)
def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout for `selu` networks: it keeps the mean and the variance of a standard normal input."""
    if p == 0 or not train or not input.numel():
        return input
    return _saturated(input, p, tuple(input.shape))


@operator(inplace="function", out=False, random=True, check=_check_features)
def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`alpha_dropout` of whole channels."""
    if p == 0 or not train or not input.numel():
        return input
    return _saturated(input, p, _channel_shape(input))


def _dropout_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    if not 0 <= p <= 1:
        raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    drop = torchere.feature_dropout_ if inplace else feature_dropout
    if batched:
        return drop(input, p, training)
    result = drop(input.unsqueeze(0), p, training)
    return input if inplace else result.squeeze(0)


@operator(namespace="nn.functional", out=False, random=True)
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, L)`` or ``(C, L)`` with probability `p`.

    ValueError: `p` outside 0 … 1. RuntimeError: neither two nor three dimensions.
    """
    if input.dim() not in (2, 3):
        raise ShapeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Its shape is "
            f"{tuple(input.shape)}; (C, L) or (N, C, L) is meant. For other shapes use dropout or feature_dropout."
        )
    return _dropout_channels(input, p, training, inplace, input.dim() == 3)


@operator(namespace="nn.functional", out=False, random=True)
def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, H, W)`` with probability `p`.

    A 3-d input is taken as ``(N, C, L)``, as PyTorch does with a warning; other dimensions warn as well.
    """
    if input.dim() not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {input.dim()}-D input to dropout2d, which is deprecated: (N, C, H, W) is meant. "
            "Use dropout to silence this warning.",
            stacklevel=3,
        )
    elif input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired, input (N, C, L). Use dropout1d to silence this warning.",
            stacklevel=3,
        )
    return _dropout_channels(input, p, training, inplace, True)


@operator(namespace="nn.functional", out=False, random=True)
def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes whole channels of ``(N, C, D, H, W)`` or ``(C, D, H, W)`` with probability `p`; other dimensions warn."""
    if input.dim() not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {input.dim()}-D input to dropout3d, which is deprecated: (N, C, D, H, W) is "
            "meant. Use dropout to silence this warning.",
            stacklevel=3,
        )
    return _dropout_channels(input, p, training, inplace, input.dim() != 4)
