"""Graphs of any depth run; graphs and what they saved die with their last reference, without the collector."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import torchere as torch


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Marked(torch.Tensor):
    """A leaf that can be told apart."""


def _leaf(count: int = 3) -> Any:
    return torch.arange(1.0, 1.0 + count).requires_grad_()


def test_a_chain_of_100000_operations_runs_backward_and_dies() -> None:
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    middle = weakref.ref(y.grad_fn)
    y.backward()
    assert x.grad.item() == 1
    del y
    assert middle() is None


def test_a_chain_of_20000_views_and_writes_runs_backward() -> None:
    x = _leaf(2)
    y = x * 1
    for _ in range(2_000):
        y[0] = y[1]
    y.sum().backward()
    assert x.grad.tolist() == [0, 2]


def _square(x: Any) -> Any:
    return (x * x).sum()


def _saved_output(x: Any) -> Any:
    return x.exp().exp().sum()


def _view_and_write(x: Any) -> Any:
    y = x * 1
    y[:2].mul_(2)
    return y.sum()


def _several_outputs(x: Any) -> Any:
    values, _ = x.sort()
    return values.sum()


def _hooked(x: Any) -> Any:
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    return y.sum()


def _function(x: Any) -> Any:
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            out = a.exp()
            ctx.save_for_backward(a, out)
            return out

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * ctx.saved_tensors[1]

    return Exp.apply(x).sum()


def _packed(x: Any) -> Any:
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        return (x * 2).exp().sum()


def _checkpointed(x: Any) -> Any:
    return torch.utils.checkpoint.checkpoint(lambda t: t.exp().sin(), x, use_reentrant=False).sum()


GRAPHS = [_square, _saved_output, _view_and_write, _several_outputs, _hooked, _function, _packed, _checkpointed]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("backward", [False, True])
def test_graphs_die_with_their_last_reference(graph: Callable[[Any], Any], backward: bool) -> None:
    x = _leaf()
    inner = (x * 1).exp()
    node, array = weakref.ref(inner.grad_fn), weakref.ref(inner)
    out = graph(inner)
    root = weakref.ref(out.grad_fn)
    if backward:
        out.backward()
    del inner, out
    assert array() is None
    assert root() is None
    assert node() is None


def test_backward_frees_what_the_graph_saved_although_the_result_lives() -> None:
    x = _leaf()
    inner = x.exp()
    watched = weakref.ref(inner)
    out = (inner * inner).sum()
    del inner
    assert watched() is not None
    out.backward()
    assert watched() is None


def test_create_graph_dies_when_the_gradients_go() -> None:
    x = _leaf()
    inner = x * 1
    watched = weakref.ref(inner)
    (grad,) = torch.autograd.grad((inner**3).sum(), x, create_graph=True)
    del inner
    grad.sum().backward()
    x.grad = None
    del grad
    assert watched() is None


def test_a_base_written_row_by_row_is_not_searched_for_views(monkeypatch: Any) -> None:
    def searched(*_: Any) -> Any:
        raise AssertionError("the garbage collector was asked")

    base, weight = torch.zeros(4, 2), torch.ones(2, requires_grad=True)
    with monkeypatch.context() as patch:
        patch.setattr("gc.get_referrers", searched)
        for row in range(4):
            base[row] = weight * row
    base.sum().backward()
    assert weight.grad.tolist() == [6, 6]


def test_every_view_of_a_base_learns_that_it_requires_gradients() -> None:
    base, weight = torch.zeros(4, 2), torch.ones(2, requires_grad=True)
    rows, inner = [base[row] for row in range(4)], base[1:][:, 0]
    base[2] = weight
    assert all(view.requires_grad for view in (*rows, inner))
    (rows[2].sum() + inner.sum() + rows[0].sum()).backward()
    assert weight.grad.tolist() == [2, 1]


def test_a_view_keeps_its_base_alive_and_lets_it_go() -> None:
    base = torch.zeros(4).as_subclass(Marked)
    watched = weakref.ref(base)
    part = base.detach()[1:]
    del base
    assert part.tolist() == [0, 0, 0]
    del part
    assert watched() is None


def test_a_failing_backward_leaves_the_thread_as_it_was() -> None:
    x = _leaf()
    y = x * 2
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.sum().backward()
    assert torch.is_grad_enabled()
    assert (x * 2).requires_grad


def test_threads_build_and_run_their_own_graphs() -> None:
    shared = _leaf(50)
    found: list[Any] = []

    def work(factor: int) -> None:
        for _ in range(20):
            (grad,) = torch.autograd.grad((shared * factor).exp().log().sum(), shared)
            found.append(bool(((grad - factor).abs() < 1e-4).all()))

    # Small exponents: exp(50 * factor) would overflow.
    with torch.no_grad():
        shared.div_(100)
    threads = [threading.Thread(target=work, args=(factor,)) for factor in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 160
    assert all(found)


def test_anomaly_mode_shows_where_the_operation_was_recorded() -> None:
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = x.sqrt()  # recorded here
        out = (y * 0).sum()
        with (
            pytest.warns(UserWarning, match="Error detected") as caught,
            pytest.raises(RuntimeError, match="nan values in its 0th"),
        ):
            out.backward()
    text = str(caught[0].message)
    assert "SqrtBackward0" in text
    assert "recorded here" in text
    assert not torch.autograd.is_anomaly_enabled()


def test_anomaly_mode_names_an_operation_that_raises() -> None:
    class Failing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            return a * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            raise KeyError("planted")

    x = _leaf()
    with torch.autograd.set_detect_anomaly(True), pytest.raises(KeyError), pytest.warns(UserWarning, match="Failing"):
        Failing.apply(x).sum().backward()


def test_detect_anomaly_warns_that_it_is_slow() -> None:
    with pytest.warns(UserWarning, match="increase the runtime"):
        torch.autograd.detect_anomaly()


def test_a_hook_on_a_view_reaches_it_after_its_base_was_written() -> None:
    x = _leaf()
    y = x * 2
    view = y[:2]
    y.mul_(10)
    seen: list[Any] = []

    def hook(grad: Any) -> Any:
        seen.append(grad.tolist())
        return grad * 2

    view.register_hook(hook)
    (view * 3).sum().backward()
    assert seen == [[3, 3]]
    assert x.grad.tolist() == [120, 120, 0]


def test_reading_grad_of_an_inner_tensor_warns() -> None:
    y = _leaf() * 2
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None
