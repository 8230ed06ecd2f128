"""Random numbers from a counter, computed on the device: Philox4x32-10 of Salmon et al. 2011.

("Parallel random numbers: as easy as 1, 2, 3", SC11.) The state is a seed and how many blocks were drawn, so the same
seed gives the same numbers on any device, and saving a state copies nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, NUMERIC

from .creation import SIGNIFICAND
from .library import Library
from .rawkernel import RawTable, real_of

__all__ = ["PhiloxStream", "philox_blocks", "table"]

Array = Any
Shape = tuple[int, ...]
DType = np.dtype[Any]

HELD = BOOL + NUMERIC
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_FACTORS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = 0x9E3779B9, 0xBB67AE85

table = RawTable()


def philox_blocks(counters: tuple[Array, Array, Array, Array], key: tuple[int, int]) -> tuple[Array, ...]:
    """Four arrays of 32-bit words (held as uint64) from four arrays of counters and a key of two words."""
    c0, c1, c2, c3 = counters
    k0, k1 = key
    for _ in range(10):
        first, second = c0 * _FACTORS[0], c2 * _FACTORS[1]
        c0, c2 = (second >> _HALF) ^ c1 ^ np.uint64(k0), (first >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = second & _MASK, first & _MASK
        k0, k1 = (k0 + _STEPS[0]) & 0xFFFFFFFF, (k1 + _STEPS[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


class PhiloxStream:
    """A stream of random words: `seed`, and the number of blocks of four words drawn so far."""

    __slots__ = ("drawn", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.drawn = 0

    def words(self, xp: Any, count: int) -> Array:
        """The next `count` 32-bit words, as uint64."""
        blocks = -(-count // 4)
        place = xp.arange(blocks, dtype=np.uint64) + np.uint64(self.drawn)
        self.drawn += blocks
        zero = place * np.uint64(0)
        key = self.seed & 0xFFFFFFFF, self.seed >> 32
        found = philox_blocks((place & _MASK, place >> _HALF, zero, zero), key)
        return xp.stack(found, axis=-1).reshape(-1)[:count]

    def long_words(self, xp: Any, count: int) -> Array:
        """The next `count` 64-bit words."""
        pairs = self.words(xp, 2 * count).reshape(count, 2)
        return (pairs[:, 0] << _HALF) | pairs[:, 1]


def _standard_uniform(xp: Any, size: Shape, stream: PhiloxStream, dtype: DType) -> Array:
    """Numbers in [0, 1) with as many bits as the significand of `dtype` has; float32 for narrower dtypes."""
    count = math.prod(size)
    if dtype == np.float64:
        values = (stream.long_words(xp, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    else:
        bits = SIGNIFICAND.get(dtype.name, 24)
        values = (stream.words(xp, count) >> np.uint64(32 - bits)).astype(np.float32) * np.float32(2.0**-bits)
    return values.reshape(size)


@table.kernel("random_uniform", FLOATING + COMPLEX)
def random_uniform(
    library: Library, size: Shape, low: float, high: float, generator: PhiloxStream, dtype: DType
) -> Array:
    """Real and imaginary part of a complex number are uniform each by itself."""
    part = real_of(dtype)
    values = _standard_uniform(library.xp, (*size, 2) if dtype.kind == "c" else size, generator, part)
    real = values.dtype.type
    if math.isinf(real(high - low)):
        # high - low overflows although every result is finite.
        values = (1 - values) * real(low) + values * real(high)
    else:
        values = values * real(high - low) + real(low)
    return values.view(dtype).reshape(size) if dtype.kind == "c" else values.astype(dtype)


def _standard_normal(xp: Any, size: Shape, stream: PhiloxStream, dtype: DType) -> Array:
    """Standard normal numbers by the transform of Box and Muller (1958)."""
    count = math.prod(size)
    half = -(-count // 2)
    draws = _standard_uniform(xp, (2, half), stream, dtype if dtype == np.float64 else np.dtype(np.float32))
    radius = xp.sqrt(xp.log(1 - draws[0]) * -2)  # 1 - draw lies in (0, 1], where the logarithm is finite
    angle = draws[1] * draws.dtype.type(2 * math.pi)
    return xp.concat([radius * xp.cos(angle), radius * xp.sin(angle)])[:count].reshape(size)


@table.kernel("random_normal", FLOATING + COMPLEX)
def random_normal(
    library: Library, size: Shape, mean: complex, std: float, generator: PhiloxStream, dtype: DType
) -> Array:
    """Complex numbers are circular: real and imaginary part each have half the variance."""
    if dtype.kind != "c":
        values = _standard_normal(library.xp, size, generator, dtype)
        return (values * values.dtype.type(std) + values.dtype.type(mean)).astype(dtype)
    parts = _standard_normal(library.xp, (*size, 2), generator, real_of(dtype))
    return parts.view(dtype).reshape(size) * dtype.type(std * 0.5**0.5) + dtype.type(mean)


@table.kernel("random_integers", HELD)
def random_integers(library: Library, size: Shape, low: int, high: int, generator: PhiloxStream, dtype: DType) -> Array:
    """Integers in ``low … high - 1``. The remainder of 64 bits favours none by more than 2⁻⁶⁴ times their number."""
    words = generator.long_words(library.xp, math.prod(size)).reshape(size)
    span = high - low
    if span < 1 << 64:
        words = words % np.uint64(span)
    words = words + np.uint64(low % (1 << 64))  # wraps around to negative numbers
    if dtype == np.uint64 or high - 1 > np.iinfo(np.int64).max:
        return words.astype(dtype)
    return words.astype(np.int64).astype(dtype)


@table.kernel("random_permutation", HELD)
def random_permutation(library: Library, n: int, generator: PhiloxStream, dtype: DType) -> Array:
    keys = generator.long_words(library.xp, n).reshape(1, n)
    return library.sorting_order(keys).reshape(n).astype(dtype)
