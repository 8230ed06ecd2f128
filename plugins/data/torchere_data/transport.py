"""How a batch travels from a worker process to its parent.

A batch is pickled with protocol 5. Buffers of `LARGE` bytes and more (and the pickle itself, if it is that large) are
copied once into a shared-memory segment, which the parent maps: its tensors use that memory without another copy. When
the last tensor of a batch is gone the segment goes back to the worker and carries a later batch, so the cost of fresh
pages is paid only for the first batches. What is small stays inside the message.

Segments have no names: they are memory files whose descriptors travel over a Unix socket. Whatever dies, and however,
the operating system takes them back; nothing can be left behind. Where descriptors cannot be passed (Windows),
buffers stay inside the message.
"""

from __future__ import annotations

import ctypes
import io
import mmap
import os
import pickle
import socket
import tempfile
import weakref
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

import numpy as np

import torchere
from torchere import Tensor

__all__ = ["CAN_SHARE", "LARGE", "Receiver", "Sender", "open_channel"]

#: Buffers from this size on travel in shared memory; below, a copy through the socket is as quick.
LARGE: Final = 16 * 1024

#: Segments one worker may have lent out before batches are copied on arrival: each costs a file descriptor.
MOST_LENT: Final = 32

#: Idle segments a worker keeps for reuse.
MOST_IDLE: Final = 4

_ALIGNMENT: Final = 64

#: Whether file descriptors can be passed to another process.
CAN_SHARE: Final = hasattr(socket, "send_fds") and hasattr(socket, "AF_UNIX")


def open_channel() -> tuple[socket.socket, socket.socket] | None:
    """A pair of sockets for descriptors (parent's end, worker's end), or None where there is no such thing."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) if CAN_SHARE else None


def _anonymous_file(size: int) -> int:
    """A descriptor of a nameless memory file."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("torchere-batch", os.MFD_CLOEXEC)
    else:  # other Unixes: a temporary file, unlinked before it is used
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, size)
    return descriptor


def _tensor_from_array(array: np.ndarray, requires_grad: bool) -> Tensor:
    tensor = torchere.from_numpy(array)
    return tensor.requires_grad_() if requires_grad else tensor


class _BatchPickler(pickle.Pickler):
    """Pickles tensors as NumPy arrays, whose memory protocol 5 hands out of band."""

    dispatch_table = ForkingPickler(io.BytesIO()).dispatch_table  # sockets, connections, bound methods

    def reducer_override(self, value: Any) -> Any:
        if type(value) is not Tensor:
            return NotImplemented
        if value.requires_grad and not value.is_leaf:
            raise RuntimeError(
                f"a DataLoader worker cannot send a tensor (shape {tuple(value.shape)}) that is part of a graph: "
                "autograd does not cross process boundaries. Call detach() on it in the dataset or collate_fn."
            )
        try:
            array = value.detach().numpy()
        except (RuntimeError, TypeError, ValueError):  # another device or a dtype NumPy lacks: the tensor's own way
            return NotImplemented
        return _tensor_from_array, (array, value.requires_grad)


@dataclass(slots=True)
class _Parcel:
    """Where the out-of-band buffers of a message lie."""

    segment: int
    size: int  # of the segment
    fresh: bool  # its descriptor is waiting in the channel
    spans: list[tuple[int, int]]  # (offset, bytes) of each buffer
    spilled: bool  # the last span is the pickle itself
    dropped: list[int]  # segments the worker has given up


