"""The worker processes of one loader, seen from the parent."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Final

from .dataset import Dataset
from .fetch import Collate
from .transport import Receiver, open_channel
from .worker import WorkerTask, run_worker

__all__ = ["WorkerPool"]

#: Seconds a worker gets to finish the sample it is at, then to react to SIGTERM.
_GRACE: Final = 2.0


class _Worker:
    """One process with the parent's ends of its connections."""

    def __init__(self, process: Any, connection: Connection, channel: Any) -> None:
        self.process = process
        self.connection = connection
        self.receiver = Receiver(connection, channel)

    def post(self, kind: str, value: Any) -> None:
        """Send a message; a worker that is gone is noticed when its answer is awaited."""
        try:
            self.connection.send((kind, value, self.receiver.take_returned()))
        except OSError:
            pass

    def obituary(self) -> str:
        """How the process ended, in words."""
        self.process.join(1.0)
        code = self.process.exitcode
        pid = self.process.pid
        if code is None:
            return f"DataLoader worker (pid {pid}) closed its connection and stopped answering."
        if code >= 0:
            return (
                f"DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. "
                "Run with num_workers=0 to see where."
            )
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        hint = {
            "SIGKILL": "The system kills processes that use too much memory: try fewer workers or smaller batches.",
            "SIGSEGV": "A compiled library crashed in it: run with num_workers=0 under `python -X faulthandler`.",
            "SIGBUS": "Shared memory ran out: make /dev/shm larger, or use smaller batches.",
        }.get(name, "Run with num_workers=0 to see where.")
        return f"DataLoader worker (pid {pid}) exited unexpectedly: killed by signal {name}. {hint}"


class WorkerPool:
    """Starts ``count`` workers and exchanges messages with them.

    Args:
        context: of `multiprocessing`; chooses fork, spawn or forkserver.
        init: ``worker_init_fn``, called with the worker's number in each.
    """

    def __init__(
        self,
        context: BaseContext | Any,
        count: int,
        *,
        base_seed: int,
        dataset: Dataset[Any],
        batched: bool,
        collate: Collate,
        drop_last: bool,
        init: Callable[[int], object] | None,
    ) -> None:
        self.workers: list[_Worker] = []
        self._pid = os.getpid()
        forking = (context.get_start_method() if hasattr(context, "get_start_method") else "") == "fork"
        try:
            for number in range(count):
                ours, theirs = context.Pipe(duplex=True)
                channel = open_channel()
                inherited: list[Any] = []
                if forking:
                    inherited = [worker.connection for worker in self.workers] + [ours]
                    inherited += [worker.receiver.channel for worker in self.workers if worker.receiver.channel]
                    inherited += [channel[0]] if channel else []
                task = WorkerTask(
                    number, count, base_seed, dataset, batched, collate, drop_last, init,
                    theirs, channel[1] if channel else None, inherited,
                )  # fmt: skip
                process = context.Process(target=run_worker, args=(task,), daemon=True, name=f"torchere-data-{number}")
                try:
                    process.start()
                except BaseException:
                    ours.close()
                    if channel:
                        channel[0].close()
                    raise
                finally:
                    # With the parent's copies closed, the end of a worker shows as the end of its stream.
                    theirs.close()
                    if channel:
                        channel[1].close()
                self.workers.append(_Worker(process, ours, channel[0] if channel else None))
        except BaseException:
            self.shutdown(patient=False)
            raise

    def post(self, worker: int, kind: str, value: Any) -> None:
        """Send a message to a worker."""
        self.workers[worker].post(kind, value)

    def receive(self, timeout: float | None) -> list[tuple[int, Any]]:
        """Wait for messages: ``(worker, message)`` of all that have one.

        Raises:
            TimeoutError: none came within ``timeout`` seconds.
            RuntimeError: a worker died.
        """
        by_connection = {worker.connection: number for number, worker in enumerate(self.workers)}
        by_sentinel = {worker.process.sentinel: number for number, worker in enumerate(self.workers)}
        ready = wait([*by_connection, *by_sentinel], timeout)
        if not ready:
            raise TimeoutError
        messages = []
        dead = []
        for item in ready:
            number = by_connection.get(item)  # type: ignore[call-overload]
            if number is None:
                dead.append(by_sentinel[item])  # type: ignore[index]
                continue
            try:
                messages.append((number, self.workers[number].receiver.receive()))
            except (EOFError, OSError):
                dead.append(number)
        if not messages:  # what the others have sent comes first: the error is raised when it is in the way
            raise RuntimeError(self.workers[dead[0]].obituary())
        return messages

    def alive(self) -> bool:
        """Whether this process started the workers (a forked child only has a copy of the books) and has them yet."""
        return bool(self.workers) and os.getpid() == self._pid

    def shutdown(self, patient: bool = True) -> None:
        """End all workers and wait until they are gone. Safe to call again."""
        if not self.alive():
            return
        workers, self.workers = self.workers, []
        for worker in workers:
            worker.post("stop", None)
            if not patient and worker.process.is_alive():
                worker.process.terminate()
            worker.receiver.close()
        deadline = time.monotonic() + _GRACE
        for worker in workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
        for worker in workers:
            if worker.process.is_alive():
                worker.process.terminate()
        deadline = time.monotonic() + _GRACE
        for worker in workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
