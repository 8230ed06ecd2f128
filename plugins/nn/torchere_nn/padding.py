"""Padding of the last one to three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torchere import Tensor

from . import functional as F
from .module import Module
from .sizes import per_axis

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """Padding amounts ``(before, after)`` for the last axis, then the one before it, …; or one number for all."""

    axes: ClassVar[int]
    mode: ClassVar[str]
    padding: Sequence[int]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = per_axis(padding, 2 * self.axes)

    def forward(self, input: Tensor) -> Tensor:
        """The padded input."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"
    value: float

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The padded input."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Amounts and value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pads the last axis with ``value``: ``(*, L)`` to ``(*, left + L + right)``."""

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Pads the last two axes with ``value``; amounts (left, right, top, bottom)."""

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Pads the last three axes with ``value``; amounts (left, right, top, bottom, front, back)."""

    axes = 3


class ZeroPad1d(ConstantPad1d):
    """Pads the last axis with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Pads the last two axes with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Pads the last three axes with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ReflectionPad1d(_Pad):
    """Pads the last axis with its mirror image, the border not repeated."""

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads the last two axes with their mirror image."""

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads the last three axes with their mirror image."""

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads the last axis with its border value."""

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads the last two axes with their border values."""

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads the last three axes with their border values."""

    axes = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Pads the last axis from its other end."""

    axes = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Pads the last two axes from their other ends."""

    axes = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Pads the last three axes from their other ends."""

    axes = 3
    mode = "circular"
