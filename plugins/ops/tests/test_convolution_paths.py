"""Convolution kernels beyond the conformance cases: every layout and block size gives the decomposition's numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torchere.nn.functional as F

import torchere as torch
from torchere.operators import operator_named

#: input, weight, settings: what decides between layouts and block sizes in the cpu kernels.
SHAPES = [
    pytest.param((3, 2, 40, 40), (3, 2, 3, 3), {"padding": 1}, id="channels first, one image a block"),
    pytest.param((9, 16, 6, 6), (8, 16, 3, 3), {"padding": 1}, id="channels last"),
    pytest.param((70, 16, 12, 12), (8, 16, 3, 3), {"padding": 1}, id="channels last, several blocks"),
    pytest.param((70, 1, 20, 20), (4, 1, 5, 5), {}, id="one channel, several blocks"),
    pytest.param((37, 4, 7, 7), (6, 4, 3, 3), {"stride": 2, "padding": 1}, id="strided, images side by side"),
    pytest.param((3, 4, 33, 35), (6, 2, 3, 2), {"stride": (2, 3), "groups": 2}, id="strided, groups"),
    pytest.param((5, 6, 9, 9), (6, 1, 3, 3), {"padding": 1, "groups": 6}, id="depthwise"),
    pytest.param((5, 6, 9, 9), (12, 1, 3, 3), {"dilation": 2, "groups": 6}, id="depthwise with two filters each"),
    pytest.param((4, 6, 9, 9), (5, 6, 1, 1), {}, id="pointwise"),
    pytest.param((4, 3, 9, 9), (5, 3, 3, 3), {"padding": 5}, id="padding beyond the kernel"),
]


def _results(x_shape, w_shape, settings, function):
    source = np.random.default_rng(0)
    x = torch.tensor(source.standard_normal(x_shape), requires_grad=True)
    w = torch.tensor(source.standard_normal(w_shape), requires_grad=True)
    y = function(x, w, **settings)
    grad = torch.tensor(source.standard_normal(tuple(y.shape)))
    return y, *torch.autograd.grad(y, (x, w), grad)


@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), SHAPES)
def test_kernels_equal_their_decompositions(x_shape, w_shape, settings):
    ours = _results(x_shape, w_shape, settings, F.conv2d)
    padding = settings.get("padding", 0)
    body = operator_named("convolution").function

    def pair(value):
        return value if isinstance(value, tuple) else (value, value)

    def decomposed(x, w, stride=1, padding=0, dilation=1, groups=1):
        return body(x, w, None, pair(stride), pair(padding), pair(dilation), False, (0, 0), groups)

    theirs = _results(x_shape, w_shape, settings | {"padding": padding}, decomposed)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-9, atol=1e-9)


def test_reduced_precision_is_computed_in_float32():
    x, w = torch.randn(2, 64, 8, 8), torch.randn(16, 64, 3, 3) / 24
    exact = F.conv2d(x.bfloat16().float(), w.bfloat16().float())
    low = F.conv2d(x.bfloat16(), w.bfloat16())
    assert low.dtype is torch.bfloat16
    # One rounding at the end: half a unit of the last of 8 bits.
    np.testing.assert_allclose(low.float().numpy(), exact.numpy(), rtol=2**-8, atol=1e-6)


def test_integers_beyond_float64_wrap_around():
    x = torch.full((1, 1, 2, 2), 2**62, dtype=torch.int64)
    w = torch.full((1, 1, 2, 2), 3, dtype=torch.int64)
    assert F.conv2d(x, w).item() == (12 * 2**62 + 2**63) % 2**64 - 2**63
