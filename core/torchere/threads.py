"""Number of threads of the host's numerical libraries."""

from __future__ import annotations

import os

__all__ = ["get_num_threads", "set_num_threads"]

_wanted: list[int] = []


def get_num_threads() -> int:
    """Threads an operator on the cpu may use."""
    return _wanted[0] if _wanted else len(os.sched_getaffinity(0))


def set_num_threads(count: int) -> None:
    """Set them (through threadpoolctl where installed; the environment's OMP_NUM_THREADS sets them at start)."""
    if not isinstance(count, int) or count < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {count!r}")
    _wanted[:] = [count]
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    threadpool_limits(count)
