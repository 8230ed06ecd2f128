"""Pooling on NumPy arrays: windows reduced one dimension after the other, a cache-sized block of images at a time.

A window of k x k places costs k + k passes that way instead of k * k, and every pass is a plain ufunc over slices.
"""

from itertools import product
from math import prod

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE, WIDE_FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")

Sizes = tuple[int, ...]

#: Bytes of input handled at once, so that the passes find it in the cache.
_BLOCK = 1 << 19


def _blocks(x: np.ndarray, rank: int) -> tuple[np.ndarray, int]:
    """`x` with one leading dimension, and how many of its images make a block."""
    sizes = x.shape[x.ndim - rank :]
    images = x.reshape(prod(x.shape[: x.ndim - rank]), *sizes)
    return images, max(1, _BLOCK // max(1, prod(sizes) * x.itemsize))


def _bordered(
    images: np.ndarray,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    counts: Sizes,
    value: float,
) -> np.ndarray:
    """The images cut or bordered so that exactly `counts` windows fit, from the first element on."""
    sizes = images.shape[1:]
    needed = tuple((n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(counts, kernel, stride, dilation, strict=True))
    if not any(padding) and all(n <= m for n, m in zip(needed, sizes, strict=True)):
        return images
    out = np.full((len(images), *needed), value, images.dtype)
    inside = tuple(slice(p, min(p + m, n)) for p, m, n in zip(padding, sizes, needed, strict=True))
    taken = tuple(slice(0, part.stop - part.start) for part in inside)
    out[(slice(None), *inside)] = images[(slice(None), *taken)]
    return out


def _places(axis: int, ndim: int, offset: int, stride: int, count: int) -> tuple[slice, ...]:
    """Index of the elements at `offset` of every window along one axis."""
    index = [slice(None)] * ndim
    index[axis] = slice(offset, offset + stride * (count - 1) + 1, stride)
    return tuple(index)


def _lowest(dtype: np.dtype) -> float | int:
    return -np.inf if dtype.kind == "f" else int(np.iinfo(dtype).min)


# ------------------------------------------------------------------------------------------------------ max pooling


@table.kernel("max_pool_values", dtypes=WIDE_FLOATING + INTEGRAL)
def max_pool_values(
    x: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes
) -> np.ndarray:
    images, step = _blocks(x, len(kernel))
    out = np.empty((len(images), *counts), x.dtype)
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        block = _bordered(images[part], kernel, stride, padding, dilation, counts, _lowest(x.dtype))
        for axis in range(len(kernel), 0, -1):
            k, s, d, n = kernel[axis - 1], stride[axis - 1], dilation[axis - 1], counts[axis - 1]
            target = out[part] if axis == 1 else None
            first = block[_places(axis, block.ndim, 0, s, n)]
            if k == 1:
                best = first
            else:
                best = np.maximum(first, block[_places(axis, block.ndim, d, s, n)], out=target)
                for offset in range(2, k):
                    np.maximum(best, block[_places(axis, block.ndim, offset * d, s, n)], out=best)
            block = best
        if block.base is not out or kernel[0] == 1:
            out[part] = block
    return out.reshape(*x.shape[: x.ndim - len(kernel)], *counts)


@table.kernel("max_pool", dtypes=WIDE_FLOATING + INTEGRAL)
def max_pool(
    x: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    images, step = _blocks(x, len(kernel))
    values = np.empty((len(images), *counts), x.dtype)
    code_dtype = np.uint8 if prod(kernel) <= 256 else np.int32
    winners = np.empty(values.shape, code_dtype)
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        block = _bordered(images[part], kernel, stride, padding, dilation, counts, _lowest(x.dtype))
        best, codes = _reduce_windows(block, kernel, stride, padding, dilation, counts, code_dtype, nan=False)
        if best.dtype.kind == "f" and np.isnan(best).any():
            best, codes = _reduce_windows(block, kernel, stride, padding, dilation, counts, code_dtype, nan=True)
        values[part] = best
        winners[part] = codes
    shape = (*x.shape[: x.ndim - len(kernel)], *counts)
    return values.reshape(shape), winners.reshape(shape)


def _reduce_windows(
    block: np.ndarray,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    counts: Sizes,
    code_dtype: type[np.integer],
    nan: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Maxima and the winners' numbers; with `nan` the last NaN of a window wins, else comparisons ignore NaN.

    Last dimension first: the winner within each row, then the winner among the rows, is the first in row-major order.
    """
    codes: np.ndarray | None = None
    weight = 1
    for axis in range(len(kernel), 0, -1):
        k, s, d, n = kernel[axis - 1], stride[axis - 1], dilation[axis - 1], counts[axis - 1]
        places = _places(axis, block.ndim, 0, s, n)
        best = block[places]
        chosen = np.zeros(best.shape, code_dtype) if codes is None else codes[places]
        if padding[axis - 1]:
            # Where nothing exceeds the border's value (all -inf), the first place inside the input is the winner.
            before = np.maximum(padding[axis - 1] - np.arange(n) * s, 0)
            inside = (-(-before // d) * weight).astype(code_dtype)
            chosen = chosen + inside.reshape(-1, *(1,) * (block.ndim - 1 - axis))
        for offset in range(1, k):
            places = _places(axis, block.ndim, offset * d, s, n)
            rival = block[places]
            wins = rival > best
            if nan:
                wins |= np.isnan(rival)
                best = np.where(wins, rival, best)
            else:
                best = np.maximum(best, rival, out=best if offset > 1 else None)
            # A later place always has the larger number, so the maximum selects it wherever it wins.
            number = code_dtype(offset * weight)
            rival_code = np.multiply(wins, number, dtype=code_dtype)
            if codes is not None:
                rival_code += wins * codes[places]
            chosen = np.maximum(chosen, rival_code, out=chosen if offset > 1 else None)
        block, codes, weight = best, chosen, weight * k
    assert codes is not None
    return block, codes


@table.kernel("max_pool_gradient", dtypes=WIDE_FLOATING)
def max_pool_gradient(
    values: np.ndarray,
    winners: np.ndarray,
    sizes: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
) -> np.ndarray:
    rank = len(kernel)
    counts = values.shape[values.ndim - rank :]
    needed = tuple(
        max((n - 1) * s + d * (k - 1) + 1, m + p)
        for n, k, s, p, d, m in zip(counts, kernel, stride, padding, dilation, sizes, strict=True)
    )
    grads, _ = _blocks(values, rank)
    codes, _ = _blocks(winners, rank)
    disjoint = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation, strict=True))
    out = np.empty((len(grads), *sizes), values.dtype)
    step = max(1, _BLOCK // max(1, prod(needed) * values.itemsize))
    canvas = np.empty((min(step, len(grads)), *needed), values.dtype)
    inside = (slice(None), *(slice(p, p + m) for p, m in zip(padding, sizes, strict=True)))
    # A product of bit patterns with 0 or 1 selects without spreading NaN, four times faster than where().
    bits = np.int32 if values.dtype.itemsize == 4 else np.int64
    for start in range(0, len(grads), step):
        part = slice(start, start + step)
        grad, code = grads[part], codes[part]
        target = canvas[: len(grad)]
        target[...] = 0
        for number, offsets in enumerate(product(*map(range, kernel))):
            places = (
                slice(None),
                *(
                    slice(o * d, o * d + s * (n - 1) + 1, s)
                    for o, s, d, n in zip(offsets, stride, dilation, counts, strict=True)
                ),
            )
            if disjoint:
                np.multiply(grad.view(bits), code == number, out=target.view(bits)[places])
            else:
                target[places] += np.multiply(grad.view(bits), code == number, dtype=bits).view(values.dtype)
        out[part] = target[inside]
    return out.reshape(*values.shape[: values.ndim - rank], *sizes)


# -------------------------------------------------------------------------------------------------- average pooling


#: From this width on a window is added up in one reduction rather than by shifted slices.
_LONG = 8


def _tiles(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, counts: Sizes) -> bool:
    """Whether the windows cover the input once, without overlap, border or rest."""
    sizes = shape[len(shape) - len(kernel) :]
    return kernel == stride and not any(padding) and all(map(_product_is, counts, kernel, sizes))


def _product_is(count: int, kernel: int, size: int) -> bool:
    return count * kernel == size


@table.kernel("window_sum", dtypes=WIDE + INTEGRAL)
def window_sum(x: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes, counts: Sizes) -> np.ndarray:
    if kernel[-1] >= _LONG and _tiles(x.shape, kernel, stride, padding, counts):
        rank = len(kernel)
        pairs = (size for pair in zip(counts, kernel, strict=True) for size in pair)
        places = x.reshape(*x.shape[: x.ndim - rank], *pairs)
        return np.add.reduce(places, axis=tuple(range(x.ndim - rank + 1, places.ndim, 2)), dtype=x.dtype)
    images, step = _blocks(x, len(kernel))
    out = np.empty((len(images), *counts), x.dtype)
    dense = (1,) * len(kernel)
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        block = _bordered(images[part], kernel, stride, padding, dense, counts, 0)
        for axis in range(len(kernel), 0, -1):
            k, s, n = kernel[axis - 1], stride[axis - 1], counts[axis - 1]
            total = block[_places(axis, block.ndim, 0, s, n)]
            for offset in range(1, k):
                rest = block[_places(axis, block.ndim, offset, s, n)]
                total = np.add(total, rest, out=total if offset > 1 else None)
            block = total
        out[part] = block
    return out.reshape(*x.shape[: x.ndim - len(kernel)], *counts)


@table.kernel("window_spread", dtypes=WIDE + INTEGRAL)
def window_spread(x: np.ndarray, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes) -> np.ndarray:
    rank = len(kernel)
    counts = x.shape[x.ndim - rank :]
    if _tiles(sizes, kernel, stride, padding, counts):
        lead = x.shape[: x.ndim - rank]
        places = np.empty((*lead, *(size for pair in zip(counts, kernel, strict=True) for size in pair)), x.dtype)
        places[...] = x.reshape(*lead, *(size for count in counts for size in (count, 1)))
        return places.reshape(*lead, *sizes)
    images, _ = _blocks(x, rank)
    step = max(1, _BLOCK // max(1, prod(sizes) * x.itemsize))
    out = np.empty((len(images), *sizes), x.dtype)
    inside = (slice(None), *(slice(p, p + m) for p, m in zip(padding, sizes, strict=True)))
    for start in range(0, len(images), step):
        part = slice(start, start + step)
        block = images[part]
        for axis in range(1, rank + 1):
            k, s, p, m = kernel[axis - 1], stride[axis - 1], padding[axis - 1], sizes[axis - 1]
            n = block.shape[axis]
            shape = list(block.shape)
            shape[axis] = max((n - 1) * s + k, m + p)
            wide = np.zeros(shape, x.dtype)
            for offset in range(k):
                places = _places(axis, wide.ndim, offset, s, n)
                if s >= k:
                    wide[places] = block
                else:
                    wide[places] += block
            block = wide
        out[part] = block[inside]
    return out.reshape(*x.shape[: x.ndim - rank], *sizes)
