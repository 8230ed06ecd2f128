"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.tensors.parameter import Buffer as Buffer
from torchere.tensors.parameter import Parameter as Parameter

def __getattr__(name: str) -> Any: ...
