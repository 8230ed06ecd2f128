"""Modes that see every function, and what goes past ``__torch_function__``."""

from __future__ import annotations

import threading

import pytest

import torchere as torch
from torchere.overrides import (
    BaseTorchFunctionMode,
    TorchFunctionMode,
    enable_reentrant_dispatch,
    handle_torch_function,
    has_torch_function,
    redispatch_function,
)


class Log(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[object, ...], dict[str, object]]] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls.append((func.__name__, args, kwargs or {}))
        return func(*args, **(kwargs or {}))

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]


def test_operators_factories_composites_and_methods_are_seen():
    x = torch.ones(2, 2)
    with Log() as log:
        torch.add(x, x, alpha=2)
        x.exp()
        x + 1
        x.add_(1)
        torch.zeros(2, 3, dtype=torch.int64)
        torch.einsum("ij->ji", x)
        torch.nn.functional.softmax(x, dim=0)
        torch.mean(x)
    assert log.names == ["add", "exp", "add", "add_", "zeros", "einsum", "softmax", "mean"]
    assert log.calls[0][2] == {"alpha": 2}
    assert log.calls[4][2] == {"dtype": torch.int64}
    torch.add(x, x)
    assert len(log.calls) == 8


def test_results_are_those_of_the_mode():
    class Negative(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return -func(*args, **(kwargs or {}))

    x = torch.tensor([1.0, 2.0])
    with Negative():
        assert (x + 1).tolist() == [-2.0, -3.0]
    assert (x + 1).tolist() == [2.0, 3.0]


def test_modes_nest():
    x = torch.ones(2)
    with Log() as outer, Log() as inner:
        x.sin()
    assert (outer.names, inner.names) == (["sin"], ["sin"])
    with BaseTorchFunctionMode():
        assert x.add(1).tolist() == [2, 2]


def test_modes_end_with_an_exception_and_stay_in_their_thread():
    seen: list[str] = []
    log = Log()

    def fails() -> None:
        with log:
            thread = threading.Thread(target=lambda: seen.append(str(torch.ones(1).sin().tolist())))
            thread.start()
            thread.join()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert log.names == []
    assert len(seen) == 1
    torch.ones(2).cos()
    assert log.names == []


def test_a_mode_without_handler_is_an_error():
    with pytest.raises(NotImplementedError, match="__torch_function__"), TorchFunctionMode():
        torch.ones(1)


def test_gradients_are_computed_without_the_mode():
    x = torch.ones(2, requires_grad=True)
    with Log() as log:
        (x * x).sum().backward()
    assert "mul" in log.names
    assert x.grad.tolist() == [2, 2]
    assert log.names.count("mul") == 1


def test_reentrant_dispatch_sees_inner_calls():
    class Twice(TorchFunctionMode):
        depth = 0
        seen = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):
            self.seen += 1
            if self.seen > 1:
                return func(*args, **(kwargs or {}))
            with enable_reentrant_dispatch():
                return func(*args, **(kwargs or {}))

    with Twice() as mode:
        torch.ones(1).sin()
    assert mode.seen == 3


def test_redispatch_leaves_out_one_level():
    seen: list[str] = []

    class Logging(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func.__name__)
            return redispatch_function(func, types, args, kwargs)

    def scaled(a):
        if has_torch_function((a,)):
            return handle_torch_function(scaled, (a,), a)
        return a * 2

    result = scaled(torch.ones(2).as_subclass(Logging))
    assert seen == ["scaled", "mul"]
    assert result.tolist() == [2, 2]
