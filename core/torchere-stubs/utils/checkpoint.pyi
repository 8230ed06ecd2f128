"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.autograd.checkpointing import CheckpointError as CheckpointError
from torchere.autograd.checkpointing import checkpoint as checkpoint
from torchere.autograd.checkpointing import checkpoint_sequential as checkpoint_sequential
from torchere.autograd.checkpointing import noop_context_fn as noop_context_fn

def __getattr__(name: str) -> Any: ...
