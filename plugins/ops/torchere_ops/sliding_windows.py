"""Sliding windows over the last dimensions, their adjoint, and `unfold`/`fold` built on them.

`extract_windows` and `accumulate_windows` are each other's gradient. They are what convolution and pooling decompose
into on devices without kernels of their own.
"""

from __future__ import annotations

from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.errors import ShapeError
from torchere.operators import composite, operator

from .operand_kinds import require_dtypes
from .padding import constant_pad_nd

__all__ = ["accumulate_windows", "extract_windows", "fold", "sizes_of", "unfold", "window_count"]

Sizes = tuple[int, ...]


def sizes_of(operator_name: str, name: str, value: int | tuple[int, ...] | list[int], count: int) -> Sizes:
    """`value` as a tuple of `count` ints; an int, or a sequence of one, is repeated.

    Raises RuntimeError for a sequence of another length and TypeError for what is neither int nor ints.
    """
    if isinstance(value, tuple | list):
        sizes = tuple(value)
    else:
        sizes = (value,)
    for size in sizes:
        if not hasattr(size, "__index__"):
            raise TypeError(
                f"{operator_name}(): argument '{name}' must be tuple of ints or int, not {type(size).__name__}"
            )
    if len(sizes) == 1:
        return (int(sizes[0]),) * count
    if len(sizes) != count:
        raise ShapeError(
            f"expected {name} to be a single integer value or a list of {count} values to match the {operator_name} "
            f"dimensions, but got {name}={list(sizes)}"
        )
    return tuple(map(int, sizes))


def window_count(size: int, kernel: int, stride: int, dilation: int) -> int:
    """How many windows fit along one dimension; 0 when not even one does."""
    return max(0, (size - dilation * (kernel - 1) - 1) // stride + 1)


def _window_index(count: int, kernel: int, stride: int, dilation: int) -> list[int]:
    return [position * stride + offset * dilation for offset in range(kernel) for position in range(count)]


@operator(namespace=())
def extract_windows(input: Tensor, kernel_size: Sizes, stride: Sizes, dilation: Sizes) -> Tensor:
    """All windows of the last ``len(kernel_size)`` dimensions.

    Shape: ``(*lead, *size)`` to ``(*lead, *kernel_size, *positions)``.
    """
    lead = input.ndim - len(kernel_size)
    x = input
    for axis, (k, s, d) in enumerate(zip(kernel_size, stride, dilation, strict=True)):
        at = lead + 2 * axis
        count = window_count(x.shape[at], k, s, d)
        if (k, s) != (1, 1):
            index = torchere.tensor(_window_index(count, k, s, d), dtype=torchere.int64, device=input.device)
            x = x.index_select(at, index)
        x = x.reshape(*x.shape[:at], k, count, *x.shape[at + 1 :])
    offsets = range(lead, x.ndim, 2)
    return x.permute(*range(lead), *offsets, *(i + 1 for i in offsets))


extract_windows.gradient(
    input=lambda grad, input_shape, kernel_size, stride, dilation: accumulate_windows(
        grad, tuple(input_shape[len(input_shape) - len(kernel_size) :]), stride, dilation
    )
)


@operator(namespace=())
def accumulate_windows(input: Tensor, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Tensor:
    """The adjoint of `extract_windows`: every window is added to where it was read.

    Shape: ``(*lead, *kernel_size, *positions)`` to ``(*lead, *sizes)``.
    """
    count = len(sizes)
    lead = input.ndim - 2 * count
    pairs = [i for axis in range(count) for i in (lead + axis, lead + count + axis)]
    x = input.permute(*range(lead), *pairs)
    for axis in reversed(range(count)):
        at = lead + 2 * axis
        kernel, positions = x.shape[at : at + 2]
        x = x.reshape(*x.shape[:at], kernel * positions, *x.shape[at + 2 :])
        if (kernel, stride[axis]) == (1, 1) and positions == sizes[axis]:
            continue
        index = _window_index(positions, kernel, stride[axis], dilation[axis])
        canvas = x.new_zeros((*x.shape[:at], sizes[axis], *x.shape[at + 1 :]))
        x = canvas.index_add(at, torchere.tensor(index, dtype=torchere.int64, device=input.device), x)
    return x


def _accumulate_gradient(grad: Tensor, input_shape: Sizes, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Tensor:
    first, last = len(input_shape) - 2 * len(sizes), len(input_shape) - len(sizes)
    windows = extract_windows(grad, tuple(input_shape[first:last]), stride, dilation)
    # There may be room for more windows than were added up.
    for axis in range(last, len(input_shape)):
        if windows.shape[axis] != input_shape[axis]:
            windows = windows.narrow(axis, 0, input_shape[axis])
    return windows


accumulate_windows.gradient(input=_accumulate_gradient)


# ---------------------------------------------------------------------------------------------------- unfold and fold


def _positive(operator_name: str, name: str, sizes: Sizes) -> None:
    if any(size <= 0 for size in sizes):
        label = name.split()[0]
        raise ShapeError(
            f"{name} should be greater than zero, but got {label}_height: {sizes[0]} {label}_width: {sizes[1]} in "
            f"{operator_name}()."
        )


def _block_settings(
    operator_name: str,
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...],
    padding: int | tuple[int, ...],
    stride: int | tuple[int, ...],
) -> tuple[Sizes, Sizes, Sizes, Sizes]:
    kernel = sizes_of(operator_name, "kernel_size", kernel_size, 2)
    spread = sizes_of(operator_name, "dilation", dilation, 2)
    border = sizes_of(operator_name, "padding", padding, 2)
    step = sizes_of(operator_name, "stride", stride, 2)
    _positive(operator_name, "kernel size", kernel)
    _positive(operator_name, "dilation", spread)
    _positive(operator_name, "stride", step)
    if any(size < 0 for size in border):
        raise ShapeError(
            f"padding should be non-negative, but got pad_height: {border[0]} pad_width: {border[1]} in "
            f"{operator_name}()."
        )
    return kernel, spread, border, step


@composite(namespace="nn.functional")
def unfold(
    input: Tensor,
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Tensor:
    """Columns of all sliding blocks of an image.

    Shape: ``(n, c, h, w)`` to ``(n, c * kernel height * kernel width, number of blocks)``, or both without ``n``.
    Raises RuntimeError when no block fits or a setting is out of range.
    """
    require_dtypes("im2col", input, (*FLOATING, *COMPLEX, "bool"))
    kernel, spread, border, step = _block_settings("unfold", kernel_size, dilation, padding, stride)
    shape = tuple(input.shape)
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(shape)} in unfold()."
        )
    counts = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(shape[-2:], kernel, spread, border, step, strict=True)
    )
    if min(counts) < 1:
        raise ShapeError(
            f"Given input with spatial size {tuple(shape[-2:])}, kernel_size={kernel}, dilation={spread}, "
            f"padding={border}, stride={step}, calculated shape of the array of sliding blocks as {counts}, but its "
            "components must be at least one: unfold() needs a larger input, more padding or a smaller kernel."
        )
    x = _bordered(input, border)
    windows = extract_windows(x, kernel, step, spread)
    return windows.reshape(*shape[:-3], shape[-3] * prod(kernel), prod(counts))


