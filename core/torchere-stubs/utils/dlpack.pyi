"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.creation import from_dlpack as from_dlpack
from torchere.dlpack import DLDeviceType as DLDeviceType
from torchere.dlpack import to_dlpack as to_dlpack

def __getattr__(name: str) -> Any: ...
