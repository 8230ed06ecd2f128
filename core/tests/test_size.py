"""Size: a tuple that stays a Size."""

import copy
import pickle

import numpy as np
import pytest

from torchere.size import Size


def test_stays_a_size() -> None:
    size = Size([2, 3, 4])
    joined = (size + (5,), (5,) + size, size + Size([1]))  # noqa: RUF005
    for made in (*joined, size[1:], size[::-1], size[:0], size * 2, 2 * size, copy.deepcopy(size)):
        assert type(made) is Size
    assert (5,) + size == (5, 2, 3, 4)  # noqa: RUF005
    assert type(pickle.loads(pickle.dumps(size))) is Size
    assert size[1] == 3
    assert size == (2, 3, 4)
    assert hash(size) == hash((2, 3, 4))


def test_repr_and_numel() -> None:
    assert repr(Size([2, 3])) == str(Size((2, 3))) == "torch.Size([2, 3])"
    assert repr(Size()) == "torch.Size([])"
    assert Size([2, 3]).numel() == 6
    assert Size([]).numel() == 1
    assert Size([3, 0]).numel() == 0


def test_items_must_be_integers() -> None:
    assert Size([np.int64(3), True]) == (3, 1)
    assert all(type(item) is int for item in Size([np.int64(3), True]))
    for items, place, kind in (([1.5], 0, "float"), ([1, "a"], 1, "str")):
        with pytest.raises(TypeError, match=rf"takes an iterable of 'int' \(item {place} is '{kind}'\)"):
            Size(items)
    with pytest.raises(TypeError, match="takes an iterable of 'int'"):
        Size([1]) + (1.5,)  # noqa: RUF005
    with pytest.raises(TypeError, match=r"can only concatenate tuple \(not list\) to torch.Size"):
        Size([1]) + [2]  # noqa: RUF005
    with pytest.raises(TypeError, match="not iterable"):
        Size(3)
