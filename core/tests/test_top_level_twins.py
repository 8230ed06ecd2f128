"""Twins at top level of losses, layers' functions and views; the numbers are PyTorch 2.13's."""

from __future__ import annotations

import pytest

import torchere as torch
from torchere import view_copies

X = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], dtype=torch.float64)
Y = torch.tensor([[1.0, 0.5, 0.25], [0.75, 2.0, 1.25]], dtype=torch.float64)
SIGN = torch.tensor([1, -1])
F = torch.nn.functional


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("kl_div", (X, Y)),
        ("binary_cross_entropy_with_logits", (X, Y)),
        ("cosine_embedding_loss", (X, Y, SIGN)),
        ("hinge_embedding_loss", (X, Y.sign())),
        ("margin_ranking_loss", (X, Y, Y.sign())),
        ("triplet_margin_loss", (X, Y, Y.flip(0))),
    ],
)
def test_losses_take_the_reduction_as_a_number_and_do_not_reduce_without(name, args):
    loss, functional = getattr(torch, name), getattr(F, name)
    assert loss(*args).tolist() == functional(*args, reduction="none").tolist()
    assert loss(*args, reduction=1).item() == pytest.approx(functional(*args, reduction="none").mean().item())
    assert loss(*args, reduction=2).item() == pytest.approx(functional(*args, reduction="sum").item())
    with pytest.raises(ValueError, match=name):
        loss(*args, reduction=3)


def test_poisson_loss_names_everything():
    assert torch.poisson_nll_loss(X, Y, True, False, 1e-8, 2).item() == F.poisson_nll_loss(X, Y, reduction="sum").item()


def test_samplers_take_modes_as_numbers():
    image, grid = torch.arange(9.0).view(1, 1, 3, 3), torch.tensor([[[[-0.4, 0.3], [1.2, 0.1]]]])
    assert torch.equal(torch.grid_sampler(image, grid, 0, 0, False), F.grid_sample(image, grid, align_corners=False))
    wanted = F.grid_sample(image, grid, "nearest", "border", True)
    assert torch.equal(torch.grid_sampler_2d(image, grid, 1, 1, True), wanted)
    with pytest.raises(ValueError, match="0, 1 or 2"):
        torch.grid_sampler(image, grid, 3, 0, False)


def test_cells_are_those_of_nn():
    state = torch.tensor([[0.5, -0.25]], dtype=torch.float64)
    lstm, gru, rnn = (kind(3, 2).double() for kind in (torch.nn.LSTMCell, torch.nn.GRUCell, torch.nn.RNNCell))
    x = X[:1]
    found = torch.lstm_cell(x, (state, state), *lstm.parameters())
    for ours, theirs in zip(found, lstm(x, (state, state)), strict=True):
        assert torch.allclose(ours, theirs)
    assert torch.allclose(torch.gru_cell(x, state, *gru.parameters()), gru(x, state))
    assert torch.allclose(torch.rnn_tanh_cell(x, state, *rnn.parameters()), rnn(x, state))
    assert torch.rnn_relu_cell(x, state, *rnn.parameters()).min() >= 0


def test_norms():
    assert torch.nuclear_norm(X).item() == pytest.approx(torch.linalg.matrix_norm(X, "nuc").item())
    assert torch.frobenius_norm(X, 1).tolist() == X.norm(dim=1).tolist()
    assert torch.norm_except_dim(X).tolist() == X.norm(dim=1, keepdim=True).tolist()


def test_copies_share_no_memory_and_pass_gradients():
    x = X.clone().requires_grad_()
    for name, args in (
        ("view", (3, 2)),
        ("t", ()),
        ("permute", (1, 0)),
        ("expand", (4, 2, 3)),
        ("diagonal", ()),
        ("select", (0, 1)),
        ("unsqueeze", (0,)),
        ("detach", ()),
    ):
        seen = getattr(x, name)(*args)
        made = getattr(torch, f"{name}_copy")(x, *args)
        assert made.tolist() == seen.tolist()
        assert made.data_ptr() != x.data_ptr()
        assert made.requires_grad == seen.requires_grad
    assert torch.slice_copy(x, 1, 0, 2).tolist() == X[:, :2].tolist()
    assert [piece.tolist() for piece in torch.split_copy(x, 1)] == [[row] for row in X.tolist()]
    assert set(view_copies.NAMES) <= set(dir(torch))


def test_methods_as_functions():
    x = torch.ones(2)
    assert torch.fill(x, 3).tolist() == [3, 3]
    assert torch.fill_(x, 2) is x
    assert torch.zero_(x).tolist() == [0, 0]
    assert not torch.detach(X.clone().requires_grad_()).requires_grad
