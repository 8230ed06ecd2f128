"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_vision.datasets.digits import Digits as Digits

def __getattr__(name: str) -> Any: ...
