"""Greatest common divisors and least common multiples."""

from __future__ import annotations

from torchere import Tensor
from torchere.operators import operator

from .anywhere import anywhere
from .selection import choose

__all__ = ["gcd", "lcm"]

#: PyTorch has no divisors of the wide unsigned dtypes.
DIVISIBLE = ("uint8", "int8", "int16", "int32", "int64")


@operator(method=True, promote="same", inplace="function", dtypes=DIVISIBLE, differentiable=())
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The greatest common divisor of integers, never negative; of 0 and x it is ``|x|``.

    Raises: NotImplementedError for other than integers.
    Source: https://pytorch.org/docs/stable/generated/torch.gcd.html
    """
    larger = input + other * 0
    smaller = other + input * 0
    # Euclid: at most 91 rounds for int64.
    while anywhere(smaller != 0):
        rest = choose(smaller == 0, 0, larger % choose(smaller == 0, 1, smaller))
        larger = choose(smaller == 0, larger, smaller)
        smaller = rest
    return larger.abs()


@operator(method=True, promote="same", inplace="function", dtypes=DIVISIBLE, differentiable=())
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The least common multiple of integers, never negative; 0 if either is 0.

    Raises: NotImplementedError for other than integers.
    Source: https://pytorch.org/docs/stable/generated/torch.lcm.html
    """
    divisor = gcd(input, other)
    quotient = input.div(choose(divisor == 0, 1, divisor), rounding_mode="trunc")
    return (quotient * other).abs()
