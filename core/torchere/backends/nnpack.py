"""``torchere.backends.nnpack``: a library that torchere does not use. The setting is kept and reported."""

from __future__ import annotations

from torchere.backends.switches import Switch, SwitchModule

__all__ = ["is_available"]


def is_available() -> bool:
    """False."""
    return False


class _NnpackModule(SwitchModule):
    enabled = Switch(False, within=False)


_NnpackModule.adopt(__name__)
