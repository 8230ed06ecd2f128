"""Made by scripts/make_stubs.py; edit the sources instead."""

from torchere.utils import checkpoint as checkpoint
from torchere.utils import data as data
from torchere.utils import dlpack as dlpack
from torchere.utils import hooks as hooks
from torchere.utils import tensorboard as tensorboard
