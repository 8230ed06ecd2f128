"""Fractional max pooling: windows whose places are drawn at random, so that any output size is possible."""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import composite, operator

from .operand_kinds import require_dtypes

__all__ = [
    "fractional_max_places",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

Sizes = tuple[int, ...]
IntOrInts = int | tuple[int, ...]
NumberOrNumbers = float | tuple[float, ...]

_AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def _starts(samples: Tensor, size: int, windows: int, width: int) -> Tensor:
    """First places ``(planes, windows)`` of the windows along one axis, from a number in [0, 1) for each plane.

    Steps are ``step = (size - width) / (windows - 1)`` rounded down or up; the last window ends with the axis.
    """
    if windows == 0:
        return torchere.zeros((samples.shape[0], 0), dtype=torchere.int64, device=samples.device)
    last = torchere.full((samples.shape[0], 1), size - width, dtype=torchere.int64, device=samples.device)
    if windows == 1:
        return last
    # In the dtype of the samples: rounding decides where a window begins.
    alpha = torchere.tensor(size - width, dtype=samples.dtype, device=samples.device) / (windows - 1)
    numbers = torchere.arange(windows - 1, device=samples.device).to(samples.dtype)
    sample = samples.unsqueeze(1)
    first = ((numbers + sample) * alpha).to(torchere.int64) - (sample * alpha).to(torchere.int64)
    return torchere.cat([first, last], 1)


@operator(namespace=(), out=False, dtypes=FLOATING, same_dtype=False, differentiable=())
def fractional_max_places(input: Tensor, samples: Tensor, kernel_size: Sizes, output_size: Sizes) -> Tensor:
    """Where in the flattened last axes the maximum of each window is: the first of equals, the last NaN.

    Shape: `input` ``(planes, *sizes)``, `samples` ``(planes, axes)`` in [0, 1) to ``(planes, *output_size)`` of int64.
    `samples` has the numbers of the axes in PyTorch's order: in two dimensions the last axis first.
    Source: Graham 2014, with pseudorandom overlapping windows.
    """
    axes = len(kernel_size)
    sizes = tuple(input.shape[1:])
    planes = input.shape[0]
    places = torchere.zeros((planes, *(1,) * (2 * axes)), dtype=torchere.int64, device=input.device)
    for axis in range(axes):
        column = axes - 1 - axis if axes == 2 else axis
        starts = _starts(samples[:, column], sizes[axis], output_size[axis], kernel_size[axis])
        shape = [planes] + [1] * (2 * axes)
        shape[1 + axis] = output_size[axis]
        offsets = torchere.arange(kernel_size[axis], device=input.device)
        offset_shape = [1] * (1 + 2 * axes)
        offset_shape[1 + axes + axis] = kernel_size[axis]
        places = places * sizes[axis] + starts.reshape(shape) + offsets.reshape(offset_shape)
    places = places.flatten(1 + axes)
    count = places.shape[-1]
    values = input.flatten(1).gather(1, places.flatten(1)).reshape(places.shape)
    winners = values.argmax(-1) if values.numel() else torchere.zeros(values.shape[:-1], dtype=torchere.int64)
    unordered = values.isnan()
    if values.numel() and unordered.any():
        # argmax stops at the first NaN, the winner is the last.
        last = count - 1 - unordered.flip(-1).to(torchere.uint8).argmax(-1)
        winners = torchere.where(unordered.any(-1), last, winners)
    return places.gather(-1, winners.to(input.device).unsqueeze(-1)).squeeze(-1)


def _sizes_of(name: str, word: str, value: Any, axes: int) -> Sizes:
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
    for size in sizes:
        if not hasattr(size, "__index__"):
            raise TypeError(f"{name}(): argument '{word}' must be int or tuple of ints, not {type(size).__name__}")
    if len(sizes) not in (1, axes):
        raise ShapeError(f"{name}: {word} must either be a single Int or tuple of Ints, one for each of {axes} axes")
    return tuple(map(int, sizes)) * (axes if len(sizes) == 1 else 1)


def _fractional(
    name: str,
    axes: int,
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    samples: Tensor | None,
) -> tuple[Tensor, Tensor]:
    if output_size is None and output_ratio is None:
        raise ArgumentError(f"{name} requires specifying either an output_size or an output_ratio")
    if input.dim() not in (axes + 1, axes + 2):
        if input.dim() < axes + 1:
            raise IndexError(
                f"Dimension out of range: {name} takes {axes + 1}D or {axes + 2}D input, not {input.dim()}D"
            )
        raise ShapeError(f"{name}(): Expected {axes + 1}D or {axes + 2}D tensor, but got: {list(input.shape)}")
    require_dtypes(f"{name}_out_frame", input, FLOATING)
    sizes = tuple(input.shape[-axes:])
    if output_size is None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, tuple | list) else (output_ratio,) * axes
        if len(ratios) != axes:
            raise ArgumentError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = tuple(int(size * ratio) for size, ratio in zip(sizes, ratios, strict=True))
    kernel = _sizes_of(name, "kernel_size", kernel_size, axes)
    output = _sizes_of(name, "output_size", output_size, axes)
    lead = tuple(input.shape[:-axes])
    channels = lead[-1]
    if 0 in input.shape[-axes - 1 :]:
        axis = input.dim() - axes - 1 + tuple(input.shape[-axes - 1 :]).index(0)
        raise ShapeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got {list(input.shape)} "
            f"with dimension {axis} being empty."
        )
    for word, size, width, count in zip(_AXES[axes], sizes, kernel, output, strict=True):
        # In three dimensions PyTorch wants one place to spare.
        if count + width - 1 > size - (axes == 3):
            raise ShapeError(
                f"{name}(): pool {word} {width} too large relative to input {word} {size}: {count} windows need "
                f"{count + width - 1} places. Use a smaller kernel_size or output_size."
            )
    batch = lead[0] if len(lead) == 2 else 1
    if samples is None:
        samples = torchere.rand((batch, channels, axes), dtype=input.dtype, device=input.device)
    else:
        _check_samples(samples, input, batch, channels, axes)
    planes = input.reshape(-1, *sizes)
    with torchere.no_grad():
        numbers = samples[:batch].reshape(-1, axes)
        places = fractional_max_places(planes.detach(), numbers, kernel, output)
    values = planes.flatten(1).gather(1, places.flatten(1))
    return values.reshape(*lead, *output), places.reshape(*lead, *output)


