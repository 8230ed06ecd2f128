"""Choosing elements by bit masks.

``np.where`` branches for each element: with a mask as random as a gradient's, it needs 4 ns an element. Two integer
operations on the bit patterns are eight times faster, and unlike a product with the mask they keep inf and nan out.
"""

from __future__ import annotations

import numpy as np

__all__ = ["INTEGERS", "SMALLEST", "drop", "keep", "select"]


#: Blending pays from this many elements on …
SMALLEST = 512
#: … for items of these sizes, seen as these integers.
INTEGERS = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}
_ONES = {4: np.int32(1), 8: np.int64(1)}


def _bits(condition: np.ndarray, integer: np.dtype[np.signedinteger]) -> np.ndarray:
    """All ones where true. Converted first: arithmetic that widens on the way goes through NumPy's slow buffers."""
    bits = condition.view(np.int8).astype(integer)
    return np.negative(bits, bits)


def drop(condition: np.ndarray, x: np.ndarray) -> np.ndarray:
    """0 where `condition`, else `x`, broadcast; items of 4 or 8 bytes."""
    integer = INTEGERS[x.itemsize]
    bits = condition.view(np.int8).astype(integer)
    np.subtract(bits, _ONES[x.itemsize], bits)  # all ones where false
    fits = bits.shape == x.shape
    return np.bitwise_and(bits, x.view(integer), bits if fits else None).view(x.dtype)


def keep(condition: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`x` where `condition`, else 0, broadcast; items of 4 or 8 bytes."""
    integer = INTEGERS[x.itemsize]
    bits = _bits(condition, integer)
    fits = bits.shape == x.shape
    return np.bitwise_and(bits, x.view(integer), bits if fits else None).view(x.dtype)


def select(condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`x` where `condition`, else `y`, broadcast; items of 4 or 8 bytes."""
    integer = INTEGERS[x.itemsize]
    bits = _bits(condition, integer)
    second = y.view(integer)
    # y ^ ((x ^ y) & bits) is x where all bits are set and y where none is.
    mixed = np.asarray(np.bitwise_xor(x.view(integer), second))
    mixed = np.asarray(np.bitwise_and(mixed, bits))
    return np.bitwise_xor(mixed, second, mixed).view(x.dtype)
