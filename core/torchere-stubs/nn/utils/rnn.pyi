"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.rnn import pad_sequence as pad_sequence
from torchere_nn.utils.rnn import unpad_sequence as unpad_sequence

def __getattr__(name: str) -> Any: ...
