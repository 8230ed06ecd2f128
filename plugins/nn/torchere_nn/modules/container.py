"""``torchere.nn.modules.container``: containers of modules and of parameters."""

from torchere_nn.containers import Container, ModuleDict, ModuleList, Sequential
from torchere_nn.parameter_containers import ParameterDict, ParameterList

__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
