"""Sequences of different lengths laid out step by step, without padding: what recurrent layers run over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torchere as torch
from torchere import Tensor

from .padded_sequence import pad_sequence, unpad_sequence

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "unpack_sequence",
]


class _PackedFields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_PackedFields):
    """The steps of several sequences, longest sequence first, one step of all sequences after the other.

    Attributes:
        data: ``(sum of lengths, *)``: all first elements, then all second elements, and so on.
        batch_sizes: int64 on the CPU; how many sequences have a first, a second, … element.
        sorted_indices: where each row of a step stood in the original batch; None if the order is the original one.
        unsorted_indices: the inverse of that.

    Made by :func:`pack_padded_sequence` and :func:`pack_sequence`, seldom by hand.
    """

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            # The old form: one pair.
            if not isinstance(data, (list, tuple)) or len(data) != 2:
                raise AssertionError("PackedSequence: without batch_sizes, data must be a pair (data, batch_sizes)")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                f"Use pack_sequence or pack_padded_sequence; got batch_sizes on {batch_sizes.device}"
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """`Tensor.to` of the data; the object itself if nothing changes. ``copy`` is not accepted."""
        if "copy" in kwargs:
            raise RuntimeError("PackedSequence.to() does not accept a copy argument: use to(...).data.clone()")
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        # The indices go to the data's device; dtype and layout are the data's alone.
        options = {name: value for name, value in kwargs.items() if name == "non_blocking"}

        def move(index: Tensor | None) -> Tensor | None:
            return None if index is None else index.to(data.device, **options)

        return type(self)(data, self.batch_sizes, move(self.sorted_indices), move(self.unsorted_indices))

    def pin_memory(self) -> PackedSequence:
        """The same in page-locked memory; ``batch_sizes`` stays as it is."""
        indices = (self.sorted_indices, self.unsorted_indices)
        pinned = [None if index is None else index.pin_memory() for index in indices]
        return type(self)(self.data.pin_memory(), self.batch_sizes, *pinned)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on a CUDA device: the current one, or the one that is given."""
        probe = torch.tensor((), dtype=self.data.dtype, device=self.data.device).to(*args, **kwargs)
        return self.to(*args, **kwargs) if probe.is_cuda else self.to(*args, device="cuda", **kwargs)

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same on the CPU."""
        probe = torch.tensor((), dtype=self.data.dtype, device=self.data.device).to(*args, **kwargs)
        return self.to(*args, **kwargs) if probe.device.type == "cpu" else self.to(*args, device="cpu", **kwargs)

    def double(self) -> PackedSequence:
        """The data as float64."""
        return self.to(dtype=torch.float64)

    def float(self) -> PackedSequence:
        """The data as float32."""
        return self.to(dtype=torch.float32)

    def half(self) -> PackedSequence:
        """The data as float16."""
        return self.to(dtype=torch.float16)

    def long(self) -> PackedSequence:
        """The data as int64."""
        return self.to(dtype=torch.int64)

    def int(self) -> PackedSequence:
        """The data as int32."""
        return self.to(dtype=torch.int32)

    def short(self) -> PackedSequence:
        """The data as int16."""
        return self.to(dtype=torch.int16)

    def char(self) -> PackedSequence:
        """The data as int8."""
        return self.to(dtype=torch.int8)

    def byte(self) -> PackedSequence:
        """The data as uint8."""
        return self.to(dtype=torch.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a CUDA device."""
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        """Whether the data is in page-locked memory."""
        return self.data.is_pinned()


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes ``permutation (N,)``; None of None."""
    if permutation is None:
        return None
    inverse = torch.empty_like(permutation)
    inverse[permutation] = torch.arange(permutation.numel(), dtype=permutation.dtype, device=permutation.device)
    return inverse


def _lengths(lengths: Tensor | Sequence[Any]) -> Tensor:
    """The lengths as a new int64 vector on the CPU."""
    made = lengths.detach() if isinstance(lengths, Tensor) else torch.tensor(list(lengths))
    if made.dim() != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {made.dim()}D {made.device} {made.dtype}"
        )
    return made.to("cpu", torch.int64)


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[Any], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch, dropping the padding; differentiable.

    Args:
        input: ``(T, B, *)``, with `batch_first` ``(B, T, *)``.
        lengths: B lengths between 1 and T, a list or a vector on the CPU.
        batch_first: which of the two it is.
        enforce_sorted: the lengths are in decreasing order; otherwise the batch is sorted, and the packed sequence
            remembers how.

    Raises:
        RuntimeError: for an empty batch, lengths of another number or not of one dimension, a length below 1 or
            above T, and lengths that are not sorted although `enforce_sorted` is set.
        TypeError: if `input` is not a tensor.
        IndexError: if it has fewer than two dimensions.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"pack_padded_sequence(): argument 'input' must be Tensor, not {type(input).__name__}")
    counts = _lengths(lengths)
    if input.dim() < 2:
        raise IndexError(f"pack_padded_sequence(): input must be (time, batch, *), got shape {tuple(input.shape)}")
    steps = input.transpose(0, 1) if batch_first else input
    sorted_indices = None
    if not enforce_sorted:
        counts, order = torch.sort(counts, descending=True)
        sorted_indices = order.to(input.device)
        if steps.size(1) == len(counts):
            steps = steps.index_select(1, sorted_indices)
    if input.numel() == 0:
        raise RuntimeError(f"Cannot pack empty tensors: input has shape {tuple(input.shape)}")
    if len(counts) != steps.size(1):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} (batch_size={steps.size(1)})"
        )
    listed: list[int] = counts.tolist()
    if min(listed) <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0: "
            f"{min(listed)}"
        )
    if listed != sorted(listed, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. Pass "
            "enforce_sorted=False to have it sorted for you"
        )
    if listed[0] > steps.size(0):
        raise RuntimeError(f"pack_padded_sequence: length {listed[0]} exceeds the {steps.size(0)} steps of the input")
    # Rows of each step that belong to a sequence still running: always the first ones, as the lengths decrease.
    sizes = [sum(count > step for count in listed) for step in range(listed[0])]
    data = torch.cat([steps[step, :size] for step, size in enumerate(sizes)])
    return PackedSequence(data, torch.tensor(sizes, dtype=torch.int64), sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """A packed sequence as a padded batch in the original order, and the lengths; differentiable.

    Args:
        sequence: what :func:`pack_padded_sequence` or :func:`pack_sequence` made.
        batch_first: ``(B, T, *)`` instead of ``(T, B, *)``.
        padding_value: what fills the places no sequence has.
        total_length: T, if it is to be more than the longest length.

    Raises:
        ValueError: if `total_length` is less than the longest length.
    """
    sizes: list[int] = sequence.batch_sizes.tolist()
    longest = len(sizes)
    if total_length is None:
        total_length = longest
    elif total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    data = sequence.data
    batch = sizes[0]
    rows = []
    for step in data.split(sizes, 0):
        missing = batch - len(step)
        rows.append(torch.cat([step, step.new_full((missing, *step.shape[1:]), padding_value)]) if missing else step)
    if total_length > longest:
        rows += [data.new_full((batch, *data.shape[1:]), padding_value)] * (total_length - longest)
    padded = torch.stack(rows)
    lengths = torch.tensor([sum(size > row for size in sizes) for row in range(batch)], dtype=torch.int64)
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices.cpu()]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pack_sequence(sequences: Iterable[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences of shapes ``(L_i, *)`` as one packed sequence; see :func:`pack_padded_sequence`."""
    listed = list(sequences)
    lengths = [sequence.size(0) for sequence in listed]
    return pack_padded_sequence(pad_sequence(listed), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences, of shapes ``(L_i, *)`` and in their original order, that a packed sequence holds."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
