"""``torchere.device``: a device type and an index, interned; and the default device."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

__all__ = ["default_device", "device", "get_default_device", "set_default_device"]


class device:
    """Where a tensor lives: a type such as ``"cpu"`` and, for numbered devices, an index.

    ``device("cuda:1")``, ``device("cuda", 1)``, ``device(other_device)``. Used as a context manager it is the default
    device of factories inside the block. Equal devices are the same object. Any name is accepted here, as a plugin
    may bring it; a tensor on it can be made once the plugin is there.
    """

    __slots__ = ("_previous", "index", "type")
    _interned: ClassVar[dict[tuple[str, int | None], device]] = {}
    type: str
    index: int | None

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        if type.__class__ is cls:
            return type
        if isinstance(type, int) and not isinstance(type, bool):
            type, index = _accelerator(), type
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, not {type.__class__.__name__}")
        name, colon, number = type.partition(":")
        if colon:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            if not number.isdigit() or (len(number) > 1 and number[0] == "0"):
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(number)
        if not name.isidentifier():
            raise RuntimeError(f"Invalid device string: '{type}'")
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        found = cls._interned.get((name, index))
        if found is None:
            found = object.__new__(cls)
            found.type = name
            found.index = index
            found = cls._interned.setdefault((name, index), found)
        return found

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self) -> tuple[object, tuple[str, int | None]]:
        return device, (self.type, self.index)

    def __copy__(self) -> device:
        return self

    def __deepcopy__(self, memo: object) -> device:
        return self

    def __enter__(self) -> device:
        _default.stack.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _default.stack.pop()


class _DefaultDevice(threading.local):
    def __init__(self) -> None:
        self.stack: list[device] = []


_default = _DefaultDevice()
_process_default = [device("cpu")]


def _accelerator() -> str:
    current = _process_default[0].type
    return current if current != "cpu" else "cuda"


def default_device() -> device:
    """The device factories use when none is given."""
    return _default.stack[-1] if _default.stack else _process_default[0]


def get_default_device() -> device:
    """PyTorch's name of `default_device`."""
    return default_device()


_device_class = device


def set_default_device(device: Any) -> None:
    """Make `device` (or its name; None: cpu) the default device of factories, in every thread."""
    _process_default[0] = _device_class("cpu" if device is None else device)
