"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.stateless import functional_call as functional_call

def __getattr__(name: str) -> Any: ...
