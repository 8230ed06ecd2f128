"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.stateless import call_with_tensors as call_with_tensors
from torchere_nn.utils.stateless import functional_call as functional_call
from torchere_nn.utils.stateless import substituted as substituted

def __getattr__(name: str) -> Any: ...
