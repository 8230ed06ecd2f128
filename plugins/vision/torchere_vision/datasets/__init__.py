"""Image datasets, with those that installed plugins provide under the kind ``dataset``."""

from typing import Any

from .digits import Digits

__all__ = ["Digits"]


def __getattr__(name: str) -> Any:
    """A dataset of a third party: entry-point group ``torchere.v1.dataset``."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import torchere.plugins

    try:
        return torchere.plugins.manager.provide("dataset", name)
    except LookupError as error:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}. {error}") from error
