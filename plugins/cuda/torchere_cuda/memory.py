"""How much memory tensors and CuPy's pool hold on a GPU."""

from __future__ import annotations

import threading
from typing import Any

from .availability import require
from .devices import device as device_context
from .devices import index_of, is_available

__all__ = [
    "empty_cache",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
]


class PeakHook:
    """Watches the pool's allocations: the most bytes in use, and reserved, on each GPU since the last reset."""

    def __init__(self) -> None:
        self.used: dict[int, int] = {}
        self.reserved: dict[int, int] = {}
        self.started = False
        self.lock = threading.Lock()

    def start(self) -> None:
        """Begin to watch, in this thread; the peak counts from the first question on."""
        with self.lock:
            if self.started:
                return
            self.started = True
        cupy = require()
        peak = self

        class Hook(cupy.cuda.MemoryHook):  # type: ignore[misc, name-defined]
            name = "torchere peak memory"

            def malloc_postprocess(self, **about: Any) -> None:
                peak.note(int(about["device_id"]))

        Hook().__enter__()

    def note(self, index: int) -> None:
        """Take the pool's present figures into account."""
        used, reserved = _pool_bytes(index)
        with self.lock:
            self.used[index] = max(self.used.get(index, 0), used)
            self.reserved[index] = max(self.reserved.get(index, 0), reserved)

    def reset(self, index: int) -> None:
        """Begin anew from the present figures."""
        with self.lock:
            self.used.pop(index, None)
            self.reserved.pop(index, None)
        self.note(index)


_peak = PeakHook()


def _pool_bytes(index: int) -> tuple[int, int]:
    with device_context(index):
        pool = require().get_default_memory_pool()
        return int(pool.used_bytes()), int(pool.total_bytes())


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors hold (in units of 512)."""
    return _pool_bytes(index_of(device))[0] if is_available() else 0


def memory_reserved(device: Any = None) -> int:
    """Bytes that the pool holds, for tensors and for later."""
    return _pool_bytes(index_of(device))[1] if is_available() else 0


def _peak_of(figures: dict[int, int], device: Any) -> int:
    if not is_available():
        return 0
    index = index_of(device)
    _peak.start()
    _peak.note(index)
    return figures[index]


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes tensors held since `reset_peak_memory_stats`, or since the first call of this function."""
    return _peak_of(_peak.used, device)


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes the pool held since `reset_peak_memory_stats`, or since the first call of this function."""
    return _peak_of(_peak.reserved, device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Count peaks anew. RuntimeError without a GPU."""
    require()
    _peak.start()
    _peak.reset(index_of(device))


def memory_stats(device: Any = None) -> dict[str, int]:
    """The figures above under PyTorch's names; empty without a GPU."""
    if not is_available():
        return {}
    return {
        "allocated_bytes.all.current": memory_allocated(device),
        "allocated_bytes.all.peak": max_memory_allocated(device),
        "reserved_bytes.all.current": memory_reserved(device),
        "reserved_bytes.all.peak": max_memory_reserved(device),
    }


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Free and total bytes of a GPU, for all processes."""
    cupy = require()
    with device_context(index_of(device)):
        free, total = cupy.cuda.runtime.memGetInfo()
    return int(free), int(total)


def empty_cache() -> None:
    """Give memory that no tensor holds back to the driver; nothing happens without a GPU."""
    if is_available():
        cupy = require()
        cupy.get_default_memory_pool().free_all_blocks()
        cupy.get_default_pinned_memory_pool().free_all_blocks()
