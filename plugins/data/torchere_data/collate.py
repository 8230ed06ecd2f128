"""From a list of samples to a batch."""

from __future__ import annotations

import collections.abc
import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

import torchere
from torchere import Tensor

from .dataset import GatheredSamples
from .segments import LARGE, in_worker, reserve

__all__ = ["default_collate", "default_convert"]

_REFUSED: Final = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _is_numeric(dtype: np.dtype[Any]) -> bool:
    # Types added to NumPy, such as bfloat16, call themselves void; isbuiltin 2 tells them from structured ones.
    return dtype.kind in "biufc" or dtype.isbuiltin == 2


def default_convert(data: Any) -> Any:
    """NumPy arrays and scalars inside ``data`` become tensors that share their memory; the rest stays.

    Containers are rebuilt: mappings and named tuples keep their type, tuples become lists.
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if isinstance(data, np.ndarray | np.generic):
        return torchere.as_tensor(data) if _is_numeric(data.dtype) else data
    if isinstance(data, collections.abc.Mapping):
        return _rebuild_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, collections.abc.Sequence):
        return _rebuild_sequence(data, [default_convert(value) for value in data])
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Put samples together along a new first dimension.

    Tensors and NumPy arrays are stacked, numbers become a tensor (floats a float64 one), strings a list; mappings,
    named tuples and sequences are collated field by field. A tuple's fields come back as a list.

    Shape: samples ``(*)`` to a batch ``(N, *)``.

    Raises:
        TypeError: a sample of another type.
        RuntimeError: tensors of several shapes, or sequences of several lengths.
    """
    if type(batch) is GatheredSamples:
        return list(batch.columns)
    sample = batch[0]
    if isinstance(sample, Tensor):
        return _collate_tensors(batch, sample)
    if isinstance(sample, np.ndarray | np.generic):
        return _collate_arrays(batch, sample)
    if isinstance(sample, float):
        return torchere.tensor(batch, dtype=torchere.float64)
    if isinstance(sample, int):
        return torchere.tensor(batch)
    if isinstance(sample, str | bytes):
        return batch
    if isinstance(sample, collections.abc.Mapping):
        return _rebuild_mapping(sample, {key: default_collate([item[key] for item in batch]) for key in sample})
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        return type(sample)(*(default_collate(field) for field in zip(*batch, strict=True)))
    if isinstance(sample, collections.abc.Sequence):
        size = len(sample)
        if any(len(item) != size for item in batch):
            lengths = sorted({len(item) for item in batch})
            raise RuntimeError(
                f"each element in list of batch should be of equal size, got sizes {lengths}. "
                "Pad the samples, or pass a collate_fn to the DataLoader."
            )
        fields = [default_collate(field) for field in zip(*batch, strict=True)]
        return fields if isinstance(sample, tuple) else _rebuild_sequence(sample, fields)
    raise TypeError(_REFUSED.format(type(sample)))


def _collate_tensors(batch: Sequence[Any], sample: Tensor) -> Tensor:
    if in_worker() and sample.numel() * sample.element_size() * len(batch) >= LARGE:
        alike = all(
            type(item) is Tensor
            and not item.requires_grad
            and item.dtype == sample.dtype
            and item.shape == sample.shape
            for item in batch
        )
        if alike:
            try:
                arrays = [item.numpy() for item in batch]
            except (RuntimeError, TypeError):  # not in host memory, or of a dtype NumPy lacks
                pass
            else:
                return torchere.from_numpy(_stacked(arrays, arrays[0]))
    return torchere.stack(list(batch), 0)


def _stacked(arrays: Sequence[Any], sample: Any) -> np.ndarray:
    """Equal arrays along a new first dimension: in a worker process in memory that the parent can map."""
    room = reserve(sample.nbytes * len(arrays))
    if room is None:
        return np.stack(arrays)
    return np.stack(arrays, out=room.view(sample.dtype).reshape(len(arrays), *sample.shape))


def _collate_arrays(batch: Sequence[Any], sample: np.ndarray | np.generic) -> Tensor:
    if not _is_numeric(sample.dtype):
        raise TypeError(_REFUSED.format(sample.dtype))
    alike = all(
        isinstance(item, np.ndarray | np.generic) and item.dtype == sample.dtype and item.shape == sample.shape
        for item in batch
    )
    if alike:
        return torchere.from_numpy(_stacked(batch, sample))
    return torchere.stack([torchere.as_tensor(item) for item in batch], 0)


def _rebuild_mapping(original: Any, fields: dict[Any, Any]) -> Any:
    """``fields`` in a mapping of the original's type; a plain dict where that type cannot be built."""

    def build() -> Any:
        if isinstance(original, collections.abc.MutableMapping):
            clone = copy.copy(original)  # keeps what the constructor does not take, such as a default factory
            clone.update(fields)
            return clone
        return type(original)(fields)  # type: ignore[call-arg]

    return _or_plain(build, fields)


def _rebuild_sequence(original: Any, items: list[Any]) -> Any:
    """``items`` in a sequence of the original's type; a plain list where that type cannot be built."""
    if type(original) is list:
        return items

    def build() -> Any:
        if isinstance(original, collections.abc.MutableSequence):
            clone = copy.copy(original)
            for position, item in enumerate(items):
                clone[position] = item
            return clone
        return type(original)(items)  # type: ignore[call-arg]

    return _or_plain(build, items)


def _or_plain(build: Callable[[], Any], plain: Any) -> Any:
    try:
        return build()
    except TypeError:  # a range, an array('d'), a mapping with another constructor
        return plain
