"""What dropout returns when nothing is drawn, its gradient, and its in-place twin."""

from __future__ import annotations

import torchere as torch


def test_evaluation_returns_the_input_itself() -> None:
    x = torch.ones(3, requires_grad=True)
    assert torch.dropout(x, 0.5, False) is x
    assert torch.dropout(x, 0.0, True) is x


def test_gradient_is_the_mask() -> None:
    x = torch.ones(100, requires_grad=True)
    y = torch.dropout(x, 0.5, True)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_in_place_writes_into_the_input() -> None:
    x = torch.ones(1000)
    assert torch.dropout_(x, 0.5, True) is x
    assert set(x.unique().tolist()) == {0.0, 2.0}


def test_seed_decides() -> None:
    torch.manual_seed(3)
    first = torch.dropout(torch.ones(50), 0.5, True)
    second = torch.dropout(torch.ones(50), 0.5, True)
    torch.manual_seed(3)
    assert torch.equal(torch.dropout(torch.ones(50), 0.5, True), first)
    assert not torch.equal(first, second)
