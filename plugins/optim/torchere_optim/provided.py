"""Optimizers and schedulers that other packages provide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["provided"]


def provided(kind: str, name: str, module: str, known: Sequence[str]) -> Any:
    """The optimizer or scheduler (``kind``) that a plugin provides as ``name``.

    Raises AttributeError, with names that are near, if there is none or its plugin cannot be used.
    """
    from torchere import plugins

    if name.startswith("_"):
        raise AttributeError(f"module '{module}' has no attribute {name!r}")
    try:
        return plugins.provide(kind, name)
    except (AttributeError, LookupError) as error:
        import difflib

        near = difflib.get_close_matches(name, known, n=3)
        advice = f". Did you mean {', '.join(near)}?" if near else "."
        raise AttributeError(f"module '{module}' has no attribute {name!r}{advice} {error}".rstrip()) from error
