"""``torchere.backends.miopen``: a library that torchere does not use. The setting is kept and reported."""

from __future__ import annotations

from torchere.backends.switches import Switch, SwitchModule

__all__: list[str] = []


class _MiopenModule(SwitchModule):
    immediate = Switch(False, within=False)


_MiopenModule.adopt(__name__)
