"""What runs inside a worker process."""

from __future__ import annotations

import os
import queue
import random
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np

import torchere

from .dataset import Dataset
from .fetch import Collate, Fetcher, make_fetcher
from .transport import Sender

__all__ = ["Failure", "WorkerInfo", "WorkerTask", "get_worker_info", "run_worker"]

#: Seconds between a worker's looks whether its parent still lives.
_PARENT_CHECK: Final = 5.0


@dataclass(frozen=True)
class WorkerInfo:
    """Who a worker process is.

    Attributes:
        id: ``0..num_workers-1``.
        num_workers: how many workers the loader has.
        seed: what this worker's generators were seeded with: the epoch's base seed plus ``id``.
        dataset: this process's copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Dataset[Any]


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """The `WorkerInfo` inside a `DataLoader` worker process, None in the main process."""
    return _worker_info


class _MessageKey(str):
    """A message whose repr is itself: KeyError shows its argument's repr, which would escape every newline."""

    def __repr__(self) -> str:
        return str(self)


class Failure:
    """An exception on its way to the parent: its class, and its traceback as text."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.kind: type[BaseException] | None = type(error)
        self.name = type(error).__name__
        self.text = "".join(traceback.format_exception(error))
        self.where = where

    def without_kind(self) -> Failure:
        """The same for a class that cannot be pickled."""
        self.kind = None
        return self

    def reraise(self) -> None:
        """Raise an exception of the original class with the traceback in its message.

        RuntimeError stands in for a class that cannot be made from one message.
        """
        message = f"Caught {self.name} {self.where}.\nOriginal {self.text}"
        error: BaseException
        if self.kind is None:
            error = RuntimeError(message)
        elif self.kind is KeyError:
            error = KeyError(_MessageKey(message))
        else:
            try:
                error = self.kind(message)
            except Exception:
                error = RuntimeError(message)
        raise error from None


@dataclass
class WorkerTask:
    """Everything a worker process is started with."""

    id: int
    num_workers: int
    base_seed: int
    dataset: Dataset[Any]
    batched: bool
    collate: Collate
    drop_last: bool
    init: Callable[[int], object] | None
    connection: Connection
    channel: socket.socket | None
    inherited: list[Any]  # the parent's ends, which a forked worker must not keep open


class _Inbox(threading.Thread):
    """Reads the parent's messages, so that the parent never waits for a busy worker, and ends orphans."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(name="torchere-data-inbox", daemon=True)
        self.connection = connection
        self.tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.epoch = 0
        self.parent = os.getppid()

    def run(self) -> None:
        try:
            while True:
                while not self.connection.poll(_PARENT_CHECK):
                    if os.getppid() != self.parent:
                        os._exit(1)
                message = self.connection.recv()
                if message[0] == "epoch":
                    self.epoch = message[1]
                self.tasks.put(message)
        except (EOFError, OSError):
            os._exit(1)  # the parent is gone: nobody wants the rest


def run_worker(task: WorkerTask) -> None:
    """The life of a worker process: seed, initialise, then fetch what is asked for until told to stop."""
    global _worker_info
    for end in task.inherited:
        end.close()
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox = _Inbox(task.connection)
    inbox.start()
    sender = Sender(task.connection, task.channel)
    where = f"in DataLoader worker process {task.id}"
    fetcher: Fetcher | Failure
    broken: Failure | None = None
    try:
        _seed(task)
        _worker_info = WorkerInfo(task.id, task.num_workers, task.base_seed + task.id, task.dataset)
        if task.init is not None:
            task.init(task.id)
    except Exception as error:
        broken = Failure(error, where)
    try:
        while True:
            kind, value, returned = inbox.tasks.get()
            for segment in returned:
                sender.release(segment)
            if kind == "stop":
                return
            if kind == "epoch":
                try:
                    fetcher = broken or _fetcher(task)
                except Exception as error:
                    fetcher = Failure(error, where)
                continue
            epoch, number, index = value
            if epoch == inbox.epoch:  # else left over from an epoch that was broken off
                sender.send(_answer(sender, fetcher, number, index, where))
    except (BrokenPipeError, ConnectionResetError):
        return  # the parent closed its end while an answer was under way


def _fetcher(task: WorkerTask) -> Fetcher:
    return make_fetcher(task.dataset, task.batched, task.collate, task.drop_last)


def _answer(sender: Sender, fetcher: Fetcher | Failure, number: int, index: Any, where: str) -> Any:
    """The packed reply to one task: (number, kind, value)."""
    if isinstance(fetcher, Failure):
        return _pack_failure(sender, number, fetcher)
    try:
        try:
            batch = fetcher.fetch(index)
        except StopIteration as error:
            if hasattr(fetcher, "stream"):
                return sender.pack((number, "end", None))
            raise RuntimeError("the dataset raised StopIteration; a map-style dataset raises IndexError") from error
        return sender.pack((number, "batch", batch))
    except Exception as error:
        return _pack_failure(sender, number, Failure(error, where))


def _pack_failure(sender: Sender, number: int, failure: Failure) -> Any:
    try:
        return sender.pack((number, "failure", failure))
    except Exception:  # a class defined inside a function has no name to pickle
        return sender.pack((number, "failure", failure.without_kind()))


def _seed(task: WorkerTask) -> None:
    seed = task.base_seed + task.id
    random.seed(seed)
    torchere.manual_seed(seed)
    np.random.seed(np.random.SeedSequence([task.base_seed, task.id]).generate_state(8))
    # The workers together have the machine, not each of them.
    set_threads = getattr(torchere, "set_num_threads", None)
    if set_threads is not None:
        set_threads(1)
