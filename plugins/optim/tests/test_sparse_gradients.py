"""Optimizers and sparse gradients: `SparseAdam`, and what the others do."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import torchere as torch


def table() -> Any:
    return torch.arange(8.0).reshape(4, 2).requires_grad_()


def loss(weight: Any, rows: list[int], sparse: bool = True) -> Any:
    return (torch.nn.functional.embedding(torch.tensor(rows), weight, sparse=sparse) ** 2).sum()


def test_sparse_adam_is_adam_on_touched_rows() -> None:
    lazy, eager = table(), table()
    first, second = torch.optim.SparseAdam([lazy], lr=0.1), torch.optim.Adam([eager], lr=0.1)
    for _ in range(5):
        for weight, optimizer, sparse in ((lazy, first, True), (eager, second, False)):
            optimizer.zero_grad()
            loss(weight, [1, 1, 3], sparse).backward()
            optimizer.step()
    np.testing.assert_allclose(lazy.detach().numpy(), eager.detach().numpy(), rtol=1e-5)
    assert torch.equal(lazy[[0, 2]], table()[[0, 2]])


def test_trajectory_of_pytorch() -> None:
    weight = table()
    optimizer = torch.optim.SparseAdam([weight], lr=0.1)
    for k in range(3):
        optimizer.zero_grad()
        loss(weight, [1, 1, k]).backward()
        optimizer.step()
    wanted = [
        [0.0, 0.9000000357627869],
        [1.7030014991760254, 2.7029623985290527],
        [3.9361186027526855, 4.9361186027526855],
        [6.0, 7.0],
    ]
    np.testing.assert_allclose(weight.detach().numpy(), np.array(wanted), rtol=1e-6)
    assert optimizer.state_dict()["state"][0]["step"] == 3
    again = table()
    other = torch.optim.SparseAdam([again], lr=0.1)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert torch.equal(other.state[again]["exp_avg"], optimizer.state[weight]["exp_avg"])


def test_maximize_and_empty_gradients() -> None:
    up, down = table(), table()
    loss(up, [2]).backward()
    loss(down, [2]).backward()
    torch.optim.SparseAdam([up], maximize=True).step()
    torch.optim.SparseAdam([down]).step()
    assert (up[2] > table()[2]).all()
    assert (down[2] < table()[2]).all()
    still = table()
    still.grad = torch.sparse_coo_tensor((4, 2))
    torch.optim.SparseAdam([still]).step()
    assert torch.equal(still.detach(), table().detach())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "Invalid learning rate: -1"),
        ({"eps": 0}, "Invalid epsilon value: 0"),
        ({"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        torch.optim.SparseAdam([table()], **options)


def test_what_sparse_adam_refuses() -> None:
    with pytest.raises(ValueError, match=r"Sparse params at indices \[\[0, 0\]\]"):
        torch.optim.SparseAdam([torch.ones(2).to_sparse().requires_grad_()])
    weight = table()
    weight.grad = torch.ones(4, 2)
    with pytest.raises(RuntimeError, match="does not support dense gradients"):
        torch.optim.SparseAdam([weight]).step()


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD"])
def test_others_refuse_sparse_gradients(name: str) -> None:
    weight = table()
    loss(weight, [1]).backward()
    with pytest.raises(RuntimeError, match="does not support sparse gradients"):
        getattr(torch.optim, name)([weight]).step()


@pytest.mark.parametrize("name", ["SGD", "Adagrad"])
def test_sgd_and_adagrad_take_sparse_gradients(name: str) -> None:
    results = []
    for sparse in (True, False):
        weight = table()
        optimizer = getattr(torch.optim, name)([weight], lr=0.1)
        for rows in ([1, 1, 3], [0, 1]):
            optimizer.zero_grad()
            loss(weight, rows, sparse).backward()
            optimizer.step()
        results.append(weight.detach().numpy())
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
