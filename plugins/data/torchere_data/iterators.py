"""One pass over a loader: in this process, or with worker processes."""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torchere

from .collate import default_collate
from .dataset import IterableDataset, TensorDataset
from .fetch import make_fetcher
from .pinning import pin
from .pool import WorkerPool
from .sampler import BatchSampler, RandomSampler, SequentialSampler, draw_seed
from .worker import Failure

if TYPE_CHECKING:
    from .dataloader import DataLoader

__all__ = ["InProcessIterator", "WorkerIterator"]

_NOTHING = object()


class InProcessIterator:
    """Batches made in the calling process, when they are asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        indices = iter(loader._index_sampler)
        draw_seed(loader.generator)  # as with workers, so that num_workers does not change what is drawn later
        gathered = gather_batches(loader)
        self._batches = _batches(loader, indices) if gathered is None else gathered
        self._counter = _LengthCheck(loader)

    def __iter__(self) -> InProcessIterator:
        return self

    def __next__(self) -> Any:
        batch = next(self._batches)
        if self._loader.pins_memory:
            batch = pin(batch, self._loader.pin_memory_device)
        if self._counter.limit is not None:
            self._counter.count()
        return batch

    def __len__(self) -> int:
        return len(self._loader._index_sampler)  # type: ignore[arg-type]


def _batches(loader: DataLoader[Any], indices: Iterator[Any]) -> Iterator[Any]:
    fetcher = make_fetcher(loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)
    for index in indices:
        try:
            batch = fetcher.fetch(index)
        except StopIteration:
            if isinstance(loader.dataset, IterableDataset):
                return
            raise
        yield batch


def gather_batches(loader: DataLoader[Any]) -> Iterator[list[Any]] | None:
    """Batches of a plain `TensorDataset`: one index operation for each of its tensors.

    The order is the one the samplers would give; None when anything about the loader was customised.
    """
    dataset = loader.dataset
    plain = (
        type(dataset) is TensorDataset
        and loader.collate_fn is default_collate
        and type(loader.batch_sampler) is BatchSampler
        and loader.batch_sampler.sampler is loader.sampler
        and type(loader.sampler) in (RandomSampler, SequentialSampler)
        and loader.sampler.data_source is dataset
        and bool(dataset.tensors)
    )
    if not plain:
        return None
    size = loader.batch_sampler.batch_size
    drop_last = loader.batch_sampler.drop_last
    if type(loader.sampler) is SequentialSampler:
        return _slices(dataset, size, drop_last)
    return _gathers(dataset, loader.sampler, size, drop_last)


def _slices(dataset: TensorDataset, size: int, drop_last: bool) -> Iterator[list[Any]]:
    total = len(dataset)
    for start in range(0, total - size + 1 if drop_last else total, size):
        # A copy: a batch may be written to, the dataset may not.
        yield [tensor[start : start + size].clone() for tensor in dataset.tensors]


def _gathers(dataset: TensorDataset, sampler: RandomSampler, size: int, drop_last: bool) -> Iterator[list[Any]]:
    chunks = list(sampler.draw())
    order = chunks[0] if len(chunks) == 1 else torchere.cat(chunks)
    total = order.size(0)
    for start in range(0, total - size + 1 if drop_last else total, size):
        yield list(dataset.gather(order[start : start + size]))


class WorkerIterator:
    """Batches made ahead of time by worker processes.

    Tasks are numbered across epochs. Each worker has up to ``prefetch_factor`` of them at a time, given out in turn,
    so which worker makes which batch does not depend on speed while ``in_order`` holds.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._indices: Iterator[Any] = iter(loader._index_sampler)
        self._pool = WorkerPool(
            loader.context(),
            loader.num_workers,
            base_seed=draw_seed(loader.generator),
            dataset=loader.dataset,
            batched=loader._auto_collation,
            collate=loader.collate_fn,
            drop_last=loader.drop_last,
            init=loader.worker_init_fn,
        )
        # Also at interpreter exit; the pool knows nothing of this iterator.
        self._finalizer = weakref.finalize(self, self._pool.shutdown)
        self._epoch = 0
        self._next_task = 0
        self._start()

    def usable(self) -> bool:
        """Whether another epoch can run on the same workers."""
        return self._pool.alive()

    def restart(self) -> None:
        """Begin the next epoch on the same workers; what is left of this one is dropped."""
        self._indices = iter(self._loader._index_sampler)
        draw_seed(self._loader.generator)
        self._start()

    def _start(self) -> None:
        loader = self._loader
        workers = loader.num_workers
        self._epoch += 1
        self._first = self._next_result = self._next_task
        self._load = [0] * workers  # tasks under way or delivered but not yet handed out
        self._ended = [False] * workers
        self._assigned: dict[int, int] = {}
        self._ready: dict[int, tuple[str, Any]] = {}
        self._turn = itertools.cycle(range(workers))
        self._counter = _LengthCheck(loader)
        for worker in range(workers):
            self._pool.post(worker, "epoch", self._epoch)
        for _ in range((loader.prefetch_factor or 1) * workers):
            self._dispatch()

    def __iter__(self) -> WorkerIterator:
        return self

    def __len__(self) -> int:
        return len(self._loader._index_sampler)  # type: ignore[arg-type]

    def _dispatch(self) -> None:
        """Give the next batch to make to the next worker in turn."""
        loader = self._loader
        fair = -(-(loader.prefetch_factor or 1) * loader.num_workers // max(1, self._ended.count(False)))
        for _ in range(loader.num_workers):
            worker = next(self._turn)
            if not self._ended[worker] and (loader.in_order or self._load[worker] < fair):
                break
        else:
            return
        index = next(self._indices, _NOTHING)
        if index is _NOTHING:
            return
        number, self._next_task = self._next_task, self._next_task + 1
        self._assigned[number] = worker
        self._load[worker] += 1
        self._pool.post(worker, "fetch", (self._epoch, number, index))

    def __next__(self) -> Any:
        while True:
            number = self._choose()
            if number is None:
                if not self._loader.persistent_workers:
                    self._finalizer()
                raise StopIteration
            if number not in self._ready:
                self._receive()
                continue
            kind, value = self._ready.pop(number)
            worker = self._assigned.pop(number)
            self._load[worker] -= 1
            self._next_result = max(self._next_result, number + 1) if self._loader.in_order else self._next_result
            self._dispatch()
            if kind == "failure":
                assert isinstance(value, Failure)
                value.reraise()
            if kind == "batch":
                self._counter.count()
                return pin(value, self._loader.pin_memory_device) if self._loader.pins_memory else value

    def _choose(self) -> int | None:
        """The number of the task to hand out next, None when all are."""
        if not self._assigned or not self._pool.alive():
            return None
        if self._loader.in_order:
            return min(self._assigned) if self._next_result not in self._assigned else self._next_result
        return min(self._ready, default=next(iter(self._assigned)))

    def _receive(self) -> None:
        timeout = self._loader.timeout
        try:
            messages = self._pool.receive(timeout if timeout > 0 else None)
        except TimeoutError:
            busy = sorted({worker for task, worker in self._assigned.items() if task not in self._ready})
            self._abort()
            raise RuntimeError(
                f"DataLoader timed out after {timeout} seconds: no batch from workers {busy}. "
                "They were ended. Raise timeout, or see with num_workers=0 what takes so long."
            ) from None
        except BaseException:  # a dead worker, Ctrl-C: nothing may stay behind
            self._abort()
            raise
        for worker, (number, kind, value) in messages:
            if number < self._first:
                continue  # of an epoch that was broken off
            self._ready[number] = (kind, value)
            if kind == "end":
                self._ended[worker] = True

    def _abort(self) -> None:
        self._finalizer.detach()
        self._pool.shutdown(patient=False)


class _LengthCheck:
    """Warns when a stream yields more batches than the length it has claimed."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        claimed = loader.claimed_length if isinstance(loader.dataset, IterableDataset) else None
        self.limit: int | None = claimed
        self.seen = 0
        self.name = type(loader.dataset).__name__
        self.workers = loader.num_workers

    def count(self) -> None:
        """One more batch was handed out."""
        if self.limit is None:
            return
        self.seen += 1
        if self.seen == self.limit + 1:
            advice = ""
            if self.workers:
                advice = " Each worker iterates its own copy: give each its share with get_worker_info()."
            warnings.warn(
                f"Length of IterableDataset {self.name} was reported to be {self.limit} (when accessing "
                f"len(dataloader)), but {self.seen} samples have been fetched.{advice}",
                stacklevel=3,
            )
