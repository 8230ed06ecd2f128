"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.parallel.comm import broadcast as broadcast
from torchere_nn.parallel.comm import broadcast_coalesced as broadcast_coalesced
from torchere_nn.parallel.comm import gather as gather
from torchere_nn.parallel.comm import reduce_add as reduce_add
from torchere_nn.parallel.comm import reduce_add_coalesced as reduce_add_coalesced
from torchere_nn.parallel.comm import scatter as scatter

def __getattr__(name: str) -> Any: ...
