"""``torch.sparse.FloatTensor(indices, values, size)`` and its like, one for each dtype: older programs use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torchere
from torchere import Tensor

__all__ = [
    "BFloat16Tensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


def _constructor(name: str, dtype: Any) -> Callable[..., Tensor]:
    def construct(*args: Any) -> Tensor:
        if not args:
            args = ((0,),)
        made: Tensor = torchere.sparse_coo_tensor(*args, dtype=dtype)
        return made

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = f"A COO tensor of {dtype}: ``(indices, values)``, ``(indices, values, size)`` or ``(*sizes)``."
    return construct


BFloat16Tensor = _constructor("BFloat16Tensor", torchere.bfloat16)
ByteTensor = _constructor("ByteTensor", torchere.uint8)
CharTensor = _constructor("CharTensor", torchere.int8)
DoubleTensor = _constructor("DoubleTensor", torchere.float64)
FloatTensor = _constructor("FloatTensor", torchere.float32)
HalfTensor = _constructor("HalfTensor", torchere.float16)
IntTensor = _constructor("IntTensor", torchere.int32)
LongTensor = _constructor("LongTensor", torchere.int64)
ShortTensor = _constructor("ShortTensor", torchere.int16)
