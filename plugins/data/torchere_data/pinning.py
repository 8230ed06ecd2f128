"""Pinned host memory for a batch: what an accelerator copies from without waiting."""

from __future__ import annotations

import collections.abc
from typing import Any

import torchere
from torchere import Tensor

from .collate import _rebuild_mapping, _rebuild_sequence

__all__ = ["accelerator_found", "pin"]


def accelerator_found() -> bool:
    """Whether a device is here for which pinning makes sense."""
    accelerator = getattr(torchere, "accelerator", None)
    if accelerator is not None:
        return bool(accelerator.is_available())
    cuda = getattr(torchere, "cuda", None)
    return cuda is not None and bool(cuda.is_available())


def pin(data: Any, device: str = "") -> Any:
    """``data`` with every tensor in it moved to pinned memory. Objects may bring their own ``pin_memory()``."""
    if isinstance(data, Tensor):
        return data.pin_memory(device) if device else data.pin_memory()
    if hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, str | bytes):
        return data
    if isinstance(data, collections.abc.Mapping):
        return _rebuild_mapping(data, {key: pin(value, device) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(pin(value, device) for value in data))
    if isinstance(data, tuple):
        return [pin(value, device) for value in data]
    if isinstance(data, collections.abc.Sequence):
        return _rebuild_sequence(data, [pin(value, device) for value in data])
    return data
