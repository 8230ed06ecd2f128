"""``torchere.backends.mha``: whether attention layers may take a fused path in inference.

The setting is kept and reported; torchere's layers have one path.
"""

from __future__ import annotations

__all__ = ["get_fastpath_enabled", "set_fastpath_enabled"]

_enabled = True


def get_fastpath_enabled() -> bool:
    """What was last set; True at first."""
    return _enabled


def set_fastpath_enabled(value: bool) -> None:
    """Permit the fused path, or not."""
    global _enabled
    _enabled = value
