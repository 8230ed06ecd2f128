"""From a list of samples to a batch."""

from __future__ import annotations

import collections.abc
import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

import torchere
from torchere import Tensor

from .dataset import GatheredSamples
from .segments import LARGE, in_worker, reserve

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_REFUSED: Final = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"

CollateFunction = Callable[..., Any]


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
    named tuples and sequences are collated field by field. A tuple's fields come back as a list. Other types can be
    added to `default_collate_fn_map`.

    Shape: samples ``(*)`` to a batch ``(N, *)``.

    Raises:
        TypeError: a sample of another type.
        RuntimeError: tensors of several shapes, or sequences of several lengths.
    """
    if type(batch) is GatheredSamples:
        return list(batch.columns)
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(
    batch: Sequence[Any], *, collate_fn_map: Mapping[type | tuple[type, ...], CollateFunction] | None = None
) -> Any:
    """Put samples together by the function of their type; containers are collated field by field.

    Args:
        collate_fn_map: type, or tuple of types, to ``function(batch, *, collate_fn_map)``. A sample's own type comes
            before those it is an instance of, and all of them before containers.

    Raises:
        TypeError: a sample of another type.
        RuntimeError: sequences of several lengths.
    """
    sample = batch[0]
    functions = collate_fn_map or {}
    function = functions.get(type(sample))
    if function is None:
        function = next((found for kind, found in functions.items() if isinstance(sample, kind)), None)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)

    def field(values: Sequence[Any]) -> Any:
        return collate(values, collate_fn_map=collate_fn_map)

    if isinstance(sample, collections.abc.Mapping):
        return _rebuild_mapping(sample, {key: field([item[key] for item in batch]) for key in sample})
    if isinstance(sample, tuple) and hasattr(sample, "_fields"):
        _require_one_length(batch, len(sample))
        return type(sample)(*(field(values) for values in zip(*batch, strict=True)))
    if isinstance(sample, collections.abc.Sequence):
        _require_one_length(batch, len(sample))
        fields = [field(values) for values in zip(*batch, strict=True)]
        return fields if isinstance(sample, tuple) else _rebuild_sequence(sample, fields)
    raise TypeError(_REFUSED.format(type(sample)))


def _require_one_length(batch: Sequence[Any], size: int) -> None:
    if any(len(item) != size for item in batch):
        lengths = sorted({len(item) for item in batch})
        raise RuntimeError(
            f"each element in list of batch should be of equal size, got sizes {lengths}. "
            "Pad the samples, or pass a collate_fn to the DataLoader."
        )


def collate_tensor_fn(batch: Sequence[Any], *, collate_fn_map: object = None) -> Tensor:
    """Stack tensors: in a worker process in memory that the parent can map."""
    sample = batch[0]
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


def collate_numpy_array_fn(batch: Sequence[Any], *, collate_fn_map: object = None) -> Tensor:
    """Stack NumPy arrays or scalars."""
    sample = batch[0]
    if not _is_numeric(sample.dtype):
        raise TypeError(_REFUSED.format(sample.dtype))
    alike = all(
        isinstance(item, np.ndarray | np.generic) and item.dtype == sample.dtype and item.shape == sample.shape
        for item in batch
    )
    if alike:
        return torchere.from_numpy(_stacked(batch, sample))
    return torchere.stack([torchere.as_tensor(item) for item in batch], 0)


def collate_float_fn(batch: Sequence[Any], *, collate_fn_map: object = None) -> Tensor:
    """Floats as a float64 tensor."""
    return torchere.tensor(batch, dtype=torchere.float64)


def collate_int_fn(batch: Sequence[Any], *, collate_fn_map: object = None) -> Tensor:
    """Integers, and bools, as a tensor."""
    return torchere.tensor(batch)


def collate_str_fn(batch: Sequence[Any], *, collate_fn_map: object = None) -> Sequence[Any]:
    """Strings as they are."""
    return batch


#: What `default_collate` does with a sample of each type. Programs may add their types, and change these.
default_collate_fn_map: dict[type | tuple[type, ...], CollateFunction] = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_array_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}


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
