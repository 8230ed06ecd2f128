"""From a dataset and the indices of a batch to that batch, in whichever process it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .collate import default_collate
from .dataset import Dataset, GatheredSamples, IterableDataset, _samples

__all__ = ["Fetcher", "IterableFetcher", "MapFetcher", "make_fetcher"]

Collate = Callable[[Any], Any]


class MapFetcher:
    """Batches of a map-style dataset: samples by index."""

    def __init__(self, dataset: Dataset[Any], batched: bool, collate: Collate) -> None:
        self.dataset = dataset
        self.batched = batched
        self.collate = collate

    def fetch(self, index: Any) -> Any:
        """The batch of a list of indices, or with ``batched`` false the converted sample of one."""
        if self.batched:
            samples = _samples(self.dataset, index)
            if type(samples) is GatheredSamples and self.collate is not default_collate:
                samples = list(samples)  # functions of the program's own may sort it, or append to it
            return self.collate(samples)
        return self.collate(self.dataset[index])


class IterableFetcher:
    """Batches of a stream: the next samples, however many are asked for."""

    def __init__(self, dataset: IterableDataset[Any], batched: bool, collate: Collate, drop_last: bool) -> None:
        self.stream: Iterator[Any] = iter(dataset)
        self.batched = batched
        self.collate = collate
        self.drop_last = drop_last
        self.ended = False

    def fetch(self, index: Any) -> Any:
        """The next ``len(index)`` samples as a batch, or the next sample.

        Raises:
            StopIteration: the stream is at its end, or the last batch is short and to be dropped.
        """
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate(next(self.stream))
        samples = []
        for _ in index:
            try:
                samples.append(next(self.stream))
            except StopIteration:
                self.ended = True
                break
        if not samples or (self.drop_last and len(samples) < len(index)):
            raise StopIteration
        return self.collate(samples)


Fetcher = MapFetcher | IterableFetcher


def make_fetcher(dataset: Dataset[Any], batched: bool, collate: Collate, drop_last: bool) -> Fetcher:
    """The fetcher for the dataset's style."""
    if isinstance(dataset, IterableDataset):
        return IterableFetcher(dataset, batched, collate, drop_last)
    return MapFetcher(dataset, batched, collate)
