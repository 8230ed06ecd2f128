"""Fresh arrays of any namespace: filled, counted, random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchere.dtype_sets import BOOL, COMPLEX, FLOATING, NUMERIC
from torchere.errors import DTypeError

from .library import Library
from .rawkernel import RawTable

__all__ = ["table"]

Array = Any
Shape = tuple[int, ...]
DType = np.dtype[Any]
HostArray = np.ndarray[Any, Any]

HELD = BOOL + NUMERIC
#: Bits of a uniform number in dtypes narrower than float32: as many as the significand holds, so that 1 never occurs.
SIGNIFICAND = {"float16": 11, "bfloat16": 8}

table = RawTable()


@table.kernel("zeros", HELD)
def zeros(library: Library, size: Shape, dtype: DType) -> Array:
    return library.zeros(size, library.dtype(dtype))


@table.kernel("ones", HELD)
def ones(library: Library, size: Shape, dtype: DType) -> Array:
    return library.ones(size, library.dtype(dtype))


@table.kernel("empty", HELD)
def empty(library: Library, size: Shape, memory_format: object, dtype: DType) -> Array:
    return library.empty(size, library.dtype(dtype))


def number(value: complex, dtype: DType) -> HostArray:
    """A Python number as a 0-d NumPy array. RuntimeError where the dtype cannot hold it."""
    refusal = DTypeError(
        f"value cannot be converted to type {dtype.name} without overflow: full() got {value!r}. Choose a wider dtype."
    )
    try:
        found = np.empty((), dtype)
        found.fill(value)
    except (OverflowError, TypeError, ValueError):
        # A negative number wraps around in an unsigned dtype, as in PyTorch; nothing else may change.
        bits = 8 * dtype.itemsize
        real = not isinstance(value, complex) and math.isfinite(value)
        if dtype.kind == "u" and real and -(1 << bits) < value < 0:  # type: ignore[operator]
            return np.asarray(int(value) % (1 << bits), dtype)  # type: ignore[arg-type]
        raise refusal from None
    if dtype.kind not in "biuc" and math.isfinite(value) and not np.isfinite(found):  # type: ignore[arg-type]
        raise refusal
    return found


@table.kernel("full", HELD)
def full(library: Library, size: Shape, value: complex, dtype: DType) -> Array:
    filling = number(value, dtype).astype(library.stored[dtype]).item()
    return library.full(size, filling, library.dtype(dtype))


@table.kernel("counted", HELD)
def counted(library: Library, start: complex, step: complex, count: int, dtype: DType) -> Array:
    # On the host: the standard's arange counts how many elements fit by itself, and libraries round differently.
    if dtype.kind in "iu" and isinstance(start, int) and isinstance(step, int):
        if count and abs(start) < 2**62 and abs(step) * count < 2**62:
            return library.asarray((np.arange(count, dtype=np.int64) * step + start).astype(dtype))
        values = np.array([start + step * place for place in range(count)], dtype=object)
        return library.asarray((values % (1 << 64)).astype(np.uint64).astype(dtype))
    return library.asarray((np.arange(count, dtype=np.float64) * step + start).astype(dtype))


@table.kernel("linspace", HELD)
def linspace(library: Library, start: complex, end: complex, steps: int, dtype: DType) -> Array:
    if dtype.kind in "iu":
        # PyTorch converts the ends first and truncates every element.
        start, end = int(start), int(end)  # type: ignore[arg-type]
    wide = np.complex128 if dtype.kind == "c" else np.float64
    return library.asarray(np.linspace(start, end, steps, dtype=wide).astype(dtype))


@table.kernel("eye", HELD)
def eye(library: Library, n: int, m: int | None, dtype: DType) -> Array:
    return library.eye(n, n if m is None else m, library.dtype(dtype))


# --- random numbers: drawn on the host by Philox, the same on every device ------------------------------------------


def _uniform(size: Shape, low: float, high: float, generator: np.random.Generator, dtype: DType) -> HostArray:
    if dtype.itemsize == 2:
        bits = SIGNIFICAND[dtype.name]
        values = generator.integers(0, 1 << bits, size, np.uint16).astype(np.float32) * np.float32(0.5**bits)
    else:
        values = generator.random(size, dtype)  # type: ignore[arg-type]
    span = values.dtype.type(high - low)
    if np.isinf(span):
        # high - low overflows although every result is finite.
        return (1 - values) * values.dtype.type(low) + values * values.dtype.type(high)
    return values * span + values.dtype.type(low)


def _normal(size: Shape, generator: np.random.Generator, dtype: DType) -> HostArray:
    return np.asarray(generator.standard_normal(size, np.float64 if dtype.itemsize == 8 else np.float32))


def _part(dtype: DType) -> DType:
    return np.dtype(f"f{dtype.itemsize // 2}")


def _pairs(values: HostArray, dtype: DType, size: Shape) -> HostArray:
    """Complex numbers from a last axis of two parts."""
    return np.ascontiguousarray(values).view(dtype).reshape(size)


@table.kernel("random_uniform", FLOATING + COMPLEX)
def random_uniform(
    library: Library, size: Shape, low: float, high: float, generator: np.random.Generator, dtype: DType
) -> Array:
    """Real and imaginary part of a complex number are uniform each by itself."""
    if dtype.kind == "c":
        return library.asarray(_pairs(_uniform((*size, 2), low, high, generator, _part(dtype)), dtype, size))
    return library.asarray(np.asarray(_uniform(size, low, high, generator, dtype)).astype(dtype))


@table.kernel("random_normal", FLOATING + COMPLEX)
def random_normal(
    library: Library, size: Shape, mean: complex, std: float, generator: np.random.Generator, dtype: DType
) -> Array:
    """Complex numbers are circular: real and imaginary part each have half the variance."""
    if dtype.kind == "c":
        values = _pairs(_normal((*size, 2), generator, _part(dtype)), dtype, size) * (std * 0.5**0.5) + mean
    else:
        values = _normal(size, generator, dtype) * std + mean
    return library.asarray(np.asarray(values).astype(dtype))


@table.kernel("random_integers", HELD)
def random_integers(
    library: Library, size: Shape, low: int, high: int, generator: np.random.Generator, dtype: DType
) -> Array:
    """Integers in ``low … high - 1``."""
    drawn = np.uint64 if high - 1 > np.iinfo(np.int64).max else np.int64
    return library.asarray(np.asarray(generator.integers(low, high, size, drawn)).astype(dtype))


@table.kernel("random_permutation", HELD)
def random_permutation(library: Library, n: int, generator: np.random.Generator, dtype: DType) -> Array:
    return library.asarray(generator.permutation(n).astype(dtype))
