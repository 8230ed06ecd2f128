"""Making a module without filling its parameters."""

from __future__ import annotations

import inspect
from typing import Any

import torchere as torch
from torchere_nn.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """``module_cls(*args, **kwargs)`` with uninitialised parameters: made on the meta device, then given memory.

    ``device`` is the cpu unless given. Where no plugin provides the meta device, the module is made as usual: nobody
    may count on values that are not initialised.

    Raises TypeError for anything but a class; RuntimeError for one that is no Module, or whose constructor does not
    accept ``device``.
    """
    if not isinstance(module_cls, type):
        raise TypeError(f"skip_init(): expected a class, got {module_cls!r}")
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    parameters = inspect.signature(module_cls).parameters
    if "device" not in parameters and not any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    ):
        raise RuntimeError(
            f"Module must support a 'device' arg to skip initialization, but {module_cls.__name__} has none"
        )
    device = kwargs.pop("device", "cpu")
    if not _has_meta_device():
        return module_cls(*args, device=device, **kwargs)
    made = module_cls(*args, device="meta", **kwargs)
    return made if torch.device(device).type == "meta" else made.to_empty(device=device)


def _has_meta_device() -> bool:
    try:
        torch.empty(0, device="meta")
    except RuntimeError:
        return False
    return True
