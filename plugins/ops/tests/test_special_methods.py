"""Python's operators on tensors: operand order, numbers, in-place forms, foreign operands."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest

import torchere as torch

BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
BITS = {"&": operator.and_, "|": operator.or_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift}
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("symbol", BINARY)
def test_arithmetic_with_a_number_on_either_side(symbol: str) -> None:
    function = BINARY[symbol]
    x = torch.tensor([1.5, 2.0, 4.0], dtype=torch.float64)
    assert function(x, 2.5).tolist() == pytest.approx([function(v, 2.5) for v in x.tolist()])
    assert function(2.5, x).tolist() == pytest.approx([function(2.5, v) for v in x.tolist()])


@pytest.mark.parametrize("symbol", [*BINARY, *BITS])
def test_integers_with_a_number_on_either_side(symbol: str) -> None:
    function = (BINARY | BITS)[symbol]
    x = torch.tensor([1, 2, 5])
    assert function(x, 3).tolist() == pytest.approx([function(v, 3) for v in x.tolist()])
    assert function(3, x).tolist() == pytest.approx([function(3, v) for v in x.tolist()])


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_augmented_assignment_keeps_the_tensor(name: str) -> None:
    x = torch.tensor([3.0, 5.0])
    memory, expected = x.data_ptr(), getattr(operator, name[1:])(x.clone(), 2)
    result = getattr(operator, name)(x, 2)
    assert result is x
    assert x.data_ptr() == memory
    assert torch.equal(x, expected)


def test_augmented_bits() -> None:
    x = torch.tensor([1, 2])
    x &= 1
    x |= 4
    x ^= 1
    x <<= 2
    x >>= 1
    assert x.tolist() == [8, 10]


@pytest.mark.parametrize("compare", COMPARISONS)
def test_comparisons_on_either_side(compare: Callable[..., Any]) -> None:
    x = torch.tensor([1.0, 2.0, 3.0])
    assert compare(x, 2).tolist() == [compare(v, 2) for v in (1, 2, 3)]
    assert compare(2, x).tolist() == [compare(2, v) for v in (1, 2, 3)]
    assert compare(x, 2).dtype is torch.bool


def test_unary() -> None:
    x = torch.tensor([-1.0, 2.0])
    assert (-x).tolist() == [1.0, -2.0]
    assert (+x).tolist() == [-1.0, 2.0]
    assert abs(x).tolist() == [1.0, 2.0]
    assert (~torch.tensor([True, False])).tolist() == [False, True]
    with pytest.raises(TypeError, match="only implemented on integer and Boolean-type tensors"):
        operator.invert(x)


def test_foreign_operands_are_left_to_python() -> None:
    x = torch.tensor([1.0])
    assert x.__add__("a") is NotImplemented
    with pytest.raises(TypeError, match="unsupported operand type"):
        x + "a"
    with pytest.raises(TypeError, match="not supported between instances"):
        _ = x < "a"
    assert (x == "a") is False
    assert (x != "a") is True


def test_integer_numbers_outside_the_range_wrap() -> None:
    x = torch.tensor([0, 250], dtype=torch.uint8)
    assert (x + 300).tolist() == [44, 38]
    assert (x - 1).tolist() == [255, 249]
    x += 300
    assert x.tolist() == [44, 38]


def test_bool_minus_is_refused_whatever_the_other_operand() -> None:
    mask = torch.tensor([True, False])
    for wrong in (lambda: mask - mask, lambda: mask - 1, lambda: 1 - mask, lambda: mask - torch.tensor([1, 2])):
        with pytest.raises(RuntimeError, match="Subtraction, the `-` operator"):
            wrong()
    assert (mask + mask).tolist() == [True, False]
    assert (mask + 1).tolist() == [2, 1]
