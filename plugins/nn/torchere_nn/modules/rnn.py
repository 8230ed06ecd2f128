"""``torchere.nn.modules.rnn``: recurrent layers and their single steps."""

from torchere_nn.recurrent import GRU, LSTM, RNN, RNNBase
from torchere_nn.recurrent_cells import GRUCell, LSTMCell, RNNCell, RNNCellBase
from torchere_nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "PackedSequence", "RNNBase", "RNNCell", "RNNCellBase"]
