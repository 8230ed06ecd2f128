"""The keyword arguments with which layers make their tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["factory_kwargs"]

_KNOWN = ("device", "dtype", "memory_format")


def factory_kwargs(kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
    """``device``, ``dtype`` and ``memory_format`` among a layer's keyword arguments, and those below
    ``"factory_kwargs"`` there.

    Raises TypeError for any other argument, and for one given in both places.

    Example:
        >>> import torchere as torch
        >>> torch.nn.factory_kwargs({"factory_kwargs": {"device": "cpu"}, "dtype": None})
        {'dtype': None, 'device': 'cpu'}
    """
    if not kwargs:
        return {}
    unexpected = set(kwargs) - {*_KNOWN, "factory_kwargs"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}; known are {', '.join(_KNOWN)}")
    result = {name: kwargs[name] for name in _KNOWN if name in kwargs}
    for name, value in kwargs.get("factory_kwargs", {}).items():
        if name in result:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        result[name] = value
    return result
