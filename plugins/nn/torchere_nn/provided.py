"""Layers that other packages provide."""

from __future__ import annotations

from typing import Any

__all__ = ["provided_layer"]


def provided_layer(name: str) -> Any:
    """The layer that a plugin provides as ``name``.

    Raises AttributeError, with names that are near, if there is none or its plugin cannot be used.
    """
    import torchere_nn
    from torchere import plugins

    if name.startswith("_"):
        raise AttributeError(f"module 'torchere.nn' has no attribute {name!r}")
    try:
        return plugins.provide("layer", name)
    except (AttributeError, LookupError) as error:
        import difflib

        near = difflib.get_close_matches(name, torchere_nn.__all__, n=3)
        advice = f". Did you mean {', '.join(near)}?" if near else "."
        raise AttributeError(f"module 'torchere.nn' has no attribute {name!r}{advice} {error}".rstrip()) from error
