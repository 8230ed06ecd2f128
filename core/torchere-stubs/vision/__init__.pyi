"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.vision import datasets as datasets
from torchere.vision import transforms as transforms

def __getattr__(name: str) -> Any: ...
