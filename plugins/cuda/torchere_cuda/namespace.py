"""``torchere.cuda``: PyTorch's ``torch.cuda``."""

from . import devices, memory, random, streams
from .devices import *  # noqa: F403
from .memory import *  # noqa: F403
from .random import *  # noqa: F403
from .streams import *  # noqa: F403

__all__ = [
    *(name for name in devices.__all__ if name != "index_of"),
    *memory.__all__,
    *random.__all__,
    *streams.__all__,
]
