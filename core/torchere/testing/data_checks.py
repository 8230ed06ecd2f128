"""The kits for datasets and transforms."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

import torchere
from torchere.tensors.tensor import Tensor
from torchere.testing.cases import A, Sample
from torchere.testing.report import Skipped
from torchere.testing.running import flat
from torchere.testing.samples import guessed, made, required_arguments
from torchere.testing.values import arrays_of, random_source, tensor_of, to_numpy

__all__ = ["DATASET_CHECKS", "TRANSFORM_CHECKS", "Dataset", "Transform"]


def _shown(value: Any) -> list[Any]:
    """A sample in comparable form."""
    return [to_numpy(item.detach()) if isinstance(item, Tensor) else item for item in flat(value)]


def _equal(first: Any, second: Any) -> bool:
    a, b = _shown(first), _shown(second)
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
            if not np.array_equal(np.asarray(x), np.asarray(y)):
                return False
        elif type(x) is not type(y) or not (x is y or x == y or "__eq__" not in vars(type(x))):
            return False
    return True


# --- datasets --------------------------------------------------------------------------------------------------------


class Dataset:
    """A dataset under test: its class and the arguments it is made with."""

    def __init__(self, factory: Callable[..., Any], sample: Sample | None = None) -> None:
        self.factory = factory
        self.sample = sample if sample is not None else Sample(*required_arguments(factory, 10))

    def make(self) -> Any:
        """A fresh dataset."""
        return made(self.factory, self.sample)

    def indexed(self) -> Any:
        """A fresh map-style dataset; `Skipped` for an iterable one."""
        dataset = self.make()
        if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
            raise Skipped("an iterable dataset has no indices")
        return dataset


def length(kit: Dataset) -> None:
    """`len` is a positive int."""
    size = len(kit.indexed())
    if not isinstance(size, int) or size < 1:
        raise AssertionError(f"len() is {size!r}")


def indexing(kit: Dataset) -> None:
    """The first and the last sample are there; negative indices count from the end; beyond it is IndexError."""
    dataset = kit.indexed()
    size = len(dataset)
    if not _equal(dataset[0], dataset[0]):
        raise AssertionError("dataset[0] gives another sample each time")
    if not _equal(dataset[-1], dataset[size - 1]):
        raise AssertionError("dataset[-1] is not the last sample")
    for index in (size, -size - 1):
        try:
            dataset[index]
        except IndexError:
            continue
        raise AssertionError(f"dataset[{index}] of {size} samples did not raise IndexError")


def picklable(kit: Dataset) -> None:
    """It survives pickling, as worker processes need."""
    dataset = kit.make()
    twin = pickle.loads(pickle.dumps(dataset))
    if hasattr(dataset, "__getitem__"):
        if len(twin) != len(dataset) or not _equal(twin[0], dataset[0]):
            raise AssertionError("a pickled copy holds other samples")
    elif not _equal(next(iter(twin)), next(iter(dataset))):
        raise AssertionError("a pickled copy yields other samples")


def loading(kit: Dataset) -> None:
    """A DataLoader gives the same batches with and without worker processes."""
    from torchere.utils.data import DataLoader

    batches = []
    for workers in (0, 2):
        loader = DataLoader(kit.make(), batch_size=4, num_workers=workers)
        found = []
        for index, batch in enumerate(loader):
            found.append(_shown(batch))
            if index == 2:
                break
        batches.append(found)
    if not batches[0]:
        raise AssertionError("the loader gave no batch")
    iterable = not hasattr(kit.make(), "__getitem__")
    if not iterable and not all(_equal(a, b) for a, b in zip(*batches, strict=True)):
        raise AssertionError("worker processes give other batches")


#: name → check.
DATASET_CHECKS: dict[str, Callable[[Dataset], None]] = {
    "length": length,
    "indexing": indexing,
    "pickle": picklable,
    "loading": loading,
}


# --- transforms ------------------------------------------------------------------------------------------------------

#: Images tried in turn on a transform without samples.
IMAGES = ((A(3, 8, 8, low=0.0, high=1.0),), (A(1, 8, 8, low=0.0, high=1.0),), (A(8, 8, low=0.0, high=1.0),))


class Transform:
    """A transform under test: its class and a sample of its use."""

    def __init__(self, factory: Callable[..., Any], sample: Sample | None = None) -> None:
        self.factory = factory
        self._sample = sample

    @property
    def sample(self) -> Sample:
        """How it is made and called; guessed from the signature if nothing says so."""
        if self._sample is None:
            self._sample = guessed(self.factory, 2, IMAGES, lambda s: made(self.factory, s)(*_images(s)))
        return self._sample

    def apply(self, transform: Any, seed: int = 0) -> tuple[list[Any], list[Any]]:
        """(result, inputs afterwards) of a call under a seed."""
        inputs = _images(self.sample)
        torchere.manual_seed(seed)
        return flat(transform(*inputs)), inputs

    def make(self) -> Any:
        """A fresh transform."""
        return made(self.factory, self.sample)


def _images(sample: Sample) -> list[Any]:
    arrays = arrays_of(sample.inputs, "float32", random_source("transform"))
    return [tensor_of(item, "cpu") if isinstance(item, np.ndarray) else item for item in arrays]


def result(kit: Transform) -> None:
    """The result has the documented shape and range, is finite, and the inputs stay as they were."""
    before = _images(kit.sample)
    found, after = kit.apply(kit.make())
    if not _equal(before, after):
        raise AssertionError("the transform wrote into its input")
    wanted, bounds = kit.sample.output, kit.sample.bounds
    first = found[0]
    if wanted is not None and tuple(first.shape) != wanted:
        raise AssertionError(f"output has shape {list(first.shape)}, documented is {list(wanted)}")
    for item in found:
        if not isinstance(item, Tensor):
            continue
        values = to_numpy(item).astype(np.float64)
        if not np.isfinite(values).all():
            raise AssertionError("output is not finite")
        if bounds is not None and values.size and not (bounds[0] <= values.min() and values.max() <= bounds[1]):
            raise AssertionError(f"output runs from {values.min()} to {values.max()}, documented is {bounds}")


def deterministic(kit: Transform) -> None:
    """After the same `manual_seed` the result is the same, with the same dtype."""
    transform = kit.make()
    first, _ = kit.apply(transform)
    second, _ = kit.apply(transform)
    if not _equal(first, second):
        raise AssertionError("two calls after the same manual_seed differ")
    if any(a.dtype is not b.dtype for a, b in zip(first, second, strict=True) if isinstance(a, Tensor)):
        raise AssertionError("two calls gave different dtypes")


def transform_pickle(kit: Transform) -> None:
    """It survives pickling, as worker processes need."""
    transform = kit.make()
    twin = pickle.loads(pickle.dumps(transform))
    if not _equal(kit.apply(transform)[0], kit.apply(twin)[0]):
        raise AssertionError("a pickled copy computes something else")


#: name → check.
TRANSFORM_CHECKS: dict[str, Callable[[Transform], None]] = {
    "result": result,
    "deterministic": deterministic,
    "pickle": transform_pickle,
}
