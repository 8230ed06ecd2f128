"""Making a module without filling its parameters."""

from __future__ import annotations

import inspect
from typing import Any

from torchere_nn.module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """``module_cls(*args, **kwargs)`` with uninitialised parameters: made on the meta device, then given memory.

    ``device`` is the cpu unless given. Raises RuntimeError for anything but a Module class whose constructor accepts
    ``device``.
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    parameters = inspect.signature(module_cls).parameters
    if "device" not in parameters and not any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    ):
        raise RuntimeError(
            f"Module must support a 'device' arg to skip initialization, but {module_cls.__name__} has none"
        )
    device = kwargs.pop("device", "cpu")
    return module_cls(*args, device="meta", **kwargs).to_empty(device=device)
