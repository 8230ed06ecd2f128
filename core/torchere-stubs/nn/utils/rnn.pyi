"""Made by scripts/make_stubs.py; edit the sources instead."""

from typing import Any

from torchere_nn.utils.packed_sequence import PackedSequence as PackedSequence
from torchere_nn.utils.packed_sequence import invert_permutation as invert_permutation
from torchere_nn.utils.packed_sequence import pack_padded_sequence as pack_padded_sequence
from torchere_nn.utils.packed_sequence import pack_sequence as pack_sequence
from torchere_nn.utils.packed_sequence import pad_packed_sequence as pad_packed_sequence
from torchere_nn.utils.packed_sequence import unpack_sequence as unpack_sequence
from torchere_nn.utils.padded_sequence import pad_sequence as pad_sequence
from torchere_nn.utils.padded_sequence import unpad_sequence as unpad_sequence

def __getattr__(name: str) -> Any: ...
