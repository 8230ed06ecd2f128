"""Reading and writing by arbitrary indices agrees with NumPy, and gradients gather what reading scattered."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import torchere as torch

_SHAPES = st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple)


@st.composite
def _slices(draw: st.DrawFn, size: int) -> slice:
    bound = st.none() | st.integers(-size - 2, size + 2)
    return slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3)))


@st.composite
def _basic(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = draw(_SHAPES)
    items: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        choices: list[Any] = [_slices(size)]
        if size:
            choices.append(st.integers(-size, size - 1))
        items.append(draw(st.one_of(choices)))
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), Ellipsis)
        # What follows an ellipsis is counted from the last dimension: only full slices fit any size.
        place = items.index(Ellipsis)
        items[place + 1 :] = [slice(None) for _ in items[place + 1 :]]
    for _ in range(draw(st.integers(0, 2))):
        items.insert(draw(st.integers(0, len(items))), None)
    return shape, items[0] if len(items) == 1 and draw(st.booleans()) else tuple(items)


@st.composite
def _advanced(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
    common = draw(st.sampled_from([(1,), (3,), (2, 3), (0,)]))
    items: list[Any] = []
    for size in shape[: draw(st.integers(1, len(shape)))]:
        kind = draw(st.sampled_from(["array", "array", "slice", "int", "mask"]))
        if kind == "array":
            own = draw(st.sampled_from([common, (1,) * len(common)]))
            items.append(np.array(draw(st.lists(st.integers(-size, size - 1), min_size=int(np.prod(own)),
                         max_size=int(np.prod(own)))), dtype=np.int64).reshape(own))  # fmt: skip
        elif kind == "slice":
            items.append(draw(_slices(size)))
        elif kind == "int":
            items.append(draw(st.integers(-size, size - 1)))
        else:
            items.append(np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))))
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), None)
    return shape, tuple(items)


def _numbers(shape: tuple[int, ...]) -> Any:
    return np.arange(float(np.prod(shape, dtype=int)), dtype=np.float32).reshape(shape)


def _ours(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(torch.tensor(item) if isinstance(item, np.ndarray) else item for item in index)
    return index


def _check(shape: tuple[int, ...], index: Any) -> None:
    array = _numbers(shape)
    try:
        expected = array[index]
    except IndexError:
        assume(False)
    tensor = torch.from_numpy(array.copy()).requires_grad_()
    found = tensor[_ours(index)]
    assert tuple(found.shape) == expected.shape
    assert np.array_equal(found.detach().numpy(), expected)
    weights = np.random.Generator(np.random.Philox(1)).standard_normal(expected.shape).astype(np.float32)
    (found * torch.from_numpy(np.asarray(weights))).sum().backward()
    gradient = np.zeros_like(array)
    np.add.at(gradient, index, weights)
    assert np.allclose(tensor.grad.numpy(), gradient, atol=1e-5)
    changed = torch.from_numpy(array.copy())
    changed[_ours(index)] = -1
    array[index] = -1
    assert np.array_equal(changed.numpy(), array)


@settings(max_examples=250, deadline=None)
@given(_basic())
def test_basic_indices(pair: tuple[tuple[int, ...], Any]) -> None:
    _check(*pair)


@settings(max_examples=250, deadline=None)
@given(_advanced())
def test_advanced_indices(pair: tuple[tuple[int, ...], Any]) -> None:
    shape, index = pair
    # An int among arrays counts as an array in NumPy (its axes then move to the front); PyTorch selects it first.
    kinds = [isinstance(item, np.ndarray) for item in index]
    if any(kinds):
        assume(not any(isinstance(item, int) for item in index))
    _check(shape, index)


@settings(max_examples=100, deadline=None)
@given(_SHAPES, st.randoms())
def test_masks(shape: tuple[int, ...], random: Any) -> None:
    mask = np.array([random.random() < 0.5 for _ in range(int(np.prod(shape)))], dtype=bool).reshape(shape)
    array = _numbers(shape)
    tensor = torch.from_numpy(array.copy())
    assert np.array_equal(tensor[torch.from_numpy(mask)].numpy(), array[mask])
    tensor[torch.from_numpy(mask)] = 5
    array[mask] = 5
    assert np.array_equal(tensor.numpy(), array)
