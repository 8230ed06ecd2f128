"""Datasets and the ways to combine, cut and split them."""

from __future__ import annotations

import bisect
import itertools
import math
import random
import warnings
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

import torchere
from torchere import Generator, Tensor

__all__ = [
    "BufferedShuffleDataset",
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "GatheredSamples",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Item = TypeVar("Item", covariant=True)


class Dataset(Generic[Item]):
    """A map from an index to a sample.

    A subclass defines ``__getitem__(index)`` and, for the default samplers, ``__len__()``. It may define
    ``__getitems__(indices)`` returning the list of samples at once, which `DataLoader` then prefers.
    """

    def __getitem__(self, index: Any) -> Item:
        raise NotImplementedError(
            f"Subclasses of Dataset should implement __getitem__. {type(self).__name__} does not; "
            "define it to return the sample at an index."
        )

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Item], Iterable[Item]):
    """A stream of samples: a subclass defines ``__iter__()``; without it there are no objects of it (TypeError).

    Every worker process of a `DataLoader` iterates its own copy; use `get_worker_info` to give each its share.
    """

    def __add__(self, other: Dataset[Any]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class GatheredSamples(Sequence[tuple[Tensor, ...]]):
    """The samples of a `TensorDataset` at several indices, gathered column by column.

    A sequence of tuples to everybody, each cut out when asked for; `default_collate` takes the columns whole.
    """

    __slots__ = ("columns", "length")

    def __init__(self, columns: tuple[Tensor, ...], length: int) -> None:
        self.columns = columns
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.length))]
        if not -self.length <= index < self.length:
            raise IndexError(f"sample {index} of a batch of {self.length}: index out of range")
        return tuple(column[index] for column in self.columns)


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples are the rows of tensors: sample ``i`` is ``(tensors[0][i], tensors[1][i], ...)``.

    Args:
        *tensors: of shapes ``(N, *)``, sharing ``N``.

    Raises:
        AssertionError: the first dimensions differ.
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            sizes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
            raise AssertionError(
                f"Size mismatch between tensors: the first dimension must be the same for all, got shapes {sizes}."
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: Sequence[int]) -> Sequence[tuple[Tensor, ...]]:
        if type(self).__getitem__ is not TensorDataset.__getitem__:
            return [self[index] for index in indices]  # a subclass changed what a sample is
        rows = _rows(indices)
        if rows is None:
            return [self[index] for index in indices]
        return GatheredSamples(self.gather(rows), rows.size(0))

    def gather(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Each tensor at ``rows``, an int64 tensor ``(B,)``."""
        return tuple(tensor[rows.to(tensor.device)] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


def _rows(indices: Any) -> Tensor | None:
    """Indices as an int64 tensor ``(B,)``; None if they are anything but whole numbers, or none at all."""
    if isinstance(indices, Tensor):
        numbers = indices.numpy(force=True)
    elif isinstance(indices, Sequence | np.ndarray):
        try:
            numbers = np.asarray(indices)
        except ValueError:  # of several lengths
            return None
    else:
        return None
    whole = numbers.ndim == 1 and numbers.size and numbers.dtype.kind in "iu"
    return torchere.from_numpy(numbers.astype(np.int64, copy=False)) if whole else None


class StackDataset(Dataset[Any]):
    """Zip datasets of one length: samples are tuples (positional datasets) or dicts (keyword datasets).

    Raises:
        ValueError: no dataset, both forms at once, or lengths that differ.
    """

    datasets: tuple[Dataset[Any], ...] | dict[str, Dataset[Any]]

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if args and kwargs:
            raise ValueError(
                "StackDataset takes either positional datasets (samples are tuples) or keyword datasets "
                "(samples are dicts), but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed to StackDataset.")
        members = args or tuple(kwargs.values())
        lengths = [len(dataset) for dataset in members]  # type: ignore[arg-type]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets: StackDataset needs one length, got {lengths}.")
        self._length = lengths[0]
        self.datasets = kwargs or args

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {key: dataset[index] for key, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [_column(dataset, indices) for dataset in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        columns = [_column(dataset, indices) for dataset in self.datasets]
        return list(zip(*columns, strict=True))

    def __len__(self) -> int:
        return self._length


def _column(dataset: Dataset[Any], indices: Sequence[int]) -> Sequence[Any]:
    samples = _samples(dataset, indices)
    if len(samples) != len(indices):
        raise ValueError(
            f"Nested dataset's output size mismatch: __getitems__ of {type(dataset).__name__} returned "
            f"{len(samples)} samples for {len(indices)} indices."
        )
    return samples


class ConcatDataset(Dataset[Any]):
    """Datasets end to end. Negative indices count from the end.

    Raises:
        AssertionError: no dataset, or an `IterableDataset` among them (chain those with `ChainDataset`).
        ValueError: a negative index beyond the beginning.
    """

    datasets: list[Dataset[Any]]
    cumulative_sizes: list[int]

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable: ConcatDataset needs at least one.")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise AssertionError(
                    f"ConcatDataset does not support IterableDataset, got a {type(dataset).__name__}. Use ChainDataset."
                )
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable[Sized]) -> list[int]:
        """The lengths added up: where each dataset ends."""
        return list(itertools.accumulate(len(dataset) for dataset in sequence))

    @property
    def cummulative_sizes(self) -> list[int]:
        """The old spelling of ``cumulative_sizes``."""
        warnings.warn("`cummulative_sizes` is deprecated: use cumulative_sizes", FutureWarning, stacklevel=2)
        return self.cumulative_sizes

    def _locate(self, index: int) -> tuple[int, int]:
        """The dataset that holds ``index``, and the index in it."""
        if index < 0:
            if -index > len(self):
                raise ValueError(
                    f"absolute value of index should not exceed dataset length: got {index}, length {len(self)}"
                )
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        if which == len(self.datasets):
            raise IndexError(f"index {index} is out of range for a ConcatDataset of length {len(self)}")
        return which, index - (self.cumulative_sizes[which - 1] if which else 0)

    def __getitem__(self, index: int) -> Any:
        which, inner = self._locate(index)
        return self.datasets[which][inner]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[Any]):
    """Streams one after the other."""

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        super().__init__()
        self.datasets = datasets

    def _streams(self) -> Iterator[IterableDataset[Any]]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(f"ChainDataset only supports IterableDataset, got a {type(dataset).__name__}.")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for stream in self._streams():
            yield from stream

    def __len__(self) -> int:
        return sum(len(stream) for stream in self._streams())  # type: ignore[arg-type]


class BufferedShuffleDataset(IterableDataset[Item]):
    """A stream in random order, as far as a buffer of it allows.

    Each sample is drawn at random from the ``buffer_size`` samples read ahead, by `random`, which workers seed. As in
    PyTorch 1.8; later versions have it as a datapipe.

    Raises:
        ValueError: ``buffer_size`` is no positive integer.
    """

    dataset: IterableDataset[Item]
    buffer_size: int

    def __init__(self, dataset: IterableDataset[Item], buffer_size: int) -> None:
        super().__init__()
        if not isinstance(buffer_size, int) or buffer_size <= 0:
            raise ValueError(f"buffer_size should be a positive integer value, but got buffer_size={buffer_size}")
        self.dataset = dataset
        self.buffer_size = buffer_size

    def __iter__(self) -> Iterator[Item]:
        stream = iter(self.dataset)
        buffer = list(itertools.islice(stream, self.buffer_size))
        for sample in stream:
            place = random.randrange(self.buffer_size)
            drawn, buffer[place] = buffer[place], sample
            yield drawn
        random.shuffle(buffer)
        yield from buffer

    def __len__(self) -> int:
        return len(self.dataset)  # type: ignore[arg-type]


class Subset(Dataset[Item]):
    """The samples of ``dataset`` at ``indices``."""

    dataset: Dataset[Item]
    indices: Sequence[int]

    def __init__(self, dataset: Dataset[Item], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Item:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Sequence[Item]:
        if type(self).__getitem__ is not Subset.__getitem__:
            return [self[index] for index in indices]  # a subclass changed what a sample is
        return _samples(self.dataset, [self.indices[index] for index in indices])

    def __len__(self) -> int:
        return len(self.indices)


def _samples(dataset: Dataset[Any], indices: Sequence[int]) -> Sequence[Any]:
    """The samples at ``indices``, by ``__getitems__`` where the dataset has it."""
    gather = getattr(dataset, "__getitems__", None)
    if gather is None:
        return [dataset[index] for index in indices]
    return gather(indices)


def random_split(
    dataset: Dataset[Item], lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Item]]:
    """Split a dataset at random into subsets that do not overlap.

    Args:
        lengths: sample counts that add up to ``len(dataset)``, or fractions that add up to 1. With fractions
            ``floor(len(dataset) * fraction)`` samples go to each, the rest one each from the first subset on.
        generator: draws the permutation; the default generator when None.

    Raises:
        ValueError: the lengths do not add up, or a fraction is not within 0..1.
    """
    total = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for position, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {position} is not between 0 and 1: {fraction}")
        counts = [math.floor(total * fraction) for fraction in lengths]
        for position in range(total - sum(counts)):
            counts[position % len(counts)] += 1
        for position, count in enumerate(counts):
            if count == 0:
                warnings.warn(
                    f"Length of split at index {position} is 0. This might result in an empty dataset.", stacklevel=2
                )
        lengths = counts
    if sum(lengths) != total:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"Got lengths {list(lengths)} for {total} samples; give counts that add up to it, or fractions to 1."
        )
    place = "cpu" if generator is None else generator.device
    order = torchere.randperm(total, generator=generator, device=place).tolist()
    ends = itertools.accumulate(int(length) for length in lengths)
    return [Subset(dataset, order[end - int(length) : end]) for end, length in zip(ends, lengths, strict=True)]
