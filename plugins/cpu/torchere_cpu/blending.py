"""Choosing elements by bit masks.

``np.where`` branches for each element: with a mask as random as a gradient's, it needs 4 ns an element. Two integer
operations on the bit patterns are eight times faster, and unlike a product with the mask they keep inf and nan out.
"""

from __future__ import annotations

import numpy as np

__all__ = ["BITS", "drop", "keep", "select"]


class BITS:
    """Where blending pays: from this many elements on, for items of these sizes (seen as these integers)."""

    smallest = 512
    integers = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}  # noqa: RUF012 - a constant


_ONE = np.int8(1)


def drop(condition: np.ndarray, x: np.ndarray) -> np.ndarray:
    """0 where `condition`, else `x`, broadcast; items of 4 or 8 bytes."""
    integer = BITS.integers[x.itemsize]
    bits = np.subtract(condition.view(np.int8), _ONE, dtype=integer)  # all ones where false
    fits = bits.shape == x.shape
    return np.bitwise_and(bits, x.view(integer), bits if fits else None).view(x.dtype)


def keep(condition: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`x` where `condition`, else 0, broadcast; items of 4 or 8 bytes."""
    integer = BITS.integers[x.itemsize]
    bits = np.negative(condition.view(np.int8), dtype=integer)  # all ones where true
    fits = bits.shape == x.shape
    return np.bitwise_and(bits, x.view(integer), bits if fits else None).view(x.dtype)


def select(condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`x` where `condition`, else `y`, broadcast; items of 4 or 8 bytes."""
    integer = BITS.integers[x.itemsize]
    bits = np.negative(condition.view(np.int8), dtype=integer)
    second = y.view(integer)
    # y ^ ((x ^ y) & bits) is x where all bits are set and y where none is.
    mixed = np.asarray(np.bitwise_xor(x.view(integer), second))
    mixed = np.asarray(np.bitwise_and(mixed, bits))
    return np.bitwise_xor(mixed, second, mixed).view(x.dtype)
