"""Hooks of modules: forward, backward, global, and what they may replace."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import pytest
from torchere.nn import hooks

import torchere as torch
from torchere import nn


def test_forward_hooks_in_order_and_replacing() -> None:
    module = nn.Identity()
    calls = []
    module.register_forward_pre_hook(lambda m, args: calls.append("pre1") or (args[0] + 1,))
    module.register_forward_pre_hook(lambda m, args: calls.append("pre0"), prepend=True)
    module.register_forward_hook(lambda m, args, out: calls.append("post1") or out * 2)
    handle = module.register_forward_hook(lambda m, args, out: calls.append("post2") or out * 3)
    module.register_forward_hook(lambda m, args, out: calls.append("post0"), prepend=True)
    assert float(module(torch.tensor(1.0))) == 12.0
    assert calls == ["pre0", "pre1", "post0", "post1", "post2"]
    handle.remove()
    handle.remove()
    assert float(module(torch.tensor(1.0))) == 4.0


def test_a_single_value_from_a_pre_hook_becomes_the_argument() -> None:
    module = nn.Identity()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    assert float(module(torch.tensor(1.0))) == 2.0


def test_hooks_with_keywords() -> None:
    class Scale(nn.Module):
        def forward(self, x: Any, factor: float = 1.0) -> Any:
            return x * factor

    module = Scale()
    seen = []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"factor": 5.0}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    assert float(module(torch.tensor(2.0), factor=3.0)) == 10.0
    assert seen == [{"factor": 5.0}]
    module.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="must return None or a tuple of"):
        module(torch.tensor(2.0))


def test_always_called_hook_runs_after_an_error() -> None:
    class Broken(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("broken")

    module = Broken()
    seen = []
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    module.register_forward_hook(lambda m, args, out: seen.append("never"))
    with pytest.raises(ValueError, match="broken"):
        module(1)
    assert seen == [None]

    def failing(m: Any, args: Any, out: Any) -> None:
        raise KeyError("hook")

    module.register_forward_hook(failing, always_call=True)
    with pytest.warns(UserWarning, match="was silenced"), pytest.raises(ValueError, match="broken"):
        module(1)


def test_full_backward_hooks_see_and_replace_gradients() -> None:
    torch.manual_seed(0)
    module = nn.Linear(3, 2)
    x = torch.randn(4, 3, requires_grad=True)
    upstream = torch.randn(4, 2)
    seen = {}

    def after(m: Any, grad_input: Any, grad_output: Any) -> Any:
        seen["input"], seen["output"] = grad_input, grad_output
        return (grad_input[0] * 10,)

    module.register_full_backward_hook(after)
    module(x).backward(upstream)
    assert torch.equal(seen["output"][0], upstream)
    expected = upstream @ module.weight.detach()
    assert torch.allclose(seen["input"][0], expected)
    assert torch.allclose(x.grad, expected * 10)


def test_full_backward_pre_hook_replaces_the_upstream_gradient() -> None:
    module = nn.Identity()
    x = torch.ones(2, requires_grad=True)
    order = []
    module.register_full_backward_pre_hook(lambda m, grad: order.append("b") or (grad[0] * 3,))
    module.register_full_backward_pre_hook(lambda m, grad: order.append("a") or (grad[0] + 1,), prepend=True)
    module(x).sum().backward()
    assert order == ["a", "b"]
    assert x.grad.tolist() == [6.0, 6.0]
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append(go[0].tolist()))
    module(x).sum().backward()
    assert seen == [[6.0, 6.0]]


def test_backward_hook_where_the_input_needs_no_gradient() -> None:
    module = nn.Linear(2, 1)
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].shape)))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        module(torch.ones(3, 2)).sum().backward()
    assert seen == [((None,), torch.Size([3, 1]))]
    module.register_full_backward_hook(lambda m, gi, go: (torch.ones(3, 2),))
    with (
        pytest.warns(UserWarning, match="no inputs require gradients"),
        pytest.raises(RuntimeError, match="no input requires gradient"),
    ):
        module(torch.ones(3, 2)).sum().backward()


def test_tensors_no_gradient_reaches_have_zeros_in_grad_input() -> None:
    class First(nn.Module):
        def forward(self, a: Any, b: Any, c: Any) -> Any:
            return a * 2, b

    module = First()
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    first, _ = module(torch.ones(2, requires_grad=True), torch.ones(1, dtype=torch.float64), 5)
    first.sum().backward()
    ((to_a, to_b, to_c), (_, of_b)) = seen[0]
    assert to_a.tolist() == [2.0, 2.0]
    assert to_b.tolist() == [0.0]
    assert to_b.dtype == torch.float64
    assert to_c is None
    assert of_b is None


def test_backward_hook_with_several_inputs_and_outputs() -> None:
    class Two(nn.Module):
        def forward(self, a: Any, flag: Any, b: Any) -> Any:
            return a * 2, b * 3

    module = Two()
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    first, _ = module(a, "flag", b)
    first.sum().backward()
    (grad_input, grad_output) = seen[0]
    assert grad_input[0].tolist() == [2.0]
    assert grad_input[1] is None
    assert grad_output[0].tolist() == [1.0]


def test_wrong_number_of_gradients_from_a_hook() -> None:
    module = nn.Identity()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError, match=r"invalid number of .*got 2, but expected 1"):
        module(torch.ones(1, requires_grad=True)).sum().backward()


def test_backward_hook_of_other_outputs_warns() -> None:
    class Dictionary(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"x": x}

    module = Dictionary()
    module.register_full_backward_hook(lambda m, gi, go: None)
    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
        module(torch.ones(1, requires_grad=True))


def test_backward_hooks_allow_double_backward() -> None:
    class Square(nn.Module):
        def forward(self, x: Any) -> Any:
            return x * x

    module = Square()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = torch.tensor([3.0], requires_grad=True)
    (grad,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    assert grad.tolist() == [12.0]
    (second,) = torch.autograd.grad(grad.sum(), x)
    assert second.tolist() == [4.0]


def test_old_backward_hooks_and_their_exclusion() -> None:
    module = nn.ReLU()
    seen = []
    x = torch.ones(2, requires_grad=True).clone()
    module.register_backward_hook(lambda m, gi, go: seen.append(go[0].tolist()))
    module(x).sum().backward()
    assert seen == [[1.0, 1.0]]
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks"):
        module.register_full_backward_hook(lambda m, gi, go: None)
    linear = nn.Linear(2, 2)
    linear.register_backward_hook(lambda m, gi, go: None)
    with pytest.warns(FutureWarning, match="missing some grad_input"):
        linear(x)
    other = nn.ReLU()
    other.register_full_backward_hook(lambda m, gi, go: None)
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks"):
        other.register_backward_hook(lambda m, gi, go: None)


def test_global_hooks_run_before_the_modules_own() -> None:
    calls = []
    module = nn.Identity()
    module.register_forward_hook(lambda m, args, out: calls.append("own"))
    handles = [
        hooks.register_module_forward_pre_hook(lambda m, args: calls.append("global pre")),
        hooks.register_module_forward_hook(lambda m, args, out: calls.append("global")),
        hooks.register_module_forward_hook(
            lambda m, args, kwargs, out: calls.append(("kwargs", kwargs)), with_kwargs=True
        ),
    ]
    try:
        module(torch.ones(1))
    finally:
        for handle in handles:
            handle.remove()
    module(torch.ones(1))
    assert calls == ["global pre", "global", ("kwargs", {}), "own", "own"]


def test_global_backward_hooks() -> None:
    seen = []
    with (
        hooks.register_module_full_backward_pre_hook(lambda m, go: seen.append("pre")),
        hooks.register_module_full_backward_hook(lambda m, gi, go: seen.append("post")),
    ):
        nn.ReLU()(torch.ones(1, requires_grad=True)).sum().backward()
        with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks"):
            hooks.register_module_backward_hook(lambda m, gi, go: None)
    assert seen == ["pre", "post"]


def test_global_registration_hooks() -> None:
    seen = []
    with (
        hooks.register_module_parameter_registration_hook(lambda m, name, p: seen.append(name)),
        hooks.register_module_buffer_registration_hook(lambda m, name, b: seen.append(name)),
        hooks.register_module_module_registration_hook(lambda m, name, c: seen.append(name)),
    ):
        module = nn.Module()
        module.p = nn.Parameter(torch.ones(1))
        module.register_buffer("b", torch.ones(1))
        module.c = nn.ReLU()
    module.d = nn.ReLU()
    assert seen == ["p", "b", "c"]


def test_handles_keep_no_table_alive_and_can_be_pickled() -> None:
    table: OrderedDict[int, Any] = OrderedDict()
    handle = hooks.RemovableHandle(table)
    table[handle.id] = len
    copied, other = pickle.loads(pickle.dumps((table, handle)))
    other.remove()
    assert not copied
    del table
    handle.remove()


class _InPlace(nn.Module):
    def forward(self, input):
        return input.add_(1)


class _Two(nn.Module):
    def forward(self, input):
        return input * 2, input * 3


@pytest.mark.parametrize("register", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_writes_to_watched_tensors_are_refused(register):
    input = torch.ones(1, 2, requires_grad=True)
    linear, written, two = nn.Linear(2, 2), _InPlace(), _Two()
    for module in (linear, written, two):
        getattr(module, register)(lambda *_: None)
    refused = "BackwardHookFunction is a view and is being modified inplace. This view was created inside a custom"
    with pytest.raises(RuntimeError, match=refused):
        linear(input).add_(1)
    with pytest.raises(RuntimeError, match=refused):
        nn.Sequential(linear, nn.ReLU(inplace=True))(input)
    with pytest.raises(RuntimeError, match=refused):
        written(input * 1)
    with pytest.raises(RuntimeError, match="View is a view and is being modified inplace"):
        linear(input).view(2).add_(1)
    with pytest.raises(RuntimeError, match=r"Output 1 of BackwardHookFunction is a view .* returns multiple views"):
        two(input)[1].mul_(2)
    # Out of place, through a copy, and without recording all is well.
    linear(input).add(1).sum().backward()
    linear(input).clone().add_(1).sum().backward()
    linear(input).detach().add_(1)
    with torch.no_grad():
        linear(input).add_(1)
