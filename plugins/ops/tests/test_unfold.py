"""`nn.functional.unfold`, whose name `Tensor.unfold` has in the conformance cases."""

from __future__ import annotations

import numpy as np
import pytest
import torchere.nn.functional as F

import torchere as torch


def _unfolded(x, kernel, dilation, padding, stride):
    padded = np.pad(x, [(0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2])
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    rows = range(0, padded.shape[2] - reach[0] + 1, stride[0])
    columns = range(0, padded.shape[3] - reach[1] + 1, stride[1])
    blocks = [
        padded[:, :, i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]].reshape(len(x), -1)
        for i in rows
        for j in columns
    ]
    return np.stack(blocks, axis=-1)


@pytest.mark.parametrize(
    ("kernel", "dilation", "padding", "stride"),
    [((3, 3), (1, 1), (0, 0), (1, 1)), ((2, 3), (2, 1), (1, 0), (1, 2)), ((1, 2), (1, 3), (0, 2), (3, 1))],
)
def test_columns_are_the_blocks(kernel, dilation, padding, stride):
    x = torch.randn(2, 3, 6, 7, dtype=torch.float64, requires_grad=True)
    columns = F.unfold(x, kernel, dilation, padding, stride)
    np.testing.assert_array_equal(
        columns.detach().numpy(), _unfolded(x.detach().numpy(), kernel, dilation, padding, stride)
    )
    # fold is the adjoint: <unfold(x), c> = <x, fold(c)>, which is also unfold's gradient.
    grad = torch.randn_like(columns)
    folded = F.fold(grad, (6, 7), kernel, dilation, padding, stride)
    np.testing.assert_allclose(torch.autograd.grad(columns, x, grad)[0].numpy(), folded.numpy(), rtol=1e-12)


def test_without_a_batch():
    x = torch.randn(3, 4, 5)
    np.testing.assert_array_equal(F.unfold(x, 2).numpy(), F.unfold(x.unsqueeze(0), 2)[0].numpy())


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((1, 2, 4, 4), {"kernel_size": 5}, "components must be at least one"),
        ((1, 2, 4, 4), {"kernel_size": 0}, "kernel size should be greater than zero"),
        ((1, 2, 4, 4), {"kernel_size": 2, "stride": 0}, "stride should be greater than zero"),
        ((1, 2, 4, 4), {"kernel_size": 2, "padding": -1}, "padding should be non-negative"),
        ((1, 0, 4, 4), {"kernel_size": 2}, "other non-zero dimensions"),
        ((1, 2, 4, 4), {"kernel_size": (1, 2, 3)}, "list of 2 values"),
    ],
)
def test_wrong_settings(shape, arguments, message):
    with pytest.raises(RuntimeError, match=message):
        F.unfold(torch.zeros(shape), **arguments)
