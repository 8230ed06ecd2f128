"""Padding sequences and taking them apart again, against NumPy."""

import numpy as np
import pytest
from torchere.nn.utils.rnn import pad_sequence, unpad_sequence

import torchere as torch


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("padding_side", ["right", "left"])
def test_pads_like_numpy(batch_first: bool, padding_side: str) -> None:
    arrays = [np.arange(2 * n, dtype=np.float32).reshape(n, 2) + 1 for n in (3, 0, 2)]
    found = pad_sequence([torch.tensor(a) for a in arrays], batch_first, -1.0, padding_side)
    gaps = [(0, 3 - len(a)) if padding_side == "right" else (3 - len(a), 0) for a in arrays]
    padded = [np.pad(a, (gap, (0, 0)), constant_values=-1) for a, gap in zip(arrays, gaps, strict=True)]
    np.testing.assert_array_equal(found.numpy(), np.stack(padded, axis=0 if batch_first else 1))


@pytest.mark.parametrize("batch_first", [False, True])
def test_unpads_what_was_padded(batch_first: bool) -> None:
    sequences = [torch.arange(n) for n in (2, 3, 1)]
    padded = pad_sequence(sequences, batch_first, 9)
    assert padded.dtype == torch.int64
    for lengths in (torch.tensor([2, 3, 1]), [2, 3, 1]):
        assert [s.tolist() for s in unpad_sequence(padded, lengths, batch_first)] == [[0, 1], [0, 1, 2], [0]]
    with pytest.raises(ValueError, match="2 lengths for 3 sequences"):
        unpad_sequence(padded, [2, 3], batch_first)


def test_gradients_reach_every_sequence() -> None:
    short, long = torch.ones(1, requires_grad=True), torch.ones(3, requires_grad=True)
    (pad_sequence([short, long], batch_first=True) * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert short.grad.tolist() == [0.0]
    assert long.grad.tolist() == [3.0, 4.0, 5.0]


@pytest.mark.parametrize(
    ("sequences", "options", "error", "message"),
    [
        ([], {}, RuntimeError, "at least one"),
        (5, {}, RuntimeError, "Expected iterable"),
        ([torch.tensor(1.0)], {}, RuntimeError, "no dimensions"),
        ([torch.ones(2, 2), torch.ones(2, 3)], {}, RuntimeError, r"\(2, 2\) and element 1 \(2, 3\)"),
        ([torch.ones(2), 1], {}, TypeError, "element 1, got int"),
        ([torch.ones(2)], {"padding_side": "up"}, RuntimeError, "left or right, but got up"),
    ],
)
def test_wrong_sequences(sequences: object, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        pad_sequence(sequences, **options)
