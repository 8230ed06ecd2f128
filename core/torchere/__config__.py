"""``torchere.__config__``: what this installation computes with, as text for bug reports."""

from __future__ import annotations

__all__ = ["parallel_info", "show"]


def show() -> str:
    """Versions of Python, torchere and the array library, one a line."""
    import platform

    import numpy as np

    from torchere.version import __version__

    return (
        f"torchere {__version__} with:\n  - Python {platform.python_version()} ({platform.machine()})\n"
        f"  - NumPy {np.__version__}\n"
    )


def parallel_info() -> str:
    """Thread counts, and the environment's settings of them."""
    import os

    from torchere.threads import get_num_interop_threads, get_num_threads

    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    settings = "".join(f"{name} : {os.environ.get(name, '[not set]')}\n" for name in names)
    return f"num_threads : {get_num_threads()}\nnum_interop_threads : {get_num_interop_threads()}\n{settings}"
