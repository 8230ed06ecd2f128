"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.autograd.checkpoint_frame import CheckpointError as CheckpointError
from torchere.autograd.checkpointing import CheckpointFunction as CheckpointFunction
from torchere.autograd.checkpointing import DefaultDeviceType as DefaultDeviceType
from torchere.autograd.checkpointing import check_backward_validity as check_backward_validity
from torchere.autograd.checkpointing import checkpoint as checkpoint
from torchere.autograd.checkpointing import checkpoint_sequential as checkpoint_sequential
from torchere.autograd.checkpointing import detach_variable as detach_variable
from torchere.autograd.checkpointing import get_device_states as get_device_states
from torchere.autograd.checkpointing import noop_context_fn as noop_context_fn
from torchere.autograd.checkpointing import set_checkpoint_debug_enabled as set_checkpoint_debug_enabled
from torchere.autograd.checkpointing import set_checkpoint_early_stop as set_checkpoint_early_stop
from torchere.autograd.checkpointing import set_device_states as set_device_states
from torchere.autograd.selective_checkpointing import CheckpointPolicy as CheckpointPolicy
from torchere.autograd.selective_checkpointing import SelectiveCheckpointContext as SelectiveCheckpointContext
from torchere.autograd.selective_checkpointing import create_selective_checkpoint_contexts as create_selective_checkpoint_contexts
SAC_IGNORED_OPS: Any

def __getattr__(name: str) -> Any: ...
