"""Ranges of a loop on several threads: Python threads, for loops that release the interpreter's lock.

Numba's own pools either spin against OpenBLAS's, end forked children or abort when two Python threads use them. These
threads sleep while they have nothing to do, are made anew in a forked child, and a second thread that asks while they
work does its loop alone. The caller works from the start and takes whatever ranges are left, so on a busy machine it
waits for nobody who has not begun. How a loop is cut depends on the number of threads only, not on who does what.
"""

from __future__ import annotations

import os
import threading
from _thread import allocate_lock
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import numpy as np

from torchere.threads import get_num_threads, on_change

__all__ = ["spread", "thread_count"]

_count = 0
_workers: list[_Worker] = []
_busy = allocate_lock()


#: Ranges for each thread: whoever is late leaves more of them to the others.
_SHARES = 4


class _Job:
    """Ranges to do, each by whoever comes next."""

    def __init__(self, function: Callable[..., object], edges: list[int], args: tuple[Any, ...]) -> None:
        self.function, self.args = function, args
        # Iterators over lists and counters are advanced under the interpreter's lock.
        self.ranges = iter(list(pairwise(edges)))
        self.ended = count(2 - len(edges))
        self.finished = allocate_lock()
        self.finished.acquire()
        self.error: BaseException | None = None

    def work(self) -> None:
        for start, stop in self.ranges:
            try:
                if self.error is None:
                    self.function(start, stop, *self.args)
            except BaseException as error:
                self.error = error
            if next(self.ended) == 0:
                self.finished.release()


class _Worker:
    """A sleeping thread that helps with one job at a time."""

    def __init__(self) -> None:
        self.wake = allocate_lock()
        self.wake.acquire()
        self.job: _Job | None = None
        threading.Thread(target=self._serve, name="torchere-compiled", daemon=True).start()

    def help(self, job: _Job) -> None:
        self.job = job
        if self.wake.locked():  # else it has been called and not yet come
            self.wake.release()

    def _serve(self) -> None:
        np.seterr(all="ignore")  # as in every thread that uses torchere; NumPy keeps it per thread
        while True:
            self.wake.acquire()
            job = self.job
            if job is not None:
                job.work()
            del job  # arrays must not live until the next call


def _set_count(count: int) -> None:
    global _count
    _count = count


on_change(_set_count)


def thread_count() -> int:
    """Threads a loop may use, its caller included."""
    global _count
    if not _count:
        _count = get_num_threads()
    return _count


def _forget() -> None:
    """Start without threads: they do not survive a fork."""
    global _busy, _workers
    _workers, _busy = [], allocate_lock()


os.register_at_fork(after_in_child=_forget)


def spread(function: Callable[..., object], size: int, *args: Any) -> None:
    """Call ``function(start, stop, *args)`` for ranges that make up ``0 … size``, side by side.

    An error in any range is raised when those begun have ended.
    """
    threads = min(thread_count(), size)
    busy, workers = _busy, _workers
    if threads < 2 or not busy.acquire(False):
        function(0, size, *args)
        return
    try:
        while len(workers) < threads - 1:
            workers.append(_Worker())
        parts = min(size, threads * _SHARES)
        job = _Job(function, [size * place // parts for place in range(parts + 1)], args)
        for worker in workers[: threads - 1]:
            worker.help(job)
        job.work()
        for worker in workers[: threads - 1]:
            worker.job = None
        job.finished.acquire()
    finally:
        busy.release()
    if job.error is not None:
        raise job.error
