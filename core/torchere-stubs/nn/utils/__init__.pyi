"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere.nn.utils import rnn as rnn
from torchere_nn.utils.convert_parameters import parameters_to_vector as parameters_to_vector
from torchere_nn.utils.convert_parameters import vector_to_parameters as vector_to_parameters
from torchere_nn.utils.gradient_clipping import clip_grad_norm as clip_grad_norm
from torchere_nn.utils.gradient_clipping import clip_grad_norm_ as clip_grad_norm_
from torchere_nn.utils.gradient_clipping import clip_grad_value_ as clip_grad_value_
from torchere_nn.utils.gradient_clipping import clip_grads_with_norm_ as clip_grads_with_norm_
from torchere_nn.utils.gradient_clipping import get_total_norm as get_total_norm

def __getattr__(name: str) -> Any: ...
