"""Number of threads of the host's numerical libraries."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy

__all__ = ["get_num_interop_threads", "get_num_threads", "on_change", "set_num_interop_threads", "set_num_threads"]

_wanted: list[int] = []
_listeners: list[Callable[[int], object]] = []
_interop: list[int] = []


def get_num_threads() -> int:
    """Threads an operator on the cpu may use: as set, else one for each core, but no more than OMP_NUM_THREADS says."""
    if _wanted:
        return _wanted[0]
    cores = len(os.sched_getaffinity(0))
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(int(asked), cores) if asked.isdecimal() and int(asked) > 0 else cores


def set_num_threads(count: int) -> None:
    """Set them, for NumPy's OpenBLAS at once, for other libraries through threadpoolctl where that is installed.

    The environment's OMP_NUM_THREADS sets them at start. Raises RuntimeError for anything but a positive integer.
    """
    if not isinstance(count, int) or count < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {count!r}")
    _wanted[:] = [count]
    _set_openblas_threads(count)
    for listener in _listeners:
        listener(count)
    try:
        limits = import_module("threadpoolctl").threadpool_limits
    except ImportError:
        return
    limits(count)


def on_change(listener: Callable[[int], object]) -> None:
    """Call ``listener(count)`` whenever `set_num_threads` is called, and now if it was: for plugins' own libraries."""
    _listeners.append(listener)
    if _wanted:
        listener(_wanted[0])


def _set_openblas_threads(count: int) -> None:
    """Tell the OpenBLAS that NumPy's wheels bring; do nothing where NumPy uses another library."""
    folder = Path(numpy.__file__).parent.parent / "numpy.libs"
    for file in folder.glob("*openblas*"):
        try:
            library = ctypes.CDLL(str(file))  # already loaded: this is the same one
        except OSError:
            continue
        for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads64_", "openblas_set_num_threads"):
            function = getattr(library, name, None)
            if function is not None:
                function(ctypes.c_int(count))
                break


def get_num_interop_threads() -> int:
    """Operators that may run at the same time, as asked for; the operators of one thread run one after the other."""
    return _interop[0] if _interop else len(os.sched_getaffinity(0))


def set_num_interop_threads(count: int) -> None:
    """Remember the number, for programs written for PyTorch: nothing here runs operators of one thread in parallel."""
    if not isinstance(count, int) or count < 1:
        raise RuntimeError(f"set_num_interop_threads expects a positive integer, got {count!r}")
    _interop[:] = [count]
