"""Checkpointing: same gradients and random numbers as without, in both ways, and errors where the rerun differs."""

from __future__ import annotations

from typing import Any

import pytest
from torchere.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential

import torchere as torch


def _work(x: Any, w: Any) -> Any:
    hidden = (x * w).sin()
    return hidden * torch.rand(x.shape) + hidden.exp()


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradients_and_random_numbers_are_those_without(reentrant: bool) -> None:
    found = []
    for wrapped in (False, True):
        torch.manual_seed(3)
        x, w = torch.ones(4, requires_grad=True), torch.full((4,), 0.5, requires_grad=True)
        out = checkpoint(_work, x, w, use_reentrant=reentrant) if wrapped else _work(x, w)
        torch.rand(3)
        out.sum().backward()
        found.append((out.tolist(), x.grad.tolist(), w.grad.tolist(), torch.rand(2).tolist()))
    assert found[0] == found[1]


def test_the_function_runs_again_once() -> None:
    calls = []

    def work(x: Any) -> Any:
        calls.append(1)
        return x.exp().sin().exp()

    x = torch.ones(2, requires_grad=True)
    y = checkpoint(work, x, use_reentrant=False)
    assert len(calls) == 1
    y.sum().backward()
    assert len(calls) == 2


def test_keywords_and_structures_pass_through() -> None:
    x = torch.ones(2, requires_grad=True)
    out = checkpoint(lambda t, *, scale: {"a": (t * scale).exp()}, x, scale=2, use_reentrant=False)
    out["a"].sum().backward()
    assert x.grad is not None
    with pytest.raises(ValueError, match="Unexpected keyword arguments: scale"):
        checkpoint(lambda t, scale: t, x, scale=2, use_reentrant=True)


@pytest.mark.parametrize(
    ("second", "message"),
    [(lambda t: t.exp() * t.sin(), "different number of tensors"), (lambda t: t[:1].exp(), "different metadata")],
)
def test_a_rerun_that_differs_is_an_error(second: Any, message: str) -> None:
    calls: list[int] = []

    def work(t: Any) -> Any:
        calls.append(1)
        return t.exp() if len(calls) == 1 else second(t)

    x = torch.ones(2, requires_grad=True)
    y = checkpoint(work, x, use_reentrant=False)
    with pytest.raises(CheckpointError, match=message):
        y.sum().backward()


def test_nothing_to_differentiate() -> None:
    assert not checkpoint(lambda t: t * 2, torch.ones(2), use_reentrant=False).requires_grad
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        assert not checkpoint(lambda t: t * 2, x, use_reentrant=False).requires_grad
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpoint(lambda t: t * 2, x)


def test_nested() -> None:
    def inner(t: Any) -> Any:
        return t.exp().sin()

    def outer(t: Any) -> Any:
        return checkpoint(inner, t, use_reentrant=False).exp()

    x = torch.ones(2, requires_grad=True)
    checkpoint(outer, x, use_reentrant=False).sum().backward()
    y = torch.ones(2, requires_grad=True)
    inner(y).exp().sum().backward()
    assert torch.allclose(x.grad, y.grad)


def test_sequence() -> None:
    layers = [lambda t: t.exp(), lambda t: t.sin(), lambda t: t * 3, lambda t: t.exp()]
    x = torch.ones(2, requires_grad=True)
    checkpoint_sequential(layers, 2, x, use_reentrant=False).sum().backward()
    y = torch.ones(2, requires_grad=True)
    t: Any = y
    for layer in layers:
        t = layer(t)
    t.sum().backward()
    assert torch.allclose(x.grad, y.grad)


def test_second_order() -> None:
    x = torch.ones(2, requires_grad=True)
    y = checkpoint(lambda t: t**3, x, use_reentrant=False)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    assert h.tolist() == [6, 6]
