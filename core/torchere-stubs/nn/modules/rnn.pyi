"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.recurrent import GRU as GRU
from torchere_nn.recurrent import LSTM as LSTM
from torchere_nn.recurrent import RNN as RNN
from torchere_nn.recurrent import RNNBase as RNNBase
from torchere_nn.recurrent_cells import GRUCell as GRUCell
from torchere_nn.recurrent_cells import LSTMCell as LSTMCell
from torchere_nn.recurrent_cells import RNNCell as RNNCell
from torchere_nn.recurrent_cells import RNNCellBase as RNNCellBase
from torchere_nn.utils.packed_sequence import PackedSequence as PackedSequence

def __getattr__(name: str) -> Any: ...
