"""A group of processes and the collectives among them, on flat NumPy arrays."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import DistBackendError, DistError
from .mesh import Mesh
from .reductions import RedOpType, reduced
from .stores import Store
from .works import Work

__all__ = ["ProcessGroup"]

_COLLECTIVE, _MESSAGE = 0, 1
#: Arrays up to so many bytes are reduced in one round of messages; larger ones in two, which move less.
ONE_ROUND = 8192


def as_bytes(array: np.ndarray) -> memoryview:
    """The bytes of a contiguous array, without a copy; of dtypes that the buffer protocol lacks, too."""
    return memoryview(array.reshape(-1).view(np.uint8))


class ProcessGroup:
    """Processes that communicate; `ranks` are their global ranks, in the order of the group.

    Operations run in one thread of the group, in the order they were called; each has a number, so every process must
    call the same ones in the same order. Array arguments are flat and contiguous.
    """

    def __init__(self, store: Store, ranks: Sequence[int], rank: int, seconds: float, name: str, backend: str) -> None:
        self.ranks = list(ranks)
        self.seconds = seconds
        self.group_name = name
        self.group_desc = "undefined"
        self.backend = backend
        self._rank = rank
        self._mesh = Mesh(store, rank, len(self.ranks), seconds)
        self._number = 0
        self._tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._broken: Exception | None = None
        threading.Thread(target=self._run, name=f"process group {name}", daemon=True).start()

    def rank(self) -> int:
        """This process's place in the group."""
        return self._rank

    def size(self) -> int:
        """How many processes the group has."""
        return len(self.ranks)

    def name(self) -> str:
        """The backend's name."""
        return self.backend

    # -- running ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            work, action = task
            try:
                if self._broken is not None:
                    raise DistBackendError(f"an earlier operation of this process group failed: {self._broken}")
                action()
            except Exception as error:
                if isinstance(error, DistError) and self._broken is None:
                    # The peers may be in the middle of it: without us they cannot go on, and should know now.
                    self._broken = error
                    self._mesh.close()
                work.finish(error)
            else:
                work.finish()
            del work, action, task  # until the next one comes the thread would keep tensors alive

    def submit(self, action: Callable[[int], None], tensors: Sequence[Any] = ()) -> Work:
        """Run ``action(number)`` after the operations called before."""
        number = self._number
        self._number += 1
        work = Work(tensors)
        self._tasks.put((work, lambda: action(number)))
        return work

    def close(self) -> None:
        """Finish what was called, then leave."""
        done = self.submit(lambda number: None)
        done._finished.wait(self.seconds)
        self._tasks.put(None)
        self._mesh.close()

    # -- messages of a collective -------------------------------------------------------------------------------

    def _send(self, peer: int, number: int, data: Any) -> None:
        view = data if isinstance(data, memoryview) else as_bytes(data)
        self._mesh.send(peer, (_COLLECTIVE, number), view, self.seconds)

    def _receive(self, peer: int, number: int, what: str, seconds: float | None = None) -> bytearray:
        arrival = self._mesh.expect((peer,), (_COLLECTIVE, number))
        return self._mesh.wait(arrival, self.seconds if seconds is None else seconds, what)

    def _receive_array(self, peer: int, number: int, what: str, like: np.ndarray) -> np.ndarray:
        data = self._receive(peer, number, what)
        if len(data) != like.nbytes:
            raise DistBackendError(
                f"{what}: rank {peer} sent {len(data)} bytes, rank {self._rank} expected {like.nbytes} "
                f"({like.size} of {like.dtype.name}). Give all processes tensors of the same shape and dtype."
            )
        return np.frombuffer(data, np.uint8).view(like.dtype)

    def _others(self) -> list[int]:
        """The other ranks, beginning after this one, so that not everybody sends to rank 0 first."""
        size = len(self.ranks)
        return [(self._rank + step) % size for step in range(1, size)]

    # -- collectives --------------------------------------------------------------------------------------------

    def exchange(
        self, number: int, what: str, outgoing: Sequence[np.ndarray], incoming: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Send ``outgoing[rank]`` to each rank; what came from each, in the shapes and dtypes of `incoming`."""
        for peer in self._others():
            self._send(peer, number, outgoing[peer])
        found: list[Any] = [None] * len(self.ranks)
        found[self._rank] = outgoing[self._rank]
        for peer in self._others():
            found[peer] = self._receive_array(peer, number, what, incoming[peer])
        return found

    def all_gather(self, number: int, what: str, array: np.ndarray) -> list[np.ndarray]:
        """Every rank's array."""
        return self.exchange(number, what, [array] * self.size(), [array] * self.size())

    def all_reduce(self, number: int, what: str, array: np.ndarray, op: RedOpType) -> np.ndarray:
        """The reduction over all ranks, the same bits on each: terms are added in the order of ranks.

        Large arrays are cut into a part per rank, which that rank reduces (each rank sends and receives the array
        twice, however many ranks there are).
        """
        if array.nbytes <= ONE_ROUND:
            return reduced(op, self.all_gather(number, what, array), self.size())
        parts = np.array_split(array, self.size())
        mine = parts[self._rank]
        own = reduced(op, self.exchange(number, what, parts, [mine] * self.size()), self.size())
        for peer in self._others():
            self._send(peer, number, own)
        pieces: list[np.ndarray] = list(parts)
        pieces[self._rank] = own
        for peer in self._others():
            pieces[peer] = self._receive_array(peer, number, what, parts[peer])
        return np.concatenate(pieces)

    def broadcast(self, number: int, what: str, array: np.ndarray, root: int) -> np.ndarray:
        """The root's array, passed on along a binary tree."""
        size = self.size()
        place = (self._rank - root) % size
        if place:
            array = self._receive_array(((place - 1) // 2 + root) % size, number, what, array)
        for child in (2 * place + 1, 2 * place + 2):
            if child < size:
                self._send((child + root) % size, number, array)
        return array

    def gather(self, number: int, what: str, array: np.ndarray, root: int) -> list[np.ndarray] | None:
        """Every rank's array, at the root."""
        if self._rank != root:
            self._send(root, number, array)
            return None
        return [
            array if peer == root else self._receive_array(peer, number, what, array) for peer in range(self.size())
        ]

    def scatter(
        self, number: int, what: str, parts: Sequence[np.ndarray] | None, like: np.ndarray, root: int
    ) -> np.ndarray:
        """This rank's part of the root's."""
        if self._rank != root:
            return self._receive_array(root, number, what, like)
        assert parts is not None
        for peer in self._others():
            self._send(peer, number, parts[peer])
        return parts[root]

    def reduce_scatter(self, number: int, what: str, parts: Sequence[np.ndarray], op: RedOpType) -> np.ndarray:
        """The reduction of every rank's part for this rank."""
        mine = parts[self._rank]
        return reduced(op, self.exchange(number, what, parts, [mine] * self.size()), self.size())

    def barrier(self, number: int, what: str, seconds: float) -> list[int]:
        """Tell all, hear from all; the ranks from which nothing came in time."""
        for peer in self._others():
            self._send(peer, number, memoryview(b""))
        absent = []
        for peer in self._others():
            try:
                self._receive(peer, number, what, seconds)
            except DistError:
                absent.append(peer)
        return sorted(absent)

    # -- point to point -----------------------------------------------------------------------------------------

    def send_message(self, peer: int, tag: int, data: memoryview) -> None:
        """Send to one rank; returns when the data has left, whether or not it was received."""
        self._mesh.send(peer, (_MESSAGE, tag), data, self.seconds)

    def receive_message(self, peers: Sequence[int], tag: int, write: Callable[[bytearray], None], tensor: Any) -> Work:
        """The next message with `tag` from one of `peers`, which ``wait()`` hands to `write`."""
        arrival = self._mesh.expect(peers, (_MESSAGE, tag))
        work = _Reception((tensor,), arrival)

        def fetch(seconds: float | None) -> None:
            with work._fetching:
                if work._finished.is_set():
                    return
                try:
                    data = self._mesh.wait(arrival, self.seconds if seconds is None else seconds, "recv operation")
                    work._source = arrival.peer
                    write(data)
                except Exception as error:
                    work.finish(error)
                else:
                    work.finish()

        work._later = fetch
        return work


class _Reception(Work):
    """A message under way: it is written into its tensor when somebody asks for it."""

    def __init__(self, tensors: Sequence[Any], arrival: Any) -> None:
        super().__init__(tensors)
        self._arrival = arrival
        self._fetching = threading.Lock()

    def is_completed(self) -> bool:
        """Whether the message is here."""
        if not self._finished.is_set() and self._arrival.done and self._later is not None:
            self._later(None)
        return self._finished.is_set()

    def is_success(self) -> bool:
        """Whether the message is here, and fits."""
        return self.is_completed() and self._error is None

    def get_future(self) -> Any:
        """A future of the tensor; a thread waits for it."""
        future = super().get_future()
        if self._later is not None and not self._finished.is_set():
            threading.Thread(target=self._later, args=(None,), daemon=True).start()
        return future
