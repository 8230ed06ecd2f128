"""Warnings about functions that PyTorch has deprecated: UserWarning, once for each in a process."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from torchere_dispatch.call_site import stacklevel_outside

__all__ = ["silenced", "warn_once"]

_warned: set[str] = set()

#: Set by `torchere.set_warn_always`.
warn_always = False


class _Silence(threading.local):
    on = False


_silence = _Silence()


def warn_once(name: str, successor: str) -> None:
    """Say in the first call that ``torch.<name>`` is deprecated and what takes its place."""
    if (warn_always or name not in _warned) and not _silence.on:
        _warned.add(name)
        warnings.warn(
            f"torch.{name} is deprecated. {successor}", UserWarning, stacklevel=stacklevel_outside("torchere")
        )


@contextmanager
def silenced() -> Iterator[None]:
    """Within the block (of this thread) nothing is said: for code that calls every function there is."""
    before, _silence.on = _silence.on, True
    try:
        yield
    finally:
        _silence.on = before
