"""What ``all_reduce`` and its like compute, on NumPy arrays."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["ReduceOp", "check_reduction", "reduced"]


class RedOpType(enum.IntEnum):
    """The operations a reduction knows."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8

    def __repr__(self) -> str:
        return f"<RedOpType.{self.name}: {self.value}>"

    __str__ = __repr__


class ReduceOp:
    """What a reduction does: ``ReduceOp.SUM``, ``AVG``, ``PRODUCT``, ``MIN``, ``MAX``, ``BAND``, ``BOR``, ``BXOR``.

    ``PREMUL_SUM`` exists as a name; this backend refuses it.
    """

    RedOpType = RedOpType
    SUM = RedOpType.SUM
    AVG = RedOpType.AVG
    PRODUCT = RedOpType.PRODUCT
    MIN = RedOpType.MIN
    MAX = RedOpType.MAX
    BAND = RedOpType.BAND
    BOR = RedOpType.BOR
    BXOR = RedOpType.BXOR
    PREMUL_SUM = RedOpType.PREMUL_SUM

    def __init__(self, op: RedOpType) -> None:
        self.op = RedOpType(op)

    def __eq__(self, other: object) -> bool:
        return self.op == (other.op if isinstance(other, ReduceOp) else other)

    def __hash__(self) -> int:
        return hash(self.op)

    def __repr__(self) -> str:
        return repr(self.op)


_FUNCTIONS: dict[RedOpType, Any] = {
    RedOpType.SUM: np.add,
    RedOpType.AVG: np.add,
    RedOpType.PRODUCT: np.multiply,
    RedOpType.MIN: np.minimum,
    RedOpType.MAX: np.maximum,
    RedOpType.BAND: np.bitwise_and,
    RedOpType.BOR: np.bitwise_or,
    RedOpType.BXOR: np.bitwise_xor,
}


def check_reduction(op: Any, dtype: np.dtype) -> RedOpType:
    """`op` as one of the enumeration. Raises RuntimeError if it has no meaning for `dtype`, TypeError if it is none."""
    if not isinstance(op, ReduceOp | RedOpType):
        raise TypeError(f"Expected a ReduceOp such as ReduceOp.SUM, and got {type(op).__name__}")
    kind = op.op if isinstance(op, ReduceOp) else op
    if kind is RedOpType.PREMUL_SUM:
        raise RuntimeError("Cannot use ReduceOp.PREMUL_SUM with Gloo. Multiply the tensor, then sum.")
    if kind >= RedOpType.BAND and dtype.kind not in "biu":
        raise RuntimeError(f"Cannot use ReduceOp.{kind.name} with non-integral dtype")
    if dtype.kind == "c" and kind in (RedOpType.MIN, RedOpType.MAX, RedOpType.PRODUCT):
        raise RuntimeError(f"Cannot use ReduceOp.{kind.name} with complex tensors ({dtype.name}), which have no order")
    return kind


def reduced(op: RedOpType, parts: Sequence[np.ndarray], count: int) -> np.ndarray:
    """The reduction of `parts` in their order, in their dtype; `AVG` divides by `count`.

    Types below float32 are summed in float32 and rounded once.
    """
    dtype = parts[0].dtype
    narrow = dtype.itemsize < 4 and dtype.kind not in "biu"
    function = _FUNCTIONS[op]
    with np.errstate(all="ignore"):
        total = parts[0].astype(np.float32 if narrow else dtype)
        for part in parts[1:]:
            function(total, part.astype(np.float32) if narrow else part, out=total)
        if op is RedOpType.AVG:
            total = (
                total // count if dtype.kind in "biu" else total / dtype.type(count) if not narrow else total / count
            )
        return total.astype(dtype, copy=False)
