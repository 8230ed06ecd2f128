"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.nn.modules import container as container
from torchere.nn.modules import module as module
from torchere.nn.modules import rnn as rnn
from torchere.nn.modules import utils as utils

def __getattr__(name: str) -> Any: ...
