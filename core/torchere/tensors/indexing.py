"""``x[index]`` and ``x[index] = value``: basic indices become views, tensors and masks become gathers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index as as_index
from typing import Any

import numpy as np

from torchere.dtypes import int64
from torchere.tensors import tensor as tensors

__all__ = ["Indexing"]

_BASIC = frozenset((int, slice, type(None), type(Ellipsis)))


class Indexing:
    """Subscription."""

    __slots__ = ()

    def __getitem__(self: Any, index: Any) -> Any:
        kind = index.__class__
        if kind is int or kind is slice:
            if not self._array.shape:
                _check_count(self, (index,))
            return self.index_view((_checked(index),))
        if kind is tuple:
            for item in index:
                if item.__class__ not in _BASIC:
                    break
                if item.__class__ is slice and item.step is not None:
                    _checked(item)
            else:
                _check_count(self, index)
                try:
                    return self.index_view(index)
                except IndexError:
                    if index.count(Ellipsis) < 2:
                        raise
                    # PyTorch takes further ellipses for nothing.
                    return self.index_view(tuple(_single_ellipsis(index)))
        elif kind in _BASIC:
            return self.index_view((index,))
        elif (
            kind is tensors.Tensor
            and index._key.dtype is int64
            and index._array.shape
            and self._array.shape
            and index._key.device is self._key.device
        ):
            return self.index([index])
        view, indices = _lower(self, index)
        if indices is None:
            return view
        return view.index(indices)

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        from torchere.tensors.tensor import Tensor

        view, indices = _lower(self, index)
        if not isinstance(value, Tensor):
            from torchere.creation import tensor

            if isinstance(value, (bool, int, float, complex)) and indices is None:
                if 0 in view.stride():
                    from torchere.tensors.overlap import check_distinct

                    check_distinct(view, "__setitem__")
                view.fill_(value)
                return
            if isinstance(value, (str, bytes)):
                raise TypeError(f"can't assign a {type(value).__name__} to a {self.type()}")
            value = tensor(value, dtype=self.dtype, device=self.device)
        if indices is not None:
            if value._key is not self._key:
                value = _same_key(value, self, index)
            view.index_put_(indices, value)
            return
        shape, wanted = tuple(value._array.shape), tuple(view._array.shape)
        extra = len(shape) - len(wanted)
        if extra > 0 and all(size == 1 for size in shape[:extra]):
            value = value.reshape(shape[extra:])
        elif shape != wanted:
            from torchere.tensors.rewriting import check_expandable

            check_expandable(shape, wanted)
        view.copy_(value)

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items")


def _checked(item: Any) -> Any:
    """A slice whose step is positive, with integer tensors as Python ints."""
    if item.__class__ is not slice:
        return item
    start, stop, step = item.start, item.stop, item.step
    if step is not None:
        step = as_index(step)
        if step <= 0:
            raise ValueError("step must be greater than zero" if step else "slice step cannot be zero")
    if (start is None or start.__class__ is int) and (stop is None or stop.__class__ is int):
        return item if step is item.step else slice(start, stop, step)
    try:
        return slice(None if start is None else as_index(start), None if stop is None else as_index(stop), step)
    except TypeError:
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method (got "
            f"{type(start).__name__}, {type(stop).__name__})"
        ) from None


def _single_ellipsis(items: Sequence[Any]) -> list[Any]:
    """The items without ellipses after the first."""
    first = next(place for place, item in enumerate(items) if item is Ellipsis)
    return [item for place, item in enumerate(items) if item is not Ellipsis or place == first]


def _same_key(value: Any, target: Any, index: Any) -> Any:
    """`value` on the device of `target`; of its dtype where PyTorch converts: one number for all places of a mask."""
    from torchere.dtypes import bool_
    from torchere.errors import DTypeError
    from torchere.promotion import scalar_type_name

    is_mask = getattr(index, "dtype", None) is bool_
    if value._key.dtype is not target._key.dtype and not (is_mask and not value._array.shape):
        wanted, given = scalar_type_name(target._key.dtype), scalar_type_name(value._key.dtype)
        raise DTypeError(
            f"Index put requires the source and destination dtypes match, got {wanted} for the destination and {given} "
            f"for the source. Convert first: value.to(torch.{target._key.dtype.name})."
        )
    return value.to(target.device, target.dtype)


def _refuse_scalar(ndim: int) -> None:
    if not ndim:
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
            "0-dim tensor to a number"
        )


def _check_count(tensor: Any, index: Sequence[Any]) -> None:
    used = sum(1 for item in index if item is not None and item is not Ellipsis)
    if used > len(tensor._array.shape):
        if not tensor._array.shape and any(item.__class__ is slice for item in index):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        _refuse_scalar(len(tensor._array.shape))
        raise IndexError(f"too many indices for tensor of dimension {len(tensor._array.shape)}")


def _is_sequence_item(item: Any) -> bool:
    """Whether an item makes PyTorch read a short list as a tuple of indices."""
    from torchere.tensors.tensor import Tensor

    return isinstance(item, (Tensor, list, tuple, range, slice, np.ndarray, type(None), type(Ellipsis)))


def _as_tensor(item: Any, like: Any) -> Any:
    from torchere.creation import tensor
    from torchere.dtypes import int64

    made = tensor(item if not isinstance(item, range) else list(item), device=like.device)
    if made.numel() == 0 and isinstance(item, (list, tuple)):
        made = made.to(int64)
    return made


def _normalise(tensor: Any, index: Any) -> list[Any]:
    """Index items as ints, slices, None, bools and tensors; the ellipsis written out."""
    from torchere.tensors.tensor import Tensor

    if isinstance(index, list) and len(index) < 32 and any(_is_sequence_item(item) for item in index):
        index = tuple(index)
    items = list(index) if isinstance(index, tuple) else [index]
    result: list[Any] = []
    for item in items:
        if item.__class__ in _BASIC or item is True or item is False:
            result.append(_checked(item))
        elif isinstance(item, Tensor):
            if (
                not item._array.shape
                and 0 < item._key.dtype.category <= 1
                and not item.requires_grad
                and not item._key.level
            ):
                result.append(int(item.item()))
            else:
                result.append(item)
        elif isinstance(item, (list, tuple, range, np.ndarray)):
            result.append(_as_tensor(item, tensor))
        elif isinstance(item, (str, bytes)):
            raise TypeError(f"new(): invalid data type '{type(item).__name__}': an index is no text")
        elif isinstance(item, (np.bool_, bool)):
            result.append(bool(item))
        elif isinstance(item, slice):
            result.append(_checked(item))
        else:
            try:
                result.append(as_index(item))
            except TypeError:
                raise IndexError(
                    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                    f"(got {type(item).__name__})"
                ) from None
    used = 0
    for item in result:
        if isinstance(item, Tensor):
            used += max(len(item._array.shape), 1) if item._key.dtype.category == 0 or item.dtype.name == "uint8" else 1
            if not item._array.shape and item._key.dtype.category == 0:
                used -= 1
        elif item is not None and item is not Ellipsis and item is not True and item is not False:
            used += 1
    ndim = len(tensor._array.shape)
    if used > ndim:
        if not ndim and any(isinstance(item, slice) for item in result):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        _refuse_scalar(ndim)
        raise IndexError(f"too many indices for tensor of dimension {ndim}")
    places = [i for i, item in enumerate(result) if item is Ellipsis]
    if not places:
        result.append(Ellipsis)
        places = [len(result) - 1]
    filled: list[Any] = []
    for i, item in enumerate(result):
        if item is Ellipsis:
            if i == places[0]:
                filled += [slice(None)] * (ndim - used)
        else:
            filled.append(item)
    return filled


def _lower(tensor: Any, index: Any) -> tuple[Any, list[Any] | None]:
    """The basic part as a view, and the list of index tensors for its dimensions (None: nothing to gather)."""
    from torchere.dtypes import bool_, int64, uint8
    from torchere.tensors.tensor import Tensor

    items = _normalise(tensor, index)
    basic: list[Any] = []
    gathers: list[Any] = []
    any_gather = False
    axis = 0  # of the tensor, for error messages
    for item in items:
        if item is True or item is False:
            basic.append(None)
            gathers.append(_as_tensor([0] if item else [], tensor))
            any_gather = True
        elif isinstance(item, Tensor):
            any_gather = True
            dtype = item._key.dtype
            if item._key.device is not tensor._key.device and item._key.device.type == "cpu":
                item = item.to(tensor.device)
            if dtype is bool_ or dtype is uint8:
                mask = item if dtype is bool_ else item.to(bool_)
                shape = mask._array.shape
                if not shape:
                    basic.append(None)
                    gathers.append(mask.reshape(1).nonzero().reshape(-1))
                    continue
                for offset, size in enumerate(shape):
                    if size != tensor._array.shape[axis + offset]:
                        raise IndexError(
                            f"The shape of the mask {list(shape)} at index {offset} does not match the shape of the "
                            f"indexed tensor {list(tensor.shape)} at index {axis + offset}"
                        )
                places = mask.nonzero()
                for offset in range(len(shape)):
                    basic.append(slice(None))
                    gathers.append(places.select(1, offset))
                axis += len(shape)
                continue
            if dtype.category != 1:
                raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {dtype.name}")
            basic.append(slice(None))
            gathers.append(item if dtype is int64 else item.to(int64))
            axis += 1
        else:
            basic.append(item)
            if item.__class__ is not int:
                gathers.append(None)
            if item is not None:
                axis += 1
    trivial = all(item.__class__ is slice and item == slice(None) for item in basic)
    view = tensor.index_view(tuple(basic)) if not trivial or not any_gather else tensor
    if not any_gather:
        return view, None
    while gathers and gathers[-1] is None:
        gathers.pop()
    return view, gathers
