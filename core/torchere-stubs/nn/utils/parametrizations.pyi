"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.parametrizations import orthogonal as orthogonal
from torchere_nn.utils.parametrizations import spectral_norm as spectral_norm
from torchere_nn.utils.parametrizations import weight_norm as weight_norm

def __getattr__(name: str) -> Any: ...
