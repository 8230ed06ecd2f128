"""``torchere.backends.quantized``: engines for quantised operators, of which there is none."""

from __future__ import annotations

from torchere.backends.switches import Switch, SwitchModule

__all__: list[str] = []


def _engine(value: str) -> str:
    if value != "none":
        raise RuntimeError(f"{value} is not a valid value for quantized engine; supported: ['none']")
    return value


class _QuantizedEngine(SwitchModule):
    engine = Switch("none", _engine)

    @property
    def supported_engines(self) -> list[str]:
        """``["none"]``."""
        return ["none"]


_QuantizedEngine.adopt(__name__)
