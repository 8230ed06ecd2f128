"""Random numbers from NumPy's Philox generator.

The same seed gives the same numbers on every machine; one call draws all its numbers at once, so nothing depends on
memory layout or thread count.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, COMPLEX, FLOATING
from torchere_dispatch import KernelTable

__all__ = ["table"]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

#: Bits of a uniform number in dtypes narrower than float32: as many as the significand holds, so that 1 never occurs.
_SIGNIFICAND = {"float16": 11, "bfloat16": 8}

table = KernelTable(device="cpu")


@table.kernel("random_uniform", FLOATING)
def random_uniform(size: Shape, low: float, high: float, generator: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    if dtype.itemsize == 2:
        bits = _SIGNIFICAND[dtype.name]
        out = generator.integers(0, 1 << bits, size, np.uint16).astype(np.float32)
        out *= np.float32(0.5**bits)
    else:
        out = generator.random(size, dtype)  # type: ignore[arg-type]
    if low != 0 or high != 1:
        # In two steps, because high - low may overflow although every result is finite.
        if np.isinf(out.dtype.type(high - low)):
            out = (1 - out) * out.dtype.type(low) + out * out.dtype.type(high)
        else:
            out *= high - low
            out += low
    return out.astype(dtype, copy=False)


def _standard_normal(size: Shape, generator: np.random.Generator) -> Array:
    """Standard normal float32 numbers: for many by the transform of Box and Muller (1958)."""
    count = math.prod(size)
    if count < 1024:
        return generator.standard_normal(size, np.float32)
    half = -(-count // 2)
    out = np.empty((2, half), np.float32)
    radius, angle = generator.random((2, half), np.float32)
    np.subtract(1, radius, out=radius)  # in (0, 1], where the logarithm is finite
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    angle *= np.float32(2 * math.pi)
    np.cos(angle, out=out[0])
    np.sin(angle, out=out[1])
    out *= radius
    return out.reshape(-1)[:count].reshape(size)


@table.kernel("random_normal", FLOATING)
def random_normal(size: Shape, mean: float, std: float, generator: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    if dtype.itemsize == 8:
        out = generator.standard_normal(size)
    else:
        out = _standard_normal(size, generator)
    if std != 1:
        out *= std
    if mean != 0:
        out += mean
    return out.astype(dtype, copy=False)


@table.kernel("random_normal", COMPLEX)
def random_complex_normal(
    size: Shape, mean: complex, std: float, generator: np.random.Generator, dtype: np.dtype[Any]
) -> Array:
    """Circular: real and imaginary part each have half the variance."""
    real = np.float32 if dtype.itemsize == 8 else np.float64
    out = generator.standard_normal((*size, 2), real).view(dtype).reshape(size)
    out *= std * 0.5**0.5
    if mean != 0:
        out += mean
    return out


@table.kernel("random_uniform", COMPLEX)
def random_complex_uniform(
    size: Shape, low: float, high: float, generator: np.random.Generator, dtype: np.dtype[Any]
) -> Array:
    """Real and imaginary part uniform, each by itself."""
    real = np.dtype(np.float32 if dtype.itemsize == 8 else np.float64)
    return random_uniform((*size, 2), low, high, generator, real).view(dtype).reshape(size)


@table.kernel("random_integers", ALL)
def random_integers(size: Shape, low: int, high: int, generator: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    """Integers in ``low … high - 1``."""
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        if bounds.min <= low and high - 1 <= bounds.max:
            return generator.integers(low, high, size, dtype)  # type: ignore[arg-type]
    if high - 1 > np.iinfo(np.int64).max:
        return generator.integers(low, high, size, np.uint64).astype(dtype)
    return generator.integers(low, high, size).astype(dtype)


@table.kernel("random_permutation", ALL)
def random_permutation(n: int, generator: np.random.Generator, dtype: np.dtype[Any]) -> Array:
    return generator.permutation(n).astype(dtype, copy=False)


@table.kernel("poisson", FLOATING)
def poisson(rate: Array, generator: np.random.Generator) -> Array:
    return generator.poisson(rate).astype(rate.dtype)


@table.kernel("multinomial", FLOATING)
def multinomial(weights: Array, num_samples: int, replacement: bool, generator: np.random.Generator) -> Array:
    rows = weights.reshape(-1, weights.shape[-1]).astype(np.float64)
    if replacement:
        cumulative = np.cumsum(rows, axis=1)
        draws = generator.random((len(rows), num_samples)) * cumulative[:, -1:]
        picked = np.empty((len(rows), num_samples), np.int64)
        for row in range(len(rows)):
            # side="right": a draw equal to a boundary belongs to the next category, so weight 0 is never drawn.
            picked[row] = np.searchsorted(cumulative[row], draws[row], side="right")
    else:
        # The smallest of weight-scaled exponentials: drawing one after the other without replacement
        # (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir").
        with np.errstate(divide="ignore"):
            keys = generator.standard_exponential(rows.shape) / rows
        picked = np.argpartition(keys, num_samples - 1, axis=1)[:, :num_samples]
        order = np.argsort(np.take_along_axis(keys, picked, axis=1), axis=1)
        picked = np.take_along_axis(picked, order, axis=1)
    return picked.reshape((*weights.shape[:-1], num_samples)).astype(np.int64, copy=False)
