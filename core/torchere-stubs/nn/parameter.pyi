"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.tensors.parameter import Buffer as Buffer
from torchere.tensors.parameter import Parameter as Parameter
from torchere_nn.uninitialized import UninitializedBuffer as UninitializedBuffer
from torchere_nn.uninitialized import UninitializedParameter as UninitializedParameter
from torchere_nn.uninitialized import UninitializedTensorMixin as UninitializedTensorMixin
from torchere_nn.uninitialized import is_lazy as is_lazy

def __getattr__(name: str) -> Any: ...
