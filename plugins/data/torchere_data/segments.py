"""Shared memory of a worker process: nameless segments that go to the parent and come back.

A segment is in use while the parent has tensors over it, or this process an array. Segments nobody uses carry the
next batches, so the cost of fresh pages is paid only for the first ones.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import tempfile
import weakref
from collections import deque
from typing import Final

import numpy as np

__all__ = ["LARGE", "SegmentPool", "in_worker", "install", "reserve"]

#: Buffers from this size on travel in shared memory; below, a copy through the socket is as quick.
LARGE: Final = 16 * 1024

#: Idle segments a worker keeps for reuse.
MOST_IDLE: Final = 4

_pool: SegmentPool | None = None


def install(pool: SegmentPool) -> None:
    """Make `reserve` take memory from ``pool``; called once in a worker process."""
    global _pool
    _pool = pool


def in_worker() -> bool:
    """Whether `reserve` has memory to give."""
    return _pool is not None


def reserve(size: int) -> np.ndarray | None:
    """A uint8 array ``(size,)`` that can be sent to the parent without a copy.

    None in the main process, for small sizes, and where memory cannot be shared.
    """
    return None if _pool is None or size < LARGE else _pool.array(size)


def _anonymous_memory(size: int) -> tuple[int, mmap.mmap]:
    """Nameless memory of ``size`` bytes, and its descriptor.

    Raises:
        RuntimeError: the system gives no more.
    """
    descriptor = -1
    try:
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("torchere-batch", os.MFD_CLOEXEC)
        else:  # other Unixes: a temporary file, unlinked before it is used
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        _allocate(descriptor, size)
        return descriptor, mmap.mmap(descriptor, size)
    except (OSError, MemoryError) as error:
        if descriptor >= 0:
            os.close(descriptor)
        raise RuntimeError(
            f"a DataLoader worker cannot get {size} bytes of shared memory for a batch ({error}). Use smaller batches, "
            "fewer workers or a smaller prefetch_factor, or raise the limits of this process or container."
        ) from error


def _allocate(descriptor: int, size: int) -> None:
    """Set a file's size with all its pages: where they cannot be had it fails here, not as SIGBUS at a later write."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
            return
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
    os.ftruncate(descriptor, size)


class SegmentPool:
    """The segments of one worker, by number."""

    def __init__(self) -> None:
        self._memories: dict[int, mmap.mmap] = {}
        self._users: dict[int, int] = {}
        self._idle: list[int] = []
        self._next = 0
        self._released: deque[int] = deque()  # filled by finalizers, at any moment
        self._reserved: dict[int, int] = {}  # address of an array made by `array` -> segment
        self._unsent: list[tuple[int, int]] = []

    def size(self, number: int) -> int:
        """Bytes of a segment."""
        return len(self._memories[number])

    def bytes_of(self, number: int) -> np.ndarray:
        """The segment's memory."""
        return np.frombuffer(self._memories[number], np.uint8)

    def take(self, size: int) -> int:
        """A segment of at least ``size`` bytes, with one user: the caller. An idle one that fits, or a new one."""
        self._settle()
        # Not one of which three quarters would lie waste.
        fitting = [number for number in self._idle if size <= self.size(number) <= 4 * size + mmap.PAGESIZE]
        if fitting:
            number = min(fitting, key=self.size)
            self._idle.remove(number)
        else:
            descriptor, memory = _anonymous_memory(-(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
            number, self._next = self._next, self._next + 1
            self._memories[number] = memory
            self._unsent.append((number, descriptor))
        self._users[number] = 1
        return number

    def release(self, number: int) -> None:
        """One user less."""
        self._released.append(number)

    def array(self, size: int) -> np.ndarray:
        """A uint8 array ``(size,)`` over a segment of its own, which is in use as long as the array's memory is."""
        number = self.take(size)
        loan = (ctypes.c_char * self.size(number)).from_buffer(self._memories[number])
        weakref.finalize(loan, self._give_up, ctypes.addressof(loan), number).atexit = False
        self._reserved[ctypes.addressof(loan)] = number
        return np.frombuffer(loan, np.uint8, size)

    def _give_up(self, address: int, number: int) -> None:
        if self._reserved.get(address) == number:
            del self._reserved[address]
        self._released.append(number)

    def claim(self, buffer: memoryview) -> int | None:
        """The segment, with the parent as one more user, if ``buffer`` is a whole array of `array` not yet claimed."""
        address = np.frombuffer(buffer, np.uint8).__array_interface__["data"][0]
        number = self._reserved.pop(address, None)
        if number is not None:
            self._users[number] += 1
        return number

    def take_unsent(self) -> list[tuple[int, int]]:
        """(number, descriptor) of segments the parent does not know yet; the caller sends and closes them."""
        unsent, self._unsent = self._unsent, []
        return unsent

    def drop_surplus(self) -> list[int]:
        """Give up idle segments beyond those worth keeping; their numbers."""
        self._settle()
        dropped = []
        while len(self._idle) > MOST_IDLE:
            number = self._idle.pop(0)
            del self._memories[number], self._users[number]  # unmapped once no view is left
            dropped.append(number)
        return dropped

    def _settle(self) -> None:
        while self._released:
            number = self._released.popleft()
            self._users[number] -= 1
            if self._users[number] == 0:
                self._idle.append(number)
