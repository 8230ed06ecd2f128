"""Padding: `constant_pad_nd`, the operator, and `pad` with all of PyTorch's modes."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.dtype_sets import NUMERIC
from torchere.errors import ShapeError
from torchere.operators import Number, composite, operator

from .operand_kinds import require_dtypes

__all__ = ["constant_pad_nd", "pad"]


def _check_constant_pad(input: Tensor, pad: tuple[int, ...], value: Number = 0) -> None:
    shape = tuple(input.shape)
    _check_even(pad)
    if len(pad) > 2 * len(shape):
        raise ShapeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {len(shape)} (shape {shape})."
        )
    for pair in range(len(pad) // 2):
        axis = len(shape) - 1 - pair
        before, after = pad[2 * pair], pad[2 * pair + 1]
        if shape[axis] + min(before, 0) + min(after, 0) < 0:
            raise ShapeError(
                f"narrow(): length must be non-negative. pad() cannot cut ({before}, {after}) off dimension {axis}, "
                f"which has size {shape[axis]}."
            )


def _check_even(pad: tuple[int, ...]) -> None:
    if len(pad) % 2:
        raise ShapeError(
            f"Padding length must be divisible by 2: pad() takes (before, after) pairs, but got {len(pad)} sizes."
        )


@operator(check=_check_constant_pad)
def constant_pad_nd(input: Tensor, pad: tuple[int, ...], value: Number = 0) -> Tensor:
    """`input` with `value` added around it: `pad` holds (before, after) pairs from the last dimension backwards.

    Negative sizes cut off. Raises RuntimeError when more is cut off than there is or `pad` is too long.
    """
    x = input
    for pair in range(len(pad) // 2):
        axis = x.ndim - 1 - pair
        before, after = pad[2 * pair], pad[2 * pair + 1]
        if before < 0 or after < 0:
            start, cut = max(0, -before), max(0, -after)
            x = x.narrow(axis, start, x.shape[axis] - start - cut)
        if before > 0 or after > 0:
            blocks = [_block(x, axis, size, value) for size in (before, after)]
            x = torchere.cat([piece for piece in (blocks[0], x, blocks[1]) if piece is not None], axis)
    return x.clone() if x.ndim == input.ndim and tuple(x.shape) == tuple(input.shape) else x


def _block(x: Tensor, axis: int, size: int, value: Number) -> Tensor | None:
    if size <= 0:
        return None
    shape = list(x.shape)
    shape[axis] = size
    return torchere.full(shape, value, dtype=x.dtype, device=x.device)


constant_pad_nd.gradient(input=lambda grad, pad: constant_pad_nd(grad, tuple(-size for size in pad), 0))


def _source_index(mode: str, size: int, before: int, after: int) -> list[int]:
    """Where each element of the padded dimension comes from."""
    if mode == "circular":
        # What a negative size cuts off does not come back on the other side.
        start = max(0, -before)
        width = size - start - max(0, -after)
        return [start + i % width for i in range(-max(0, before), width + max(0, after))] if width else []
    if mode == "replicate":
        return [min(max(i, 0), size - 1) for i in range(-before, size + after)]
    period = max(2 * (size - 1), 1)
    return [min(i % period, period - i % period) if size > 1 else 0 for i in range(-before, size + after)]


def _check_edge_mode(mode: str, shape: tuple[int, ...], pad: tuple[int, ...]) -> None:
    count = len(pad) // 2
    if count not in (1, 2, 3) or len(shape) not in (count + 1, count + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {len(shape)}D input tensor (shape {shape}) in "
            f"pad(mode={mode!r}): 2 sizes pad the last dimension of a 2D or 3D input, 4 sizes the last two of a 3D or "
            "4D input, 6 sizes the last three of a 4D or 5D input. Add or flatten leading dimensions."
        )
    inner = shape[-count - 1 :] if mode != "circular" else shape[-count:]
    if 0 in inner:
        raise ShapeError(
            f"Expected {count + 1}D or {count + 2}D (batch mode) tensor with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(shape)} in pad(mode={mode!r})."
        )
    for pair in range(count):
        axis = len(shape) - 1 - pair
        before, after = pad[2 * pair], pad[2 * pair + 1]
        length = shape[axis] + before + after
        if mode == "reflect" and (before >= shape[axis] or after >= shape[axis]):
            raise ShapeError(
                "Padding size should be less than the corresponding input dimension, but got: padding "
                f"({before}, {after}) at dimension {axis} of input {list(shape)} in pad(mode='reflect')."
            )
        if mode == "circular":
            if before > shape[axis] or after > shape[axis]:
                raise ShapeError(
                    f"Padding value causes wrapping around more than once. pad(mode='circular') got ({before}, "
                    f"{after}) for dimension {axis} of size {shape[axis]}."
                )
            if length < 0:
                raise ShapeError(
                    f"Negative padding value is resulting in an empty dimension. pad(mode='circular') got ({before}, "
                    f"{after}) for dimension {axis} of size {shape[axis]}."
                )
        elif length < 1:
            name = "WHD"[pair]
            raise ShapeError(
                f"input ({name}: {shape[axis]}) is too small. Calculated output {name}: {length} in pad(mode={mode!r})."
            )


@composite(namespace="nn.functional")
def pad(input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last dimensions of `input`; `pad` holds (before, after) pairs from the last dimension backwards.

    ``mode`` is ``"constant"`` (with `value`, 0 by default; any number of dimensions), ``"reflect"``,
    ``"replicate"`` or ``"circular"`` (the last 1, 2 or 3 dimensions of a tensor with one or two leading ones).
    Negative sizes cut off. Raises RuntimeError where sizes do not fit, NotImplementedError for another mode or rank.
    """
    sizes = tuple(int(size) for size in pad)
    if mode == "constant":
        return constant_pad_nd(input, sizes, 0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            f"Unrecognised padding mode {mode}. Choose 'constant', 'reflect', 'replicate' or 'circular'."
        )
    if value not in (None, 0):
        raise ShapeError(f'Padding mode "{mode}" doesn\'t take in value argument, but got value={value}.')
    _check_even(sizes)
    if mode != "circular":
        require_dtypes(f"{mode}_pad", input, NUMERIC)
    _check_edge_mode(mode, tuple(input.shape), sizes)
    x = input
    for pair in range(len(sizes) // 2):
        before, after = sizes[2 * pair], sizes[2 * pair + 1]
        if not before and not after:
            continue
        axis = x.ndim - 1 - pair
        index = _source_index(mode, x.shape[axis], before, after)
        x = x.index_select(axis, torchere.tensor(index, dtype=torchere.int64, device=x.device))
    return x if x is not input else input.clone()
