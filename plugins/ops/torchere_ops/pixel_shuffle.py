"""Rearrangements between channels and pixels."""

from __future__ import annotations

from torchere import Tensor
from torchere.errors import ShapeError
from torchere.operators import operator

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def _check_factor(operator_name: str, name: str, input: Tensor, factor: int) -> None:
    if input.ndim < 3:
        raise ShapeError(
            f"{operator_name} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if factor <= 0:
        raise ShapeError(f"{operator_name} expects a positive {name}, but got {factor}")


@operator(namespace=("", "nn.functional"))
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels become pixels: ``(*, c * r * r, h, w)`` to ``(*, c, h * r, w * r)`` for ``r = upscale_factor``.

    Raises RuntimeError unless the channels divide by ``r * r``. Source: Shi et al., arXiv:1609.05158.
    """
    r = upscale_factor
    _check_factor("pixel_shuffle", "upscale_factor", input, r)
    *lead, channels, height, width = input.shape
    if channels % (r * r):
        raise ShapeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    first, c = len(lead), channels // (r * r)
    x = input.reshape(*lead, c, r, r, height, width)
    x = x.permute(*range(first), *(first + i for i in (0, 3, 1, 4, 2)))
    return x.reshape(*lead, c, height * r, width * r)


@operator(namespace=("", "nn.functional"))
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels become channels: ``(*, c, h * r, w * r)`` to ``(*, c * r * r, h, w)`` for ``r = downscale_factor``.

    Raises RuntimeError unless height and width divide by ``r``.
    """
    r = downscale_factor
    _check_factor("pixel_unshuffle", "downscale_factor", input, r)
    *lead, channels, height, width = input.shape
    for name, axis, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise ShapeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({axis})={size} is "
                f"not divisible by {r}"
            )
    first = len(lead)
    x = input.reshape(*lead, channels, height // r, r, width // r, r)
    x = x.permute(*range(first), *(first + i for i in (0, 2, 4, 1, 3)))
    return x.reshape(*lead, channels * r * r, height // r, width // r)


@operator(namespace=("", "nn.functional"), aliases=("native_channel_shuffle",))
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels dealt out among `groups`: channel ``g * n + i`` moves to ``i * groups + g``. Shape ``(b, c, *)`` kept.

    Raises RuntimeError unless the channels divide by `groups`. Source: Zhang et al., arXiv:1707.01083.
    """
    if input.ndim < 3:
        raise ShapeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise ShapeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    batch, channels, *sizes = input.shape
    if channels % groups:
        raise ShapeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    dealt = input.reshape(batch, groups, channels // groups, *sizes).transpose(1, 2)
    return dealt.reshape(batch, channels, *sizes)
