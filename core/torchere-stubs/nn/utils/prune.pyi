"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.prune import BasePruningMethod as BasePruningMethod
from torchere_nn.utils.prune import CustomFromMask as CustomFromMask
from torchere_nn.utils.prune import Identity as Identity
from torchere_nn.utils.prune import L1Unstructured as L1Unstructured
from torchere_nn.utils.prune import LnStructured as LnStructured
from torchere_nn.utils.prune import PruningContainer as PruningContainer
from torchere_nn.utils.prune import RandomStructured as RandomStructured
from torchere_nn.utils.prune import RandomUnstructured as RandomUnstructured
from torchere_nn.utils.prune import custom_from_mask as custom_from_mask
from torchere_nn.utils.prune import global_unstructured as global_unstructured
from torchere_nn.utils.prune import identity as identity
from torchere_nn.utils.prune import is_pruned as is_pruned
from torchere_nn.utils.prune import l1_unstructured as l1_unstructured
from torchere_nn.utils.prune import ln_structured as ln_structured
from torchere_nn.utils.prune import random_structured as random_structured
from torchere_nn.utils.prune import random_unstructured as random_unstructured
from torchere_nn.utils.prune import remove as remove

def __getattr__(name: str) -> Any: ...
