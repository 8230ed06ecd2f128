"""Bitwise and logical operators."""

from __future__ import annotations

from torchere import Tensor
from torchere.dtype_sets import BOOL, INTEGRAL
from torchere.operators import operator, primitive

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]

BITS = BOOL + INTEGRAL


@primitive(method=True, promote="same", inplace=True, dtypes=BITS, dunder=("__and__", "__rand__"))
def bitwise_and(input: Tensor, other: Tensor) -> Tensor:
    """Bits set in both, broadcast; of bools the logical and. Integers and bools only."""
    ...


@primitive(method=True, promote="same", inplace=True, dtypes=BITS, dunder=("__or__", "__ror__"))
def bitwise_or(input: Tensor, other: Tensor) -> Tensor:
    """Bits set in either, broadcast; of bools the logical or. Integers and bools only."""
    ...


@primitive(method=True, promote="same", inplace=True, dtypes=BITS, dunder=("__xor__", "__rxor__"))
def bitwise_xor(input: Tensor, other: Tensor) -> Tensor:
    """Bits set in one of the two, broadcast; of bools the exclusive or. Integers and bools only."""
    ...


@primitive(method=True, inplace=True, dtypes=BITS)
def bitwise_not(input: Tensor) -> Tensor:
    """Every bit flipped; of bools the logical not. Integers and bools only."""
    ...


def _check_invert(input: Tensor) -> None:
    if input.dtype.is_floating_point or input.dtype.is_complex:
        raise TypeError(
            f"~ (operator.invert) is only implemented on integer and Boolean-type tensors, not {input.dtype}. "
            "For a mask compare first, as in ~(x > 0)."
        )


@operator(namespace=(), dunder=("__invert__",), check=_check_invert)
def invert(input: Tensor) -> Tensor:
    """``~input``: `bitwise_not`, with the TypeError that PyTorch's operator raises for floats."""
    return bitwise_not(input)


@primitive(method=True, promote="same", inplace=True, dtypes=INTEGRAL, dunder=("__lshift__", "__rlshift__"))
def bitwise_left_shift(input: Tensor, other: Tensor) -> Tensor:
    """``input * 2 ** other`` in wrapping integers, broadcast; 0 where `other` is negative or at least the bit width."""
    ...


@primitive(method=True, promote="same", inplace=True, dtypes=INTEGRAL, dunder=("__rshift__", "__rrshift__"))
def bitwise_right_shift(input: Tensor, other: Tensor) -> Tensor:
    """``floor(input / 2 ** other)`` of integers, broadcast: the sign is kept.

    Where `other` is negative or at least the bit width only the sign is left: 0 or -1.
    """
    ...


@operator(method=True, promote="same", result="bool", inplace=True)
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Whether both are not 0, broadcast; nan counts as true."""
    return (input != 0) & (other != 0)


@operator(method=True, promote="same", result="bool", inplace=True)
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Whether either is not 0, broadcast."""
    return (input != 0) | (other != 0)


@operator(method=True, promote="same", result="bool", inplace=True)
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """Whether just one is not 0, broadcast."""
    return (input != 0) ^ (other != 0)


@operator(method=True, result="bool", inplace=True)
def logical_not(input: Tensor) -> Tensor:
    """Whether `input` is 0."""
    return input == 0
