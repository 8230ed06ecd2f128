"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.containers import Container as Container
from torchere_nn.containers import ModuleDict as ModuleDict
from torchere_nn.containers import ModuleList as ModuleList
from torchere_nn.containers import Sequential as Sequential
from torchere_nn.parameter_containers import ParameterDict as ParameterDict
from torchere_nn.parameter_containers import ParameterList as ParameterList

def __getattr__(name: str) -> Any: ...
