"""Padding of images: which pixel of the original stands at which place of the larger one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import torchere
from torchere import Tensor

__all__ = ["MODES", "pad", "sides"]

MODES = ("constant", "edge", "reflect", "symmetric")

#: How NumPy calls a mode; constant places are marked with -1.
_NUMPY_MODE = {"edge": "edge", "reflect": "reflect", "symmetric": "symmetric"}


def sides(padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of a padding: one number, (left and right, top and bottom), or all four."""
    if isinstance(padding, int):
        return (padding,) * 4
    if len(padding) == 1:
        return (padding[0],) * 4
    if len(padding) == 2:
        return padding[0], padding[1], padding[0], padding[1]
    if len(padding) == 4:
        return padding[0], padding[1], padding[2], padding[3]
    raise ValueError(f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple")


def pad(image: Tensor, padding: tuple[int, int, int, int], fill: float, mode: str) -> Tensor:
    """``(*, H, W)`` to ``(*, top + H + bottom, left + W + right)``."""
    left, top, right, bottom = padding
    height, width = image.size(-2), image.size(-1)
    if mode == "constant":
        larger = image.new_full((*image.shape[:-2], top + height + bottom, left + width + right), fill)
        larger[..., top : top + height, left : left + width] = image
        return larger
    rows = np.pad(np.arange(height), (top, bottom), mode=_NUMPY_MODE[mode])  # type: ignore[call-overload]
    columns = np.pad(np.arange(width), (left, right), mode=_NUMPY_MODE[mode])  # type: ignore[call-overload]
    taken = image.index_select(-2, torchere.from_numpy(rows).to(image.device))
    return taken.index_select(-1, torchere.from_numpy(columns).to(image.device))
