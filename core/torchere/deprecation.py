"""Warnings about functions that PyTorch has deprecated: UserWarning, once for each in a process."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from torchere_dispatch.call_site import stacklevel_outside

__all__ = ["say_once", "silenced", "warn_once"]

_warned: set[str] = set()

#: Set by `torchere.set_warn_always`.
warn_always = False


class _Silence(threading.local):
    on = False


_silence = _Silence()


def warn_once(name: str, successor: str) -> None:
    """Say in the first call that ``torch.<name>`` is deprecated and what takes its place."""
    say_once(name, f"torch.{name} is deprecated. {successor}")


def say_once(key: str, text: str) -> None:
    """A UserWarning with this text unless one was given for `key` before."""
    if (warn_always or key not in _warned) and not _silence.on:
        _warned.add(key)
        warnings.warn(text, UserWarning, stacklevel=stacklevel_outside("torchere"))


@contextmanager
def silenced() -> Iterator[None]:
    """Within the block (of this thread) nothing is said: for code that calls every function there is."""
    before, _silence.on = _silence.on, True
    try:
        yield
    finally:
        _silence.on = before
