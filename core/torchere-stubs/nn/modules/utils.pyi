"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.modules.utils import consume_prefix_in_state_dict_if_present as consume_prefix_in_state_dict_if_present

def __getattr__(name: str) -> Any: ...
