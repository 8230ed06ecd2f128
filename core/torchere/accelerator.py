"""``torchere.accelerator``: the one device type beside the cpu that this machine has, whichever plugin brings it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from torchere import plugins
from torchere.devices import device as Device

__all__ = [
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "device_count",
    "device_index",
    "empty_cache",
    "is_available",
    "set_device_idx",
    "set_device_index",
    "synchronize",
]


class _Chosen(threading.local):
    index = 0


_chosen = _Chosen()


def _backend() -> Any:
    """The backend of the first device plugin, in the order of names, that has hardware; None if there is none."""
    from torchere.backend import backend_of

    for name in sorted(plugins.manager.names("device")):
        if name == "cpu":
            continue
        try:
            backend = backend_of(name)
        except Exception:  # a plugin without hardware or library is no accelerator
            continue
        if backend.count() > 0:
            return backend
    return None


def _needed() -> Any:
    backend = _backend()
    if backend is None:
        raise RuntimeError(
            "Cannot access accelerator device when none is available. `torchere plugins doctor` says why."
        )
    return backend


def is_available() -> bool:
    """Whether there is an accelerator."""
    return _backend() is not None


def device_count() -> int:
    """How many devices the accelerator has; 0 without one."""
    backend = _backend()
    return 0 if backend is None else int(backend.count())


def current_accelerator(check_available: bool = False) -> Device | None:
    """The accelerator's device type, without index; None if there is none."""
    backend = _backend()
    return None if backend is None else Device(backend.name)


def _index_of(device: Any, backend: Any) -> int:
    if isinstance(device, int) and not isinstance(device, bool):
        index = device
    else:
        found = Device(device)
        if found.type != backend.name:
            raise ValueError(f"{found.type} doesn't match the current accelerator {backend.name}.")
        index = current_device_index() if found.index is None else found.index
    if index >= backend.count():
        raise RuntimeError(f"device index {index} is out of range: '{backend.name}' has {backend.count()}.")
    return index


def current_device_index() -> int:
    """The number of this thread's current device. RuntimeError without an accelerator."""
    _needed()
    return _chosen.index


def set_device_index(device: Any, /) -> None:
    """Make `device` this thread's current one; a negative number changes nothing. RuntimeError without accelerator."""
    index = _index_of(device, _needed())
    if index >= 0:
        _chosen.index = index


current_device_idx = current_device_index
set_device_idx = set_device_index


def synchronize(device: Any = None, /) -> None:
    """Wait until the accelerator has done everything asked of it. RuntimeError without one."""
    backend = _needed()
    backend.synchronize(current_device_index() if device is None else _index_of(device, backend))


def empty_cache() -> None:
    """Give unused device memory back, where the device keeps any. RuntimeError without an accelerator."""
    _needed().empty_cache()


class device_index:
    """``with device_index(1):`` makes device 1 the current one in the block; None changes nothing."""

    def __init__(self, device: int | None, /) -> None:
        self._wanted, self._before = device, 0

    def __enter__(self) -> None:
        if self._wanted is not None:
            self._before = current_device_index()
            set_device_index(self._wanted)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wanted is not None:
            _chosen.index = self._before