class Sender:
    """The worker's side: packs messages and owns the segments."""

    def __init__(self, connection: Connection, channel: socket.socket | None) -> None:
        self.connection = connection
        self.channel = channel
        self._segments: dict[int, mmap.mmap] = {}
        self._idle: list[int] = []
        self._next = 0

    def release(self, segment: int) -> None:
        """The parent has no more use for ``segment``."""
        self._idle.append(segment)

    def pack(self, message: Any) -> tuple[bytes, _Parcel | None]:
        """Pickle a message; raises whatever pickling its contents raises, before anything was sent."""
        buffers: list[memoryview] = []

        def keep_inside(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if self.channel is None or raw.nbytes < LARGE:
                return True
            buffers.append(raw)
            return False

        stream = io.BytesIO()
        _BatchPickler(stream, protocol=5, buffer_callback=keep_inside).dump(message)
        payload = stream.getbuffer()
        spilled = self.channel is not None and payload.nbytes >= LARGE
        if spilled:
            buffers.append(payload)
        if not buffers:
            return bytes(payload), None
        return b"" if spilled else bytes(payload), self._store(buffers, spilled)

    def send(self, packed: tuple[bytes, _Parcel | None]) -> None:
        """Send what `pack` made."""
        payload, parcel = packed
        if parcel is not None and parcel.fresh and self.channel is not None:
            descriptor = self._fresh_descriptor
            socket.send_fds(self.channel, [b"+"], [descriptor])
            os.close(descriptor)
        self.connection.send_bytes(pickle.dumps((payload, parcel), protocol=5))

    def _store(self, buffers: list[memoryview], spilled: bool) -> _Parcel:
        spans = []
        end = 0
        for buffer in buffers:
            spans.append((end, buffer.nbytes))
            end += -(-buffer.nbytes // _ALIGNMENT) * _ALIGNMENT
        number, fresh = self._take(end)
        memory = self._segments[number]
        target = np.frombuffer(memory, np.uint8)
        for (offset, size), buffer in zip(spans, buffers, strict=True):
            target[offset : offset + size] = np.frombuffer(buffer, np.uint8)
        return _Parcel(number, len(memory), fresh, spans, spilled, self._drop_surplus())

    def _take(self, size: int) -> tuple[int, bool]:
        """The smallest idle segment that fits without wasting three quarters of it, or a new one."""
        fitting = [number for number in self._idle if size <= len(self._segments[number]) <= 4 * size + mmap.PAGESIZE]
        if fitting:
            number = min(fitting, key=lambda number: len(self._segments[number]))
            self._idle.remove(number)
            return number, False
        number, self._next = self._next, self._next + 1
        size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        self._fresh_descriptor = _anonymous_file(size)
        self._segments[number] = mmap.mmap(self._fresh_descriptor, size)
        return number, True

    def _drop_surplus(self) -> list[int]:
        dropped = []
        while len(self._idle) > MOST_IDLE:
            number = self._idle.pop(0)
            del self._segments[number]  # unmapped once no view is left
            dropped.append(number)
        return dropped


class Receiver:
    """The parent's side for one worker: unpacks messages, lends segments to tensors and takes them back.

    ``returned`` collects the numbers of segments whose tensors are gone, for the next message to the worker: loans end
    in the garbage collector, at moments when nothing may be sent.
    """

    def __init__(self, connection: Connection, channel: socket.socket | None) -> None:
        self.connection = connection
        self.channel = channel
        self.returned: deque[int] = deque()
        self._segments: dict[int, mmap.mmap] = {}
        self._lent: set[int] = set()

    def receive(self) -> Any:
        """The next message. Raises EOFError or OSError when the worker is gone."""
        payload, parcel = pickle.loads(self.connection.recv_bytes())
        if parcel is None:
            return pickle.loads(payload)
        if parcel.fresh:
            self._map(parcel)
        for number in parcel.dropped:
            self._segments.pop(number, None)
        memory = self._segments[parcel.segment]
        if len(self._lent) >= MOST_LENT:
            buffers = [_copy(memory, offset, size) for offset, size in parcel.spans]
            self.returned.append(parcel.segment)
        else:
            buffers = self._lend(parcel, memory)
        if parcel.spilled:
            payload = buffers.pop()
        return pickle.loads(payload, buffers=buffers)

    def _map(self, parcel: _Parcel) -> None:
        assert self.channel is not None
        _, descriptors, _, _ = socket.recv_fds(self.channel, 1, 1)
        if not descriptors:
            raise EOFError("the worker closed its channel")
        try:
            self._segments[parcel.segment] = mmap.mmap(descriptors[0], parcel.size)
        finally:
            os.close(descriptors[0])

    def _lend(self, parcel: _Parcel, memory: mmap.mmap) -> list[Any]:
        # Every array over the segment keeps this ctypes object alive: its end is the end of the loan.
        loan = (ctypes.c_char * parcel.size).from_buffer(memory)
        self._lent.add(parcel.segment)
        weakref.finalize(loan, _end_loan, weakref.ref(self), parcel.segment).atexit = False
        view = memoryview(loan).cast("B")
        return [view[offset : offset + size] for offset, size in parcel.spans]

    def take_returned(self) -> list[int]:
        """The segments to hand back to the worker."""
        taken = []
        while self.returned:
            taken.append(self.returned.popleft())
        return taken

    def end_loan(self, segment: int) -> None:
        """The last tensor over ``segment`` is gone."""
        self._lent.discard(segment)
        self.returned.append(segment)

    def close(self) -> None:
        """Forget the segments; memory still lent stays mapped until its tensors are gone."""
        self._segments.clear()
        self.connection.close()
        if self.channel is not None:
            self.channel.close()


def _end_loan(receiver: weakref.ref[Receiver], segment: int) -> None:
    alive = receiver()
    if alive is not None:
        alive.end_loan(segment)


def _copy(memory: mmap.mmap, offset: int, size: int) -> bytearray:
    return bytearray(memoryview(memory)[offset : offset + size])
