"""Which devices take part: names, numbers and devices as ``torchere.device``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torchere as torch

__all__ = ["available_devices", "device_of", "devices_of"]


def device_of(value: Any) -> Any:
    """A device from itself, its name, or a number: that device of the accelerator at hand, -1 the CPU."""
    if isinstance(value, int) and not isinstance(value, bool):
        return torch.device("cpu") if value < 0 else torch.device("cuda", value)
    return torch.device(value)


def devices_of(values: Iterable[Any]) -> list[Any]:
    """A list of devices."""
    return [device_of(value) for value in values]


def available_devices() -> list[Any]:
    """All devices of the accelerator at hand; none without one."""
    if not torch.cuda.is_available():
        return []
    return [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
