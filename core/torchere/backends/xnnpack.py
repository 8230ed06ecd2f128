"""``torchere.backends.xnnpack``: a library that torchere does not use."""

from __future__ import annotations

__all__ = ["enabled"]

enabled = False
