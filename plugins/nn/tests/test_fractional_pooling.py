"""Fractional max pooling against a loop over windows."""

from __future__ import annotations

import numpy as np
import pytest
import torchere.nn.functional as F

import torchere as torch
from torchere import nn


def starts(sample, size, count, width):
    if count == 1:
        return [size - width]
    alpha = np.float64(size - width) / (count - 1)
    return [int((i + sample) * alpha) - int(sample * alpha) for i in range(count - 1)] + [size - width]


def by_loop(array, kernel, output, samples):
    """Values and flat places of (planes, *sizes); samples of each plane already in the order of the axes."""
    values = np.empty((len(array), *output))
    places = np.empty((len(array), *output), dtype=np.int64)
    for plane, image in enumerate(array):
        first = [starts(*row) for row in zip(samples[plane], image.shape, output, kernel, strict=True)]
        for where in np.ndindex(*output):
            corner = [first[axis][number] for axis, number in enumerate(where)]
            window = image[tuple(slice(c, c + k) for c, k in zip(corner, kernel, strict=True))]
            inside = np.unravel_index(window.argmax(), window.shape)
            values[(plane, *where)] = window.max()
            spot = [c + i for c, i in zip(corner, inside, strict=True)]
            places[(plane, *where)] = np.ravel_multi_index(spot, image.shape)
    return values, places


@pytest.mark.parametrize(
    ("sizes", "kernel", "output"),
    [((7, 9), (2, 3), (4, 5)), ((5, 5), (2, 2), (1, 4)), ((6, 8, 7), (2, 3, 2), (3, 4, 2))],
)
def test_values_places_and_gradients(sizes, kernel, output):
    random = np.random.RandomState(3)
    axes = len(sizes)
    array = random.standard_normal((2, 3, *sizes))
    samples = random.uniform(size=(2, 3, axes))
    pool = F.fractional_max_pool2d if axes == 2 else F.fractional_max_pool3d
    input = torch.tensor(array, requires_grad=True)
    found, indices = pool(input, kernel, output, return_indices=True, _random_samples=torch.tensor(samples))
    # PyTorch's order: width before height in two dimensions.
    ordered = samples[..., ::-1] if axes == 2 else samples
    values, places = by_loop(array.reshape(6, *sizes), kernel, output, ordered.reshape(6, axes))
    np.testing.assert_array_equal(found.detach().numpy(), values.reshape(found.shape))
    np.testing.assert_array_equal(indices.numpy(), places.reshape(found.shape))
    torch.testing.assert_close(pool(input[0], kernel, output, _random_samples=torch.tensor(samples[:1])), found[0])
    upstream = random.standard_normal(found.shape)
    (found * torch.tensor(upstream)).sum().backward()
    expected = np.zeros((6, int(np.prod(sizes))))
    for plane in range(6):
        np.add.at(expected[plane], places[plane].ravel(), upstream.reshape(6, -1)[plane])
    np.testing.assert_allclose(input.grad.numpy(), expected.reshape(array.shape))


def test_drawn_windows_follow_the_seed_and_ratio():
    layer = nn.FractionalMaxPool2d(3, output_ratio=(0.5, 0.7))
    input = torch.randn(2, 3, 10, 10)
    torch.manual_seed(5)
    first = layer(input)
    torch.manual_seed(5)
    assert torch.equal(first, layer(input))
    assert first.shape == (2, 3, 5, 7)


def test_nan_wins_and_minus_infinity_has_a_place():
    nan = float("nan")
    samples = torch.full((1, 1, 2), 0.3)
    values, places = F.fractional_max_pool2d(
        torch.tensor([[[1, nan, 0], [2, nan, 3], [0, 0, 0]]]), 2, 2, return_indices=True, _random_samples=samples
    )
    assert values.isnan().all()
    assert places.tolist() == [[[4, 4], [4, 4]]]
    lowest = torch.full((1, 3, 3), -float("inf"))
    _, places = F.fractional_max_pool2d(lowest, 2, 2, return_indices=True, _random_samples=samples)
    assert places.tolist() == [[[0, 1], [3, 4]]]


def test_settings_that_do_not_fit():
    with pytest.raises(ValueError, match="requires specifying either an output size, or a pooling ratio"):
        nn.FractionalMaxPool2d(2)
    with pytest.raises(ValueError, match="only one of output_size and output_ratio"):
        nn.FractionalMaxPool3d(2, 2, 0.5)
    with pytest.raises(ValueError, match=r"must be between 0 and 1 \(got 1.5\)"):
        nn.FractionalMaxPool2d(2, output_ratio=1.5)
    with pytest.raises(RuntimeError, match="pool height 5 too large relative to input height 4"):
        F.fractional_max_pool2d(torch.ones(1, 4, 4), 5, 2)
    with pytest.raises(RuntimeError, match="pool width 2 too large relative to input width 4"):
        F.fractional_max_pool3d(torch.ones(1, 4, 4, 4), 2, (1, 2, 3))
    with pytest.raises(RuntimeError, match=r"_random_samples.size\(2\) equals to 2; got 3"):
        F.fractional_max_pool2d(torch.ones(1, 1, 4, 4), 2, 2, _random_samples=torch.rand(1, 1, 3))