def _check_samples(samples: Tensor, input: Tensor, batch: int, channels: int, axes: int) -> None:
    if samples.dtype is not input.dtype:
        raise ShapeError(
            f"Expect _random_samples to have the same dtype as input: {samples.dtype} and {input.dtype} differ"
        )
    if samples.dim() != 3:
        raise ShapeError(f"Expect _random_samples to have 3 dimensions; got {samples.dim()}.")
    if samples.shape[0] < batch:
        raise ShapeError(
            f"Expect _random_samples.size(0) no less then input batch size {batch}; got {samples.shape[0]}"
        )
    if samples.shape[1] != channels:
        raise ShapeError(
            f"Expect _random_samples.size(1) equals to input channel size. Got {samples.shape[1]} and {channels}"
        )
    if samples.shape[2] != axes:
        raise ShapeError(f"Expect _random_samples.size(2) equals to {axes}; got {samples.shape[2]}.")


@composite(namespace="nn.functional")
def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: NumberOrNumbers | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """:func:`fractional_max_pool2d` with both results."""
    return _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples)


@composite(namespace="nn.functional")
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: NumberOrNumbers | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Maximum over windows at random places of images ``(n, c, h, w)`` or ``(c, h, w)``, to a given size.

    Either `output_size`, or `output_ratio` between 0 and 1 of the input's size. `_random_samples` ``(n, c, 2)`` in
    [0, 1) fixes the places of the windows: for each plane a number for the width, then one for the height. With
    `return_indices` also where in the flattened plane each maximum was (int64).
    Raises ValueError without a size; RuntimeError where the windows do not fit or the samples have another shape.
    Source: Graham, "Fractional max-pooling", 2014.
    """
    both = _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]


@composite(namespace="nn.functional")
def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: NumberOrNumbers | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """:func:`fractional_max_pool3d` with both results."""
    return _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples)


@composite(namespace="nn.functional")
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: NumberOrNumbers | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Maximum over windows at random places of volumes ``(n, c, t, h, w)`` or ``(c, t, h, w)``, to a given size.

    As :func:`fractional_max_pool2d`; `_random_samples` ``(n, c, 3)`` are for time, height and width, in this order.
    """
    both = _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples)
    return both if return_indices else both[0]
