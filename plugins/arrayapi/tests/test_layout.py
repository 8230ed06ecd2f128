"""Layouts against what NumPy says about the same views."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torchere_arrayapi.layout import Layout, contiguous, positions


def of(array, owner):
    offset = (array.ctypes.data - owner.ctypes.data) // owner.itemsize if array.size else 0
    return Layout(array.shape, tuple(step // array.itemsize for step in array.strides), offset)


@st.composite
def views(draw):
    """A strided view of a contiguous array."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    owner = np.arange(np.prod(shape)).reshape(shape)
    array = owner.transpose(draw(st.permutations(range(len(shape)))))
    index = tuple(slice(draw(st.integers(0, n - 1)), None, draw(st.integers(1, 2))) for n in array.shape)
    return owner, array[index]


@settings(max_examples=200, deadline=None)
@given(views(), st.data())
def test_view_is_possible_exactly_where_numpy_needs_no_copy(pair, data):
    owner, array = pair
    factors = [p for n in array.shape for p in ((2, 2) if n == 4 else (n,))]
    size, left = [], factors
    while left:
        cut = data.draw(st.integers(1, len(left)))
        size.append(int(np.prod(left[:cut])))
        left = left[cut:]
    size = tuple(size) + (1,) * data.draw(st.integers(0, 1))
    try:
        expected = array.reshape(size, copy=False)
    except ValueError:
        with pytest.raises(RuntimeError, match="view size is not compatible"):
            of(array, owner).viewed(size)
        return
    found = of(array, owner).viewed(size)
    assert found.shape == size
    assert owner.reshape(-1)[positions(found)].tolist() == expected.reshape(-1).tolist()


@settings(max_examples=100, deadline=None)
@given(views())
def test_positions_read_what_the_view_shows(pair):
    owner, array = pair
    assert owner.reshape(-1)[positions(of(array, owner))].tolist() == array.reshape(-1).tolist()


@pytest.mark.parametrize("offset", range(-3, 5))
def test_diagonals(offset):
    owner = np.arange(12).reshape(3, 4)
    found = contiguous((3, 4)).diagonal(offset, 0, 1)
    assert owner.reshape(-1)[positions(found)].tolist() == owner.diagonal(offset).tolist()
