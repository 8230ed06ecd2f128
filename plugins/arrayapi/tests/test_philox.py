"""Philox against the published known answers (Random123, kat_vectors)."""

import numpy as np
import pytest

from torchere_arrayapi.philox import PhiloxStream, philox_blocks

ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counters", "key", "words"), ANSWERS)
def test_known_answers(counters, key, words):
    blocks = philox_blocks(tuple(np.array([word], np.uint64) for word in counters), key)
    assert tuple(int(block[0]) for block in blocks) == words


def test_stream_continues_where_it_stopped():
    whole, parts = PhiloxStream(7), PhiloxStream(7)
    drawn = np.concatenate([parts.words(np, 8), parts.words(np, 4)])
    assert drawn.tolist() == whole.words(np, 12).tolist()
    assert parts.drawn == whole.drawn == 3
