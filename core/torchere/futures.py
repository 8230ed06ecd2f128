"""``torchere.futures``: a value that another thread will give, and what to do then."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")
S = TypeVar("S")


class Future(Generic[T]):
    """A value to come. `devices` (numbered ones) are accepted: results on a device need no further waiting here.

    Callbacks run in the thread that completes the future, or at once in the caller's if it is complete.
    """

    def __init__(self, *, devices: Sequence[Any] | None = None) -> None:
        from torchere.devices import device as Device

        for item in devices or ():
            if Device(item).index is None:
                raise ValueError(f"Expected devices to have indices, got {item}. Name one: '{item}:0'.")
        self._changed = threading.Condition()
        self._done = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future[T]], None]] = []

    def done(self) -> bool:
        """Whether there is a value or an exception."""
        return self._done

    def wait(self) -> T:
        """The value, once it is there; an exception the future was given is raised."""
        with self._changed:
            self._changed.wait_for(lambda: self._done)
        return self.value()

    def value(self) -> T:
        """The value of a complete future (RuntimeError before that); an exception it was given is raised."""
        if not self._done:
            raise RuntimeError("Future.value: the future is not complete yet. Use wait(), which waits for the value.")
        if self._error is not None:
            raise self._error
        return cast(T, self._value)

    def set_result(self, result: T) -> None:
        """Complete it with a value. RuntimeError the second time."""
        self._complete(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Complete it with an exception, which `wait` and `value` raise. RuntimeError the second time."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._complete(None, result)

    def _complete(self, value: Any, error: BaseException | None) -> None:
        with self._changed:
            if self._done:
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked "
                    "completed once."
                )
            self._value, self._error, self._done = value, error, True
            callbacks, self._callbacks = self._callbacks, []
            self._changed.notify_all()
        for callback in callbacks:
            self._run(callback)

    def _run(self, callback: Callable[[Future[T]], None]) -> None:
        try:
            callback(self)
        except Exception:  # nobody waits for a callback: tell, and go on with the others
            print("Got the following error when running the callback:", file=sys.stderr)
            traceback.print_exc()

    def add_done_callback(self, callback: Callable[[Future[T]], None]) -> None:
        """Call ``callback(self)`` on completion, in the order added. Its exceptions are printed to stderr."""
        if not callable(callback):
            raise TypeError(f"add_done_callback: expected a function, got {type(callback).__name__}.")
        with self._changed:
            if not self._done:
                self._callbacks.append(callback)
                return
        self._run(callback)

    def then(self, callback: Callable[[Future[T]], S]) -> Future[S]:
        """A future of what ``callback(self)`` returns, or raises, on completion."""
        if not callable(callback):
            raise TypeError(f"then: expected a function of the future, got {type(callback).__name__}.")
        following: Future[S] = Future()

        def run(future: Future[T]) -> None:
            try:
                result = callback(future)
            except Exception as error:
                following.set_exception(error)
            else:
                following.set_result(result)

        self.add_done_callback(run)
        return following


def collect_all(futures: Sequence[Future[Any]]) -> Future[list[Future[Any]]]:
    """A future of all `futures`, complete when every one of them is, whether with values or exceptions."""
    items = list(futures)
    for item in items:
        if not isinstance(item, Future):
            raise TypeError(f"collect_all: expected futures, got {type(item).__name__}.")
    collected: Future[list[Future[Any]]] = Future()
    lock, left = threading.Lock(), [len(items)]

    def count(_: Future[Any]) -> None:
        with lock:
            left[0] -= 1
            last = left[0] == 0
        if last:
            collected.set_result(items)

    for item in items:
        item.add_done_callback(count)
    if not items:
        collected.set_result(items)
    return collected


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The values of `futures`, once all are complete; the first exception among them is raised."""
    return [future.wait() for future in collect_all(futures).wait()]
