"""Convolution, its transpose and its weight gradient on NumPy arrays, in any number of spatial dimensions.

Each is a matrix product with the matrix of all windows (im2col), built a few images at a time into one reused buffer
that stays in the cache. The buffer's layout decides the speed of building it: with channels first, runs of one output
row are copied; with channels last, runs of ``kernel width * channels``, which wins for small images.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE
from torchere_dispatch import KernelTable

__all__ = ["correlate", "table", "transpose_correlate", "weight_gradient"]

table = KernelTable(device="cpu")

Sizes = tuple[int, ...]

#: Bytes of windows held at once: about one core's second-level cache.
_BUFFER = 1 << 20

#: Adding up windows costs about twice what copying them does.
_RATIO = 2


@table.kernel("convolution", dtypes=WIDE)
def convolution(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> np.ndarray:
    if transposed:
        return transpose_correlate(x, weight, bias, stride, padding, dilation, output_padding, groups)
    return correlate(x, weight, bias, stride, padding, dilation, groups)


@table.kernel("convolution", dtypes=INTEGRAL)
def convolution_integer(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> np.ndarray:
    terms = prod(weight.shape[1:]) * (weight.shape[0] if transposed else 1)
    exact = _largest(x) * _largest(weight) * max(terms, 1) < 2**53
    # Integers have no BLAS: where float64 represents every partial sum, it is the faster way to the same numbers.
    wide = np.float64 if exact else x.dtype
    y = convolution(
        x.astype(wide), weight.astype(wide), None, stride, padding, dilation, transposed, output_padding, groups
    )
    y = y.astype(np.int64).astype(x.dtype) if exact else y
    return y if bias is None else y + _channelwise(bias, y.ndim)


def _largest(x: np.ndarray) -> int:
    return max(int(x.max()), -int(x.min())) if x.size else 0


@table.kernel("convolution_weight_gradient", dtypes=WIDE)
def weight_gradient(
    grad: np.ndarray,
    x: np.ndarray,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    count, channels, filters = x.shape[0], x.shape[1], grad.shape[1]
    positions, size = grad.shape[2:], prod(kernel_size)
    each, wide = filters // groups, channels // groups
    if channels == groups:
        return _depthwise_weight_gradient(grad, x, kernel_size, stride, padding, dilation)
    if _pointwise(kernel_size, stride, padding):
        rows = grad.reshape(count, groups, each, -1)
        columns = x.reshape(count, groups, wide, -1)
        return np.matmul(rows, columns.swapaxes(-1, -2)).sum(axis=0).reshape(filters, wide, *kernel_size)
    if groups == 1 and _channels_last_wins(channels, kernel_size, positions):
        windows = _windows_last(_padded_last(x, padding), kernel_size, stride, dilation, positions)
        total = np.zeros((filters, size * channels), x.dtype)
        for part, rows in _blocks(windows):
            g = np.moveaxis(grad[part], 1, -1).reshape(-1, filters)
            total += np.dot(g.T, rows.reshape(len(g), size * channels))
        return np.ascontiguousarray(np.moveaxis(total.reshape(filters, *kernel_size, channels), -1, 1))
    windows = _windows(_padded(x, padding), kernel_size, stride, dilation, positions)
    total = np.zeros((groups, each, wide * size), x.dtype)
    length = prod(positions)
    grad = grad.reshape(count, groups, each, length)
    for part, columns in _blocks(windows):
        columns = columns.reshape(len(columns), groups, wide * size, length)
        total += np.matmul(grad[part], columns.swapaxes(-1, -2)).sum(axis=0)
    return total.reshape(filters, wide, *kernel_size)


# ------------------------------------------------------------------------------------------------------- correlation


def correlate(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """Cross-correlation of ``(n, c, *size)`` with ``(filters, c / groups, *kernel)``."""
    count, channels = x.shape[:2]
    filters, wide, *kernel_size = weight.shape
    kernel = tuple(kernel_size)
    positions, pointwise, channels_last = _geometry(x.shape, kernel, stride, padding, dilation)
    if groups == channels and groups > 1 and filters == channels:
        y = _depthwise(x, weight, stride, padding, dilation, positions)
    elif groups == 1 and channels_last:
        return _correlate_last(x, weight, bias, stride, padding, dilation, positions)
    else:
        length, size = prod(positions), wide * prod(kernel)
        each = filters // groups
        y = np.empty((count, groups, each, length), x.dtype)
        matrix = weight.reshape(groups, each, size)
        if pointwise:
            np.matmul(matrix, x.reshape(count, groups, wide, length), out=y)
        else:
            windows = _windows(_padded(x, padding), kernel, stride, dilation, positions)
            for part, columns in _blocks(windows):
                np.matmul(matrix, columns.reshape(len(columns), groups, size, length), out=y[part])
        y = y.reshape(count, filters, *positions)
    if bias is not None:
        y += _channelwise(bias, y.ndim)
    return y


@lru_cache(maxsize=512)
def _geometry(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Sizes, bool, bool]:
    """Output sizes, whether only channels are mixed, and whether windows are built with channels last."""
    positions = tuple(
        (size + 2 * p - d * (k - 1) - 1) // s + 1
        for size, k, s, p, d in zip(shape[2:], kernel, stride, padding, dilation, strict=True)
    )
    pointwise = _pointwise(kernel, stride, padding)
    return positions, pointwise, not pointwise and _channels_last_wins(shape[1], kernel, positions)


def _correlate_last(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    positions: Sizes,
) -> np.ndarray:
    filters, channels, *kernel_size = weight.shape
    kernel = tuple(kernel_size)
    windows = _windows_last(_padded_last(x, padding), kernel, stride, dilation, positions)
    matrix = np.moveaxis(weight, 1, -1).reshape(filters, -1).T
    y = np.empty((x.shape[0], filters, *positions), x.dtype)
    for part, rows in _blocks(windows):
        values = np.dot(rows.reshape(-1, channels * prod(kernel)), matrix)
        if bias is not None:
            values += bias
        np.copyto(y[part], np.moveaxis(values.reshape(len(rows), *positions, filters), -1, 1))
    return y


def _depthwise(
    x: np.ndarray, weight: np.ndarray, stride: Sizes, padding: Sizes, dilation: Sizes, positions: Sizes
) -> np.ndarray:
    """One filter for each channel: too little arithmetic for a matrix product, so shifted images are added up."""
    padded = _padded(x, padding)
    y = np.empty((x.shape[0], x.shape[1], *positions), x.dtype)
    step = _images_per_block(prod(y.shape[1:]) * x.itemsize * 2)
    term = np.empty((min(step, len(x)), *y.shape[1:]), x.dtype)
    shifts = list(_shifts(weight.shape[2:], stride, dilation, positions))
    for start in range(0, len(x), step):
        part, image = y[start : start + step], padded[start : start + step]
        scratch = term[: len(part)]
        for i, (offset, window) in enumerate(shifts):
            factor = _channelwise(weight[(slice(None), 0, *offset)], y.ndim)
            if i == 0:
                np.multiply(image[window], factor, out=part)
            else:
                np.multiply(image[window], factor, out=scratch)
                part += scratch
    return y


def _depthwise_weight_gradient(
    grad: np.ndarray, x: np.ndarray, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    count, channels = x.shape[:2]
    filters, positions = grad.shape[1], grad.shape[2:]
    rows = grad.reshape(count, channels, filters // channels, prod(positions))
    padded = _padded(x, padding)
    total = np.empty((filters, 1, *kernel_size), x.dtype)
    for offset, window in _shifts(kernel_size, stride, dilation, positions):
        column = padded[window].reshape(count, channels, prod(positions), 1)
        total[(slice(None), 0, *offset)] = np.matmul(rows, column).sum(axis=0).reshape(filters)
    return total


# ------------------------------------------------------------------------------------------------------- transposed


def transpose_correlate(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    output_padding: Sizes,
    groups: int,
) -> np.ndarray:
    """The adjoint of `correlate`: ``(n, c, *size)`` with ``(c, filters / groups, *kernel)``, every pixel spread out."""
    count, channels = x.shape[:2]
    _, each, *kernel_size = weight.shape
    kernel = tuple(kernel_size)
    filters = each * groups
    reach = tuple(d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    sizes = tuple(
        (n - 1) * s - 2 * p + r + 1 + o
        for n, s, p, r, o in zip(x.shape[2:], stride, padding, reach, output_padding, strict=True)
    )
    dense = all(s == 1 for s in stride) and all(r >= p for r, p in zip(reach, padding, strict=True))
    if dense and (channels * prod(sizes) <= _RATIO * filters * prod(x.shape[2:]) or channels == groups):
        # Without gaps the adjoint is a correlation with the mirrored kernel, which only reads its input: faster.
        mirrored = np.flip(weight, tuple(range(2, weight.ndim)))
        mirrored = mirrored.reshape(groups, channels // groups, each, *kernel).swapaxes(1, 2)
        mirrored = np.ascontiguousarray(mirrored).reshape(filters, channels // groups, *kernel)
        border = tuple(r - p for r, p in zip(reach, padding, strict=True))
        if any(output_padding):
            x = np.pad(x, [(0, 0), (0, 0), *((0, o) for o in output_padding)])
        return correlate(x, mirrored, bias, stride, border, dilation, groups)

    length, size = prod(x.shape[2:]), each * prod(kernel)
    # Pixels land beyond the padding, too: collect them on the whole canvas, then cut the border off.
    canvas_sizes = tuple(
        max(n + 2 * p, (m - 1) * s + r + 1)
        for n, p, m, s, r in zip(sizes, padding, x.shape[2:], stride, reach, strict=True)
    )
    y = np.empty((count, filters, *sizes), x.dtype)
    matrix = weight.reshape(groups, channels // groups, size).swapaxes(-1, -2)
    # Short rows are added slowly; with several images side by side in the last axis each row is that much longer.
    step = 1 if x.shape[-1] >= 32 else min(16, _images_per_block(groups * size * length * x.itemsize))
    inside = (slice(None), *(slice(p, p + n) for p, n in zip(padding, sizes, strict=True)))
    shifts = list(_shifts(kernel, stride, dilation, x.shape[2:]))
    canvas = np.empty(0, x.dtype)
    for start in range(0, count, step):
        images = np.moveaxis(x[start : start + step], 0, -1)
        side = images.shape[-1]
        spread = np.matmul(matrix, images.reshape(groups, channels // groups, length * side))
        spread = spread.reshape(filters, *kernel, *x.shape[2:], side)
        if canvas.shape[-1] != side:
            canvas = np.empty((filters, *canvas_sizes, side), x.dtype)
        canvas[...] = 0
        for offset, window in shifts:
            canvas[window[1:]] += spread[(slice(None), *offset)]
        np.copyto(y[start : start + step], np.moveaxis(canvas[inside], -1, 0))
    if bias is not None:
        y += _channelwise(bias, y.ndim)
    return y


# ---------------------------------------------------------------------------------------------------------- windows


def _pointwise(kernel: Sizes, stride: Sizes, padding: Sizes) -> bool:
    """Whether the convolution mixes channels only: a matrix product as it stands."""
    return not any(padding) and all(s == 1 for s in stride) and all(k == 1 for k in kernel)


def _channels_last_wins(channels: int, kernel: Sizes, positions: Sizes) -> bool:
    """Measured: for short rows, copying runs of kernel width * channels beats copying rows."""
    return positions[-1] <= 20 and kernel[-1] * channels >= 2 * positions[-1]


def _channelwise(values: np.ndarray, ndim: int) -> np.ndarray:
    return values.reshape(-1, *(1,) * (ndim - 2))


def _images_per_block(bytes_each: int) -> int:
    return max(1, _BUFFER // max(bytes_each, 1))


def _padded(x: np.ndarray, padding: Sizes) -> np.ndarray:
    """A contiguous array with zeros around every image."""
    if not any(padding):
        return np.ascontiguousarray(x)
    sizes = x.shape[2:]
    out = np.zeros((*x.shape[:2], *(n + 2 * p for n, p in zip(sizes, padding, strict=True))), x.dtype)
    inside = (slice(p, p + n) for p, n in zip(padding, sizes, strict=True))
    out[(slice(None), slice(None), *inside)] = x
    return out


def _padded_last(x: np.ndarray, padding: Sizes) -> np.ndarray:
    """The same with channels last."""
    sizes = x.shape[2:]
    out = np.zeros((x.shape[0], *(n + 2 * p for n, p in zip(sizes, padding, strict=True)), x.shape[1]), x.dtype)
    inside = (slice(p, p + n) for p, n in zip(padding, sizes, strict=True))
    out[(slice(None), *inside)] = np.moveaxis(x, 1, -1)
    return out


def _windows(x: np.ndarray, kernel: Sizes, stride: Sizes, dilation: Sizes, positions: Sizes) -> np.ndarray:
    """View ``(n, c, *kernel, *positions)`` of a contiguous ``(n, c, *size)``."""
    steps = x.strides[2:]
    strides = (
        *x.strides[:2],
        *(step * d for step, d in zip(steps, dilation, strict=True)),
        *(step * s for step, s in zip(steps, stride, strict=True)),
    )
    return np.ndarray((*x.shape[:2], *kernel, *positions), x.dtype, x, 0, strides)


def _windows_last(x: np.ndarray, kernel: Sizes, stride: Sizes, dilation: Sizes, positions: Sizes) -> np.ndarray:
    """View ``(n, *positions, *kernel, c)`` of a contiguous ``(n, *size, c)``."""
    first, *steps, last = x.strides
    strides = (
        first,
        *(step * s for step, s in zip(steps, stride, strict=True)),
        *(step * d for step, d in zip(steps, dilation, strict=True)),
        last,
    )
    return np.ndarray((x.shape[0], *positions, *kernel, x.shape[-1]), x.dtype, x, 0, strides)


def _blocks(windows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Copies of a few images' windows at a time in one buffer, each with the images' slice."""
    count = len(windows)
    step = _images_per_block(prod(windows.shape[1:]) * windows.itemsize)
    buffer = np.empty((min(step, count), *windows.shape[1:]), windows.dtype)
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        block = buffer[: part.stop - start]
        np.copyto(block, windows[part])
        yield part, block


def _shifts(
    kernel: Sizes, stride: Sizes, dilation: Sizes, positions: Sizes
) -> Iterator[tuple[Sizes, tuple[slice, ...]]]:
    """For every kernel offset, the index of the pixels that it meets in a padded image."""
    for offset in product(*map(range, kernel)):
        yield (
            offset,
            (
                slice(None),
                slice(None),
                *(
                    slice(o * d, o * d + s * (n - 1) + 1, s)
                    for o, d, s, n in zip(offset, dilation, stride, positions, strict=True)
                ),
            ),
        )
