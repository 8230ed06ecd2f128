"""The shape of a tensor: a tuple of ints that stays one through slicing and concatenation."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, SupportsIndex, overload

__all__ = ["Size"]

_tuple_new = tuple.__new__
_tuple_item = tuple.__getitem__


class Size(tuple[int, ...]):
    """A shape, such as ``torch.Size([2, 3])``; equal to and hashed like the tuple ``(2, 3)``.

    Accepts any iterable of ints, NumPy integers or integer tensors of zero dimensions. Code that already holds a
    tuple of ints makes one without the checks by ``tuple.__new__(Size, shape)``.

    Raises TypeError for an item that is no integer.
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[SupportsIndex] = (), /) -> Size:
        shape = _tuple_new(cls, sizes)
        for item in shape:
            if type(item) is not int:
                return _tuple_new(cls, _as_ints(shape))
        return shape

    def numel(self) -> int:
        """Number of elements of a tensor of this shape; 1 for ``Size([])``."""
        return math.prod(self)

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, index: slice, /) -> Size: ...
    def __getitem__(self, index: Any, /) -> int | Size:
        item = _tuple_item(self, index)
        return _tuple_new(Size, item) if type(index) is slice else item

    def __add__(self, other: Any, /) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any, /) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(other, tuple(self)))

    def __mul__(self, count: SupportsIndex, /) -> Size:
        return _tuple_new(Size, tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__


def _as_ints(items: Iterable[object]) -> Iterable[int]:
    """Items as ints; TypeError, naming the place, for one that is no integer."""
    for place, item in enumerate(items):
        try:
            yield operator.index(item)  # type: ignore[arg-type]
        except (TypeError, ValueError, RuntimeError):
            raise TypeError(
                f"torch.Size() takes an iterable of 'int' (item {place} is '{type(item).__name__}')"
            ) from None
