"""How a batch travels from a worker process to its parent.

A batch is pickled with protocol 5. Buffers of `LARGE` bytes and more (and the pickle itself, if it is that large) lie
in shared-memory segments, which the parent maps: its tensors use that memory without another copy. What
`default_collate` stacks is made there in the first place; other arrays are copied once. When the last tensor of a batch
is gone the segment goes back to the worker and carries a later batch. What is small stays inside the message.

Segments have no names: they are memory files whose descriptors travel over a Unix socket. Whatever dies, and however,
the operating system takes them back; nothing can be left behind. Where descriptors cannot be passed (Windows),
buffers stay inside the message.
"""

from __future__ import annotations

import ctypes
import errno
import io
import itertools
import mmap
import os
import pickle
import socket
import weakref
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

import numpy as np

import torchere
from torchere import Tensor

from .segments import LARGE, SegmentPool, install

__all__ = ["CAN_SHARE", "Receiver", "Sender", "open_channel"]

#: Segments one worker may have lent out before batches are copied on arrival: each costs a file descriptor.
MOST_LENT: Final = 32

_ALIGNMENT: Final = 64

#: Whether file descriptors can be passed to another process.
CAN_SHARE: Final = hasattr(socket, "send_fds") and hasattr(socket, "AF_UNIX")


def open_channel() -> tuple[socket.socket, socket.socket] | None:
    """A pair of sockets for descriptors (parent's end, worker's end), or None where there is no such thing."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) if CAN_SHARE else None


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

    spans: list[tuple[int, int, int]]  # (segment, offset, bytes) of each buffer
    fresh: list[tuple[int, int]]  # (segment, bytes): descriptors that are waiting in the channel, in this order
    dropped: list[int]  # segments the worker has given up
    spilled: bool  # the last span is the pickle itself


class Sender:
    """The worker's side: packs and sends messages."""

    def __init__(self, connection: Connection, channel: socket.socket | None) -> None:
        self.connection = connection
        self.channel = channel
        self.segments = SegmentPool()
        if channel is not None:
            install(self.segments)

    def release(self, segment: int) -> None:
        """The parent has no more use for ``segment``."""
        self.segments.release(segment)

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
        return b"" if spilled else bytes(payload), _Parcel(self._place(buffers), [], [], spilled)

    def send(self, packed: tuple[bytes, _Parcel | None]) -> None:
        """Send what `pack` made."""
        payload, parcel = packed
        if parcel is not None and self.channel is not None:
            for number, descriptor in self.segments.take_unsent():
                parcel.fresh.append((number, self.segments.size(number)))
                socket.send_fds(self.channel, [b"+"], [descriptor])
                os.close(descriptor)
            parcel.dropped = self.segments.drop_surplus()
        self.connection.send_bytes(pickle.dumps((payload, parcel), protocol=5))

    def _place(self, buffers: list[memoryview]) -> list[tuple[int, int, int]]:
        """Where each buffer lies in shared memory: in its own segment already, or copied into one for all the rest."""
        claimed = [self.segments.claim(buffer) for buffer in buffers]
        steps = [0 if n is not None else -(-b.nbytes // _ALIGNMENT) for n, b in zip(claimed, buffers, strict=True)]
        offsets = [_ALIGNMENT * end for end in itertools.accumulate(steps, initial=0)]
        spans = []
        common = self.segments.take(offsets[-1]) if offsets[-1] else -1
        target = self.segments.bytes_of(common) if offsets[-1] else None
        for number, offset, buffer in zip(claimed, offsets, buffers, strict=False):
            if number is not None:
                spans.append((number, 0, buffer.nbytes))
                continue
            assert target is not None
            target[offset : offset + buffer.nbytes] = np.frombuffer(buffer, np.uint8)
            spans.append((common, offset, buffer.nbytes))
        return spans


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
        for number, size in parcel.fresh:
            self._segments[number] = self._map(size)
        for number in parcel.dropped:
            self._segments.pop(number, None)
        used = {segment for segment, _, _ in parcel.spans}
        views = {segment: self._view(segment) for segment in used}
        buffers: list[Any] = [views[segment][offset : offset + size] for segment, offset, size in parcel.spans]
        if parcel.spilled:
            payload = buffers.pop()
        return pickle.loads(payload, buffers=buffers)

    def _map(self, size: int) -> mmap.mmap:
        assert self.channel is not None
        data, descriptors, _, _ = socket.recv_fds(self.channel, 1, 1)
        if not data:
            raise EOFError("the worker closed its channel")
        try:
            if not descriptors:  # the system drops those beyond the limit
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return mmap.mmap(descriptors[0], size)
        except (OSError, MemoryError) as error:
            raise RuntimeError(
                f"the {size} bytes of a batch that a DataLoader worker made cannot be mapped here ({error}). "
                "Keep fewer batches, use fewer workers, or raise the limits of this process (ulimit -n, ulimit -v)."
            ) from error
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _view(self, segment: int) -> memoryview:
        """The segment's memory, lent until the last array over it is gone; or a copy, when too much is lent."""
        memory = self._segments[segment]
        if len(self._lent) >= MOST_LENT:
            self.returned.append(segment)
            return memoryview(bytearray(memory))
        # Every array over the segment keeps this ctypes object alive: its end is the end of the loan.
        loan = (ctypes.c_char * len(memory)).from_buffer(memory)
        self._lent.add(segment)
        weakref.finalize(loan, _end_loan, weakref.ref(self), segment).atexit = False
        return memoryview(loan).cast("B")

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
