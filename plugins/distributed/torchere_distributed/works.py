"""What an operation with ``async_op=True`` returns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import torchere

from .errors import DistBackendError

__all__ = ["Work"]


class Work:
    """An operation under way. Its tensors may be used after ``wait()``."""

    def __init__(self, tensors: Sequence[Any] = ()) -> None:
        self._finished = threading.Event()
        self._error: Exception | None = None
        self._tensors = list(tensors)
        self._source = -1
        self._later: Callable[[float | None], None] | None = None
        self._future: Any = None
        self._lock = threading.Lock()

    def finish(self, error: Exception | None = None) -> None:
        """Mark it done, with what went wrong."""
        with self._lock:
            self._error = error
            self._finished.set()
            future = self._future
        if future is not None:
            self._complete(future)

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Return True when done; raise what went wrong. Raises DistBackendError when ``timeout`` passes first."""
        seconds = None if not timeout else timeout.total_seconds()
        if self._later is not None and not self._finished.is_set():
            self._later(seconds)
        if not self._finished.wait(seconds):
            raise DistBackendError(f"Operation timed out: Work.wait waited {round(1000 * (seconds or 0))}ms")
        if self._error is not None:
            raise self._error
        return True

    def is_completed(self) -> bool:
        """Whether it is done, or has failed."""
        return self._finished.is_set()

    def is_success(self) -> bool:
        """Whether it is done and did not fail."""
        return self._finished.is_set() and self._error is None

    def exception(self) -> Exception | None:
        """What went wrong, or None."""
        return self._error

    def result(self) -> list[Any]:
        """The tensors written. Raises RuntimeError before it is done."""
        if not self._finished.is_set():
            raise RuntimeError(
                "Work.result: the operation needs to be completed before its result is asked: wait() first"
            )
        return self._tensors

    def synchronize(self) -> None:
        """The same as ``wait()``: results on a device need no further waiting."""
        self.wait()

    def source_rank(self) -> int:
        """The sender of a message received from anyone, as its rank in the group."""
        return self._source

    def get_future(self) -> Any:
        """A `torchere.futures.Future` of the list of tensors written."""
        with self._lock:
            if self._future is None:
                self._future = torchere.futures.Future()
                done = self._finished.is_set()
            else:
                return self._future
        if done:
            self._complete(self._future)
        return self._future

    def _complete(self, future: Any) -> None:
        if self._error is not None:
            future.set_exception(self._error)
        else:
            future.set_result(self._tensors)
