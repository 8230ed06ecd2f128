"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any


def __getattr__(name: str) -> Any: ...
