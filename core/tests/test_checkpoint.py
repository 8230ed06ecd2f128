"""Checkpointing: same gradients and random numbers as without, in both ways, and errors where the rerun differs."""

from __future__ import annotations

from typing import Any

import pytest
from torchere.utils.checkpoint import (
    CheckpointError,
    checkpoint,
    checkpoint_sequential,
    detach_variable,
    get_device_states,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
    set_device_states,
)

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
    y = checkpoint(work, x, use_reentrant=False, early_stop=False)
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


def _counted() -> tuple[list[str], Any]:
    reached: list[str] = []

    def work(t: Any) -> Any:
        saved = t.exp().sin()
        reached.append("saved all")
        return saved * 2

    return reached, work


@pytest.mark.parametrize("early_stop", [True, False])
def test_recomputation_ends_when_everything_is_there(early_stop: bool) -> None:
    for by_block in (False, True):
        reached, work = _counted()
        x = torch.ones(2, requires_grad=True)
        if by_block:
            with set_checkpoint_early_stop(early_stop):
                y = checkpoint(work, x, use_reentrant=False, early_stop=not early_stop)
        else:
            y = checkpoint(work, x, use_reentrant=False, early_stop=early_stop)
        y.sum().backward()
        assert len(reached) == (1 if early_stop else 2)
        assert torch.allclose(x.grad, 2 * torch.ones(2).exp().cos() * torch.ones(2).exp())


def test_more_saved_tensors_are_accepted_unless_all_must_run() -> None:
    calls: list[int] = []

    def work(t: Any) -> Any:
        calls.append(1)
        return t.exp() if len(calls) == 1 else t.exp().sin()

    x = torch.ones(2, requires_grad=True)
    checkpoint(work, x, use_reentrant=False).sum().backward()
    assert torch.allclose(x.grad, torch.ones(2).exp())


def test_determinism_check() -> None:
    calls: list[int] = []

    def work(t: Any) -> Any:
        calls.append(1)
        return t.exp() if len(calls) == 1 else t.double().exp()

    x = torch.ones(2, requires_grad=True)
    with pytest.raises(CheckpointError, match=r"saved metadata: .*float32.*\nrecomputed metadata: .*float64"):
        checkpoint(work, x, use_reentrant=False).sum().backward()
    calls.clear()
    checkpoint(work, x, use_reentrant=False, determinism_check="none").sum().backward()
    assert torch.allclose(x.grad, torch.ones(2).exp())
    with pytest.raises(ValueError, match="one of"):
        checkpoint(work, x, use_reentrant=False, determinism_check="some")


def test_debug_names_the_operators_of_both_runs() -> None:
    calls: list[int] = []

    def work(t: Any) -> Any:
        calls.append(1)
        return t.exp().sin() if len(calls) == 1 else t.tanh()

    x = torch.ones(2, requires_grad=True)
    with set_checkpoint_debug_enabled(True):
        y = checkpoint(work, x, use_reentrant=False)
    with pytest.raises(CheckpointError, match=r"differ first at operator 0: exp, then tanh") as caught:
        y.sum().backward()
    assert "test_checkpoint.py" in str(caught.value)
    calls.clear()
    y = checkpoint(work, x, use_reentrant=False)
    with pytest.raises(CheckpointError, match=r"Tip: .*debug=True"):
        y.sum().backward()


def test_what_the_reentrant_way_refuses() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"incompatible with \.grad\(\)"):
        torch.autograd.grad(checkpoint(torch.exp, x, use_reentrant=True).sum(), x)
    with pytest.raises(ValueError, match="only supported when use_reentrant=False"):
        checkpoint(torch.exp, x, use_reentrant=True, debug=True)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad"):
        checkpoint(torch.exp, torch.ones(2), use_reentrant=True)
    with pytest.raises(ValueError, match="fewer segments"):
        checkpoint_sequential([torch.exp], 2, x, use_reentrant=False)
    with pytest.raises(ValueError, match="Unexpected keyword arguments: scale"):
        checkpoint_sequential([torch.exp], 1, x, use_reentrant=False, scale=1)


def test_twice_through_one_checkpoint() -> None:
    runs: list[int] = []

    def work(t: Any) -> Any:
        runs.append(1)
        return t.exp().sin()

    x = torch.ones(2, requires_grad=True)
    y = checkpoint(work, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert len(runs) == 3
    assert torch.allclose(x.grad, 2 * torch.ones(2).exp().cos() * torch.ones(2).exp())


def test_inner_checkpoints_keep_nothing_of_outer_ones() -> None:
    import weakref

    kept: list[Any] = []

    def inner(t: Any) -> Any:
        return t.sin().exp()

    def outer(t: Any) -> Any:
        hidden = t.exp()
        kept.append(weakref.ref(hidden))
        return checkpoint(inner, hidden, use_reentrant=False).sin()

    x = torch.ones(2, requires_grad=True)
    y = checkpoint(outer, x, use_reentrant=False)
    assert kept[0]() is None
    y.sum().backward()
    z = torch.ones(2, requires_grad=True)
    inner(z.exp()).sin().sum().backward()
    assert torch.allclose(x.grad, z.grad)


def test_helpers() -> None:
    x = torch.ones(2, requires_grad=True) * 2
    detached, other = detach_variable((x, 3))
    assert detached.requires_grad
    assert detached.is_leaf
    assert other == 3
    with pytest.raises(RuntimeError, match="Only tuple of tensors"):
        detach_variable([x])
    assert get_device_states(x, 1) == ([], [])
    set_device_states([], [])
