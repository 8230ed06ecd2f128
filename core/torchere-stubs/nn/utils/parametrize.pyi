"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.parametrize import ParametrizationList as ParametrizationList
from torchere_nn.utils.parametrize import cached as cached
from torchere_nn.utils.parametrize import is_parametrized as is_parametrized
from torchere_nn.utils.parametrize import register_parametrization as register_parametrization
from torchere_nn.utils.parametrize import remove_parametrizations as remove_parametrizations
from torchere_nn.utils.parametrize import transfer_parametrizations_and_params as transfer_parametrizations_and_params
from torchere_nn.utils.parametrize import type_before_parametrizations as type_before_parametrizations

def __getattr__(name: str) -> Any: ...
