"""Embeddings beyond their conformance cases: gradients of padding rows, frequencies, renormalisation in place."""

import numpy as np
import torchere.nn.functional as F

import torchere as torch


def test_padding_row_gets_no_gradient():
    table = torch.randn(4, 2, requires_grad=True)
    F.embedding(torch.tensor([1, 1, 2]), table, padding_idx=1).sum().backward()
    assert table.grad.tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]


def test_gradients_are_divided_by_frequency():
    table = torch.randn(3, 1, requires_grad=True)
    F.embedding(torch.tensor([0, 0, 2]), table, scale_grad_by_freq=True).backward(torch.tensor([[1.0], [3.0], [5.0]]))
    assert table.grad.tolist() == [[2.0], [0.0], [5.0]]


def test_rows_used_often_sum_their_gradients():
    """Many equal indices: neighbours are added pair by pair, with an odd one left over now and then."""
    indices = torch.tensor(np.repeat(np.arange(5), [1, 2, 3, 8, 13])[np.random.default_rng(0).permutation(27)])
    table = torch.zeros(6, 3, dtype=torch.float64, requires_grad=True)
    grad = torch.randn(27, 3, dtype=torch.float64)
    F.embedding(indices, table).backward(grad)
    expected = np.zeros((6, 3))
    np.add.at(expected, indices.numpy(), grad.numpy())
    np.testing.assert_allclose(table.grad.numpy(), expected, rtol=1e-12)


def test_max_norm_shortens_used_rows_in_place():
    table = torch.tensor([[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]])
    out = F.embedding(torch.tensor([0, 2]), table, max_norm=1.0)
    np.testing.assert_allclose(table.numpy(), [[0.6, 0.8], [6.0, 8.0], [0.3, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(out.numpy(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_maximum_of_a_bag_sends_its_gradient_to_the_row_chosen():
    table = torch.tensor([[1.0, 9.0], [5.0, 2.0]], requires_grad=True)
    F.embedding_bag(torch.tensor([[0, 1, 0]]), table, mode="max").backward(torch.tensor([[10.0, 20.0]]))
    assert table.grad.tolist() == [[0.0, 20.0], [10.0, 0.0]]


def test_what_lies_behind_the_last_offset_is_left_out():
    table = torch.eye(3)
    offsets = torch.tensor([0, 1, 2])
    out = F.embedding_bag(torch.tensor([0, 1, 2]), table, offsets, mode="sum", include_last_offset=True)
    assert out.tolist() == [[1, 0, 0], [0, 1, 0]]
