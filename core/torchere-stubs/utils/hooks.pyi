"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.hook_handles import RemovableHandle as RemovableHandle

def __getattr__(name: str) -> Any: ...
