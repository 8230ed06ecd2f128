"""Samplers: in which order, and in which batches, the samples of a dataset are visited."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import torchere
from torchere import Generator, Tensor

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
    "draw_seed",
]

Index = TypeVar("Index", covariant=True)


def draw_seed(generator: Generator | None = None) -> int:
    """A seed in ``0..2**63-1`` from ``generator`` (the default generator when None)."""
    place = device_of(generator)
    return int(torchere.empty((), dtype=torchere.int64, device=place).random_(generator=generator).item())


def device_of(generator: Generator | None) -> Any:
    """Where numbers of ``generator`` are drawn: indices stay in host memory whatever the default device is."""
    return "cpu" if generator is None else generator.device


def _require_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class Sampler(Generic[Index]):
    """An iterable over indices (or lists of indices). A subclass defines ``__iter__`` and, where known, ``__len__``."""

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__ to yield indices.")


class SequentialSampler(Sampler[int]):
    """``0, 1, ..., len(data_source) - 1``."""

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices of ``data_source`` in random order.

    Args:
        replacement: draw each index independently, so some come twice and some never.
        num_samples: how many to draw; ``len(data_source)`` when None. Without replacement and beyond
            ``len(data_source)``, one permutation follows the other.
        generator: the source of randomness. When None, a generator is seeded from the default one each time.

    Raises:
        TypeError: ``replacement`` is not a bool.
        ValueError: ``num_samples`` is not a positive integer.
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        _require_count("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices one pass yields; follows a data source that grows."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def draw(self) -> Iterator[Tensor]:
        """The indices of one pass as int64 tensors, chunk by chunk."""
        size = len(self.data_source)
        generator = self.generator
        if generator is None:
            generator = Generator("cpu")
            generator.manual_seed(draw_seed())
        place = device_of(generator)
        left = self.num_samples
        while left > 0:
            if self.replacement:
                count = min(left, 4096)
                chunk = torchere.randint(size, (count,), dtype=torchere.int64, generator=generator, device=place)
            else:
                chunk = torchere.randperm(size, generator=generator, device=place)[:left]
            left -= chunk.size(0)
            yield chunk

    def __iter__(self) -> Iterator[int]:
        return itertools.chain.from_iterable(chunk.tolist() for chunk in self.draw())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, each once."""

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        count, place = len(self.indices), device_of(self.generator)
        for position in torchere.randperm(count, generator=self.generator, device=place).tolist():
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices ``0..len(weights)-1`` drawn with probabilities proportional to ``weights``.

    Args:
        weights: non-negative, not necessarily adding up to one.
        num_samples: how many to draw.
        replacement: whether an index may come twice.

    Raises:
        ValueError: ``num_samples`` is no positive integer, ``replacement`` no bool, ``weights`` not one-dimensional.
    """

    weights: Tensor
    num_samples: int
    replacement: bool

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _require_count("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        tensor = torchere.as_tensor(weights, dtype=torchere.float64, device=device_of(generator))
        if tensor.dim() != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {tuple(tensor.shape)}")
        self.weights = tensor
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = torchere.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of ``batch_size`` indices of another sampler; the last one is shorter, or dropped with ``drop_last``.

    Raises:
        ValueError: ``batch_size`` is no positive integer or ``drop_last`` no bool.
    """

    sampler: Sampler[int] | Iterable[int]
    batch_size: int
    drop_last: bool

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        _require_count("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices: Iterator[Any] = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        size = len(self.sampler)  # type: ignore[arg-type]
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