def _bordered(x: Tensor, border: Sizes) -> Tensor:
    if not any(border):
        return x
    return constant_pad_nd(x, tuple(p for size in reversed(border) for p in (size, size)), 0)


@composite(namespace="nn.functional")
def fold(
    input: Tensor,
    output_size: int | tuple[int, ...],
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Tensor:
    """Image of `output_size` from columns of blocks, overlapping values added: the adjoint of `unfold`.

    Shape: ``(n, c * kernel height * kernel width, number of blocks)`` to ``(n, c, *output_size)``, also without ``n``.
    Raises RuntimeError when the columns or blocks do not fit the settings.
    """
    require_dtypes("col2im", input, (*FLOATING, *COMPLEX, "bool"))
    target = sizes_of("fold", "output_size", output_size, 2)
    kernel, spread, border, step = _block_settings("fold", kernel_size, dilation, padding, stride)
    shape = tuple(input.shape)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise ShapeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(shape)} in fold()."
        )
    rows, blocks = shape[-2:]
    if rows % prod(kernel):
        raise ShapeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={rows} and kernel_size={kernel} in fold()."
        )
    counts = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(target, kernel, spread, border, step, strict=True)
    )
    if min(counts) < 1 or blocks != prod(counts):
        raise ShapeError(
            f"Given output_size={target}, kernel_size={kernel}, dilation={spread}, padding={border}, stride={step}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{counts[0]} * {counts[1]} = {prod(counts)}, but got input.size(2)={blocks} in fold()."
        )
    windows = input.reshape(*shape[:-2], rows // prod(kernel), *kernel, *counts)
    canvas = tuple(n + 2 * p for n, p in zip(target, border, strict=True))
    image = accumulate_windows(windows, canvas, step, spread)
    return _bordered(image, tuple(-p for p in border))
