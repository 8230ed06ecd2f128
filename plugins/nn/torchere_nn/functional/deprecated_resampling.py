"""Old names of ``interpolate``."""

from __future__ import annotations

import warnings
from typing import Any

from torchere import Tensor

from .lookup import operator_function

__all__ = ["upsample", "upsample_bilinear", "upsample_nearest"]


def _warn(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: Any = None
) -> Tensor:
    """Deprecated name of ``interpolate``."""
    _warn("upsample")
    return operator_function("interpolate")(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Deprecated: ``interpolate`` with mode "nearest"."""
    _warn("upsample_nearest")
    return operator_function("interpolate")(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Deprecated: ``interpolate`` with mode "bilinear" that keeps the corners."""
    _warn("upsample_bilinear")
    return operator_function("interpolate")(input, size, scale_factor, mode="bilinear", align_corners=True)
