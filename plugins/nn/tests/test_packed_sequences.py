"""Packed sequences: attributes, conversions, errors, and recurrent layers that run over them."""

from __future__ import annotations

from typing import Any

import pytest
from torchere.nn.utils.rnn import (
    PackedSequence,
    invert_permutation,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
)

import torchere as torch
from torchere import nn

PADDED = torch.arange(24.0).reshape(4, 3, 2)
PACKED = pack_padded_sequence(PADDED, [1, 3, 4], enforce_sorted=False)


def test_fields() -> None:
    assert PackedSequence._fields == ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
    assert len(PACKED) == 4
    data, sizes, order, back = PACKED
    assert sizes.tolist() == [3, 2, 2, 1]
    assert order.tolist() == [2, 1, 0]
    assert torch.equal(invert_permutation(order), back)
    assert invert_permutation(None) is None
    old = PackedSequence((data, sizes))
    assert old.sorted_indices is None
    assert old.unsorted_indices is None
    given = PackedSequence(data, sizes, torch.tensor([2, 0, 1]))
    assert given.unsorted_indices.tolist() == [1, 2, 0]
    with pytest.raises(AssertionError, match="must be a pair"):
        PackedSequence(data)


def test_conversions() -> None:
    assert PACKED.to("cpu") is PACKED
    assert PACKED.cpu() is PACKED
    assert PACKED.float() is PACKED
    for name in ("double", "half", "long", "int", "short", "char", "byte"):
        converted = getattr(PACKED, name)()
        assert converted.data.dtype == getattr(PADDED, name)().dtype
        assert converted.sorted_indices.dtype == torch.int64
    assert PACKED.to(torch.zeros(1, dtype=torch.float64)).data.dtype == torch.float64
    assert not PACKED.is_cuda
    assert not PACKED.is_pinned()
    with pytest.raises(RuntimeError, match="copy argument"):
        PACKED.to("cpu", copy=True)


def test_gradients_flow_through_packing() -> None:
    x = PADDED.clone().requires_grad_()
    packed = pack_padded_sequence(x, [1, 3, 4], enforce_sorted=False)
    again, lengths = pad_packed_sequence(packed)
    again.sum().backward()
    assert lengths.tolist() == [1, 3, 4]
    assert x.grad[:, :, 0].tolist() == [[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pack_padded_sequence(PADDED, [1, 3, 4]), RuntimeError, "sorted in decreasing order"),
        (lambda: pack_padded_sequence(PADDED, [4, 3, 0]), RuntimeError, "greater than 0"),
        (lambda: pack_padded_sequence(PADDED, [4, 3]), RuntimeError, r"got 2 \(batch_size=3\)"),
        (lambda: pack_padded_sequence(PADDED, [5, 3, 1]), RuntimeError, "length 5 exceeds the 4 steps"),
        (lambda: pack_padded_sequence(PADDED, [[4, 3, 1]]), RuntimeError, "got 2D cpu"),
        (lambda: pack_padded_sequence(PADDED[:0], [0, 0, 0]), RuntimeError, "Cannot pack empty tensors"),
        (lambda: pack_padded_sequence(torch.ones(3), [3]), IndexError, r"got shape \(3,\)"),
        (lambda: pack_padded_sequence([1], [1]), TypeError, "must be Tensor, not list"),
        (lambda: pad_packed_sequence(PACKED, total_length=2), ValueError, "total_length=2 .* length being 4"),
        (lambda: pack_sequence([]), RuntimeError, "empty list"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_each_sequence_is_run_by_itself(kind: str) -> None:
    layer = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True)
    output, final = layer(PACKED)
    padded, lengths = pad_packed_sequence(output)
    finals = final if kind == "LSTM" else (final,)
    for row, length in enumerate(lengths.tolist()):
        alone, last = layer(PADDED[:length, row])
        assert torch.allclose(padded[:length, row], alone, atol=1e-6)
        for ours, theirs in zip(finals, last if kind == "LSTM" else (last,), strict=True):
            assert torch.allclose(ours[:, row], theirs, atol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_wrong_inputs_of_layers(kind: str) -> None:
    layer = getattr(nn, kind)(2, 3)
    sizes = PACKED.batch_sizes
    small = torch.zeros(1, 1, 3)
    for packed, state, error, message in (
        (PackedSequence(torch.zeros(8, 5), sizes), None, RuntimeError, "Expected 2, got 5"),
        (PackedSequence(torch.zeros(8, 2, 2), sizes), None, RuntimeError, "must have 2 dimensions, got 3"),
        (PackedSequence(torch.zeros(5, 2), sizes), None, RuntimeError, "5 elements, but its batch_sizes add up to 8"),
        (PACKED.double(), None, ValueError, "does not match weight dtype"),
        (PACKED, small, RuntimeError, r"size \(1, 3, 3\), got \[1, 1, 3\]"),
    ):
        hidden = (state, state) if kind == "LSTM" and state is not None else state
        with pytest.raises(error, match=message):
            layer(packed, hidden)


def test_dropout_between_layers_of_a_packed_run() -> None:
    layer = nn.GRU(2, 3, num_layers=2, dropout=1.0)
    output, _ = layer(PACKED)
    zeros, _ = nn.utils.rnn.pad_packed_sequence(output)
    # With everything dropped, the second layer sees zeros: its outputs are the same for all sequences.
    assert torch.allclose(zeros[0, 0], zeros[0, 1])
    layer.eval()
    output, _ = layer(PACKED)
    kept, _ = pad_packed_sequence(output)
    assert not torch.allclose(kept[0, 0], kept[0, 1])
