"""Which GPUs there are, and which is the current one."""

from __future__ import annotations

from typing import Any, NamedTuple

import torchere

from .availability import NoDeviceError, find, require

__all__ = [
    "DeviceProperties",
    "current_device",
    "device",
    "device_count",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "index_of",
    "init",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "set_device",
    "synchronize",
]


class DeviceProperties(NamedTuple):
    """What a GPU is: name, compute capability, bytes of memory, multiprocessors."""

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int


def is_available() -> bool:
    """Whether CuPy is installed and finds a GPU."""
    return device_count() > 0


def device_count() -> int:
    """Number of usable GPUs; 0 without CuPy or driver."""
    try:
        return int(find().cuda.runtime.getDeviceCount())
    except (ImportError, NoDeviceError):
        return 0


def init() -> None:
    """Load the device. RuntimeError says what is missing. Not needed: the first use loads it."""
    require()
    torchere.plugins.load_device("cuda")


def is_initialized() -> bool:
    """Whether a GPU can be used, and its plugin was loaded."""
    return is_available() and "cuda" in torchere.plugins.dispatcher.devices


def index_of(which: Any = None) -> int:
    """The number of a device given as None (the current one), int, string or device. ValueError for another type."""
    if which is None:
        return current_device()
    if isinstance(which, int):
        return current_device() if which < 0 else which
    found = torchere.device(which)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    return current_device() if found.index is None else int(found.index)


def current_device() -> int:
    """The number of the current GPU."""
    return int(require().cuda.runtime.getDevice())


def set_device(device: Any) -> None:
    """Make a GPU the current one; a negative number changes nothing."""
    if not isinstance(device, int) or device >= 0:
        require().cuda.runtime.setDevice(index_of(device))


class device:
    """Context manager: the current GPU within the block. None or a negative number changes nothing."""

    def __init__(self, device: Any) -> None:
        self.idx = None if device is None or (isinstance(device, int) and device < 0) else index_of(device)
        self._before = -1

    def __enter__(self) -> device:
        if self.idx is not None:
            self._before = current_device()
            set_device(self.idx)
        return self

    def __exit__(self, *raised: object) -> None:
        if self.idx is not None:
            set_device(self._before)


def get_device_properties(device: Any = None) -> DeviceProperties:
    """What a GPU is."""
    found = require().cuda.runtime.getDeviceProperties(index_of(device))
    name = found["name"]
    return DeviceProperties(
        name.decode() if isinstance(name, bytes) else str(name),
        int(found["major"]),
        int(found["minor"]),
        int(found["totalGlobalMem"]),
        int(found["multiProcessorCount"]),
    )


def get_device_name(device: Any = None) -> str:
    """The name of a GPU, ``"NVIDIA H200"``."""
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Compute capability of a GPU, ``(9, 0)``."""
    found = get_device_properties(device)
    return found.major, found.minor


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether tensors may be bfloat16; without emulation, whether the GPU computes in it."""
    if not is_available():
        return False
    return including_emulation or get_device_capability()[0] >= 8


def synchronize(device: Any = None) -> None:
    """Wait until all work queued on a GPU is done."""
    cupy = require()
    cupy.cuda.Device(index_of(device)).synchronize()
