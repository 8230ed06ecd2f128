"""Nested inputs cut into parts for several devices, and nested outputs joined again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from torchere import Tensor

from . import comm
from .devices import device_of, devices_of

__all__ = ["gather", "is_namedtuple", "scatter", "scatter_kwargs"]


def is_namedtuple(value: Any) -> bool:
    """Whether `value` is of a named tuple's class."""
    return isinstance(value, tuple) and hasattr(value, "_asdict") and hasattr(value, "_fields")


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> Any:
    """A list with a part of ``inputs`` for each device: tensors are cut along ``dim``, containers taken apart, and
    other objects given to all. There are fewer parts than devices if a tensor has fewer slices."""
    places = devices_of(target_gpus)

    def parts(value: Any) -> Any:
        if isinstance(value, Tensor):
            return comm.scatter(value, places, dim=dim)
        if is_namedtuple(value):
            return [type(value)(*items) for items in zip(*map(parts, value), strict=False)]
        if isinstance(value, tuple) and value:
            return list(zip(*map(parts, value), strict=False))
        if isinstance(value, list) and value:
            return [list(items) for items in zip(*map(parts, value), strict=False)]
        if isinstance(value, dict) and value:
            return [type(value)(items) for items in zip(*map(parts, value.items()), strict=False)]
        return [value for _ in places]

    return parts(inputs)


def scatter_kwargs(
    inputs: tuple[Any, ...], kwargs: dict[str, Any] | None, target_gpus: Sequence[Any], dim: int = 0
) -> tuple[tuple[Any, ...], tuple[dict[str, Any], ...]]:
    """Positional and keyword arguments for each device; the shorter of both is filled up with nothing."""
    cut = scatter(inputs, target_gpus, dim) if inputs else []
    cut_kwargs = scatter(kwargs, target_gpus, dim) if kwargs else []
    cut.extend(() for _ in range(len(cut_kwargs) - len(cut)))
    cut_kwargs.extend({} for _ in range(len(cut) - len(cut_kwargs)))
    return tuple(cut), tuple(cut_kwargs)


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """The outputs of several devices as one on ``target_device``: tensors are joined along ``dim``, inside containers
    too; numbers become a vector, with a warning.

    Raises ValueError for dicts whose keys differ.
    """
    place = device_of(target_device)

    def joined(values: Sequence[Any]) -> Any:
        first = values[0]
        if isinstance(first, Tensor):
            if all(value.dim() == 0 for value in values) and dim == 0:
                warnings.warn(
                    "Was asked to gather along dimension 0, but all input tensors were scalars; will instead unsqueeze "
                    "and return a vector.",
                    stacklevel=4,
                )
                values = [value.reshape(1) for value in values]
            return comm.gather(values, dim, place)
        if first is None:
            return None
        if isinstance(first, dict):
            if not all(len(value) == len(first) for value in values):
                raise ValueError("All dicts must have the same number of keys")
            return type(first)((key, joined([value[key] for value in values])) for key in first)
        if is_namedtuple(first):
            return type(first)._make(map(joined, zip(*values, strict=True)))
        return type(first)(map(joined, zip(*values, strict=True)))

    return joined(list(outputs))
