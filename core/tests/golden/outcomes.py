"""Runs one behaviour under a framework and writes the outcome as JSON values: for `make_core.py` and the tests.

A behaviour is a function of the framework's module; its outcome what it returns, or the exception it raises.
"""

from __future__ import annotations

import runpy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "behaviours"

_BUILTIN = ("builtins",)


def behaviours() -> dict[str, Callable[[Any], Any]]:
    """Every behaviour by ``topic/name``."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        names = runpy.run_path(str(path))
        table = {
            name: value
            for name, value in names.items()
            if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == "<run_path>"
        }
        table |= names.get("CASES", {})
        found |= {f"{path.stem}/{name}": value for name, value in table.items()}
    return found


def _number(value: Any) -> Any:
    if isinstance(value, complex):
        return {"real": _number(value.real), "imag": _number(value.imag)}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value


def _numbers(value: Any) -> Any:
    return [_numbers(item) for item in value] if isinstance(value, list) else _number(value)


def plain(torch: Any, value: Any) -> Any:
    """A result as JSON values: tensors with dtype, shape and elements."""
    if isinstance(value, torch.Tensor):
        elements = value.detach().cpu()
        if elements.dtype in (torch.bfloat16, torch.float16):
            elements = elements.float()
        return {
            "dtype": str(value.dtype).rpartition(".")[2],
            "shape": [int(size) for size in value.shape],
            "values": _numbers(elements.tolist()),
        }
    if isinstance(value, (list, tuple)):
        return [plain(torch, item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(torch, item) for name, item in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, complex)):
        return _number(value)
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value).rpartition("torch.")[2]
    return f"<{type(value).__name__}>"


def outcome(torch: Any, behaviour: Callable[[Any], Any]) -> Any:
    """What happens: ``{"returns": …}`` or ``{"raises": builtin class, "message": first line}``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return {"returns": plain(torch, behaviour(torch))}
        except Exception as error:
            kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ in _BUILTIN)
            return {"raises": kind, "message": str(error).strip().partition("\n")[0]}
