"""Compiled loops at their first use: numba is imported, and a loop compiled or read from disk, only then."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

__all__ = ["Loops", "is_usable"]

_usable: bool | None = None


def is_usable() -> bool:
    """Whether numba works here; tried once, with a warning that names the remedy if it does not."""
    global _usable
    if _usable is None:
        try:
            import_module("torchere_compiled.loops.jit")
            _usable = True
        except Exception as error:
            _usable = False
            warnings.warn(
                f"numba is installed but does not work ({type(error).__name__}: {error}); NumPy's kernels serve. "
                "Reinstall it: pip install --force-reinstall 'torchere[compiled]'; or set TORCHERE_PLUGINS=-compiled.",
                stacklevel=3,
            )
    return _usable


class Loops:
    """The functions of one module of ``torchere_compiled.loops``, which is imported when one is first asked for."""

    def __init__(self, module: str) -> None:
        self._module = f"torchere_compiled.loops.{module}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(import_module(self._module), name)
        setattr(self, name, found)
        return found
