"""Sequences of different lengths as one padded batch, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torchere import Tensor

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences of shapes ``(L_i, *)`` as one tensor, the shorter ones filled up with `padding_value`.

    Args:
        sequences: tensors that differ in their first dimension only.
        batch_first: ``(B, T, *)`` instead of ``(T, B, *)``, T the longest length.
        padding_value: what fills the places no sequence has.
        padding_side: ``"right"`` fills after a sequence, ``"left"`` before it.

    Returns:
        A tensor with the dtype and device of the first sequence; gradients flow into every sequence.

    Raises:
        RuntimeError: if there is no sequence, if one is 0-d, or if the dimensions after the first differ.
        TypeError: if an element is not a tensor.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    listed = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    if not listed:
        raise RuntimeError("pad_sequence: received an empty list of sequences; give at least one tensor")
    for position, sequence in enumerate(listed):
        if not isinstance(sequence, Tensor):
            raise TypeError(f"pad_sequence: expected a Tensor as element {position}, got {type(sequence).__name__}")
        if sequence.dim() == 0:
            raise RuntimeError(
                f"pad_sequence: element {position} has no dimensions; a sequence is (length, *): use unsqueeze(0)"
            )
        if sequence.shape[1:] != listed[0].shape[1:]:
            raise RuntimeError(
                f"pad_sequence: sequences may differ in their first dimension only, but element 0 is "
                f"{tuple(listed[0].shape)} and element {position} {tuple(sequence.shape)}"
            )
    longest = max(len(sequence) for sequence in listed)
    rest = listed[0].shape[1:]
    padded = listed[0].new_full((len(listed), longest, *rest), padding_value)
    for row, sequence in enumerate(listed):
        start = longest - len(sequence) if padding_side == "left" else 0
        padded[row, start : start + len(sequence)] = sequence
    return padded if batch_first else padded.transpose(0, 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a batch that `pad_sequence` filled up on the right.

    Args:
        padded_sequences: ``(T, B, *)``, with `batch_first` ``(B, T, *)``.
        lengths: B lengths.
        batch_first: which of the two it is.

    Returns:
        B views of shapes ``(lengths[i], *)``.

    Raises:
        ValueError: if there is not one length for each sequence.
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    counts = [int(length) for length in lengths]
    if len(counts) != len(rows):
        raise ValueError(f"unpad_sequence: got {len(counts)} lengths for {len(rows)} sequences")
    return [row[:count] for row, count in zip(rows, counts, strict=True)]
