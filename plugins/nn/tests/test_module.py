"""Module: registration, attributes, iteration, conversion, copying."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import pytest

import torchere as torch
from torchere import nn


class Net(nn.Module):
    """Two layers that share a weight, a buffer, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)
        self.second.weight = self.first.weight
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("count", torch.zeros(1, dtype=torch.int64))
        self.register_buffer("cache", torch.ones(2), persistent=False)

    def forward(self, input: Any) -> Any:
        return self.second(self.first(input)) * self.scale


def test_missing_forward_names_the_class() -> None:
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Module \[Empty\] is missing the required \"forward\""):
        Empty()(1)


def test_constructor_refuses_arguments() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        nn.Module(x=1)
    with pytest.raises(TypeError, match="takes 1 positional argument but 3 were given"):
        nn.Module(1, 2)


def test_call_super_init_reaches_the_other_base() -> None:
    class Other:
        def __init__(self, value: int) -> None:
            self.value = value

    class Both(nn.Module, Other):
        call_super_init = True

    assert Both(3).value == 3


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda m: m.register_parameter("a.b", None), KeyError, "name can.* contain"),
        (lambda m: m.register_parameter("", None), KeyError, "empty string"),
        (lambda m: m.register_parameter(3, None), TypeError, "should be a string"),
        (lambda m: m.register_parameter("forward", None), KeyError, "already exists"),
        (lambda m: m.register_parameter("p", torch.zeros(1)), TypeError, r"torch.nn.Parameter or None required"),
        (lambda m: m.register_buffer("a.b", None), KeyError, "name can.* contain"),
        (lambda m: m.register_buffer("", None), KeyError, "empty string"),
        (lambda m: m.register_buffer(3, None), TypeError, "should be a string"),
        (lambda m: m.register_buffer("scale", None), KeyError, "already exists"),
        (lambda m: m.register_buffer("b", 3), TypeError, "torch Tensor or None required"),
        (lambda m: m.add_module("a.b", None), KeyError, "name can.* contain"),
        (lambda m: m.add_module("", None), KeyError, "empty string"),
        (lambda m: m.add_module(3, None), TypeError, "should be a string"),
        (lambda m: m.add_module("x", 3), TypeError, "is not a Module subclass"),
        (lambda m: m.add_module("train", None), KeyError, "already exists"),
        (lambda m: setattr(m, "scale", 3), TypeError, "as parameter 'scale'"),
        (lambda m: setattr(m, "first", 3), TypeError, "as child module 'first'"),
        (lambda m: setattr(m, "count", 3), TypeError, "as buffer 'count'"),
        (lambda m: m.absent, AttributeError, "'Net' object has no attribute 'absent'"),
        (lambda m: delattr(m, "absent"), AttributeError, "absent"),
        (lambda m: m.get_submodule("first.x"), AttributeError, "Linear has no attribute `x`"),
        (lambda m: m.get_submodule("scale"), AttributeError, "`scale` is not an nn.Module"),
        (lambda m: m.get_parameter("count"), AttributeError, "`count` is not an nn.Parameter"),
        (lambda m: m.get_parameter("absent"), AttributeError, "Net has no attribute `absent`"),
        (lambda m: m.get_buffer("scale"), AttributeError, "`scale` is not a buffer"),
        (lambda m: m.set_submodule("", nn.ReLU()), ValueError, "without a target name"),
        (lambda m: m.set_submodule("x", 3), ValueError, "is not an nn.Module"),
        (lambda m: m.set_submodule("x", nn.ReLU(), strict=True), AttributeError, "has no attribute `x`"),
        (lambda m: m.set_submodule("scale", nn.ReLU()), AttributeError, "`scale` is not an nn.Module"),
        (lambda m: m.train(1), ValueError, "training mode is expected to be boolean"),
        (lambda m: m.to(torch.int32), TypeError, "only accepts floating point or complex"),
    ],
)
def test_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(Net())


def test_parameter_from_an_operation_is_refused() -> None:
    module = nn.Module()
    result = nn.Parameter(torch.ones(1)) * 2
    with pytest.raises(TypeError):
        module.register_parameter("p", result)


@pytest.mark.parametrize("value", [nn.Parameter(torch.ones(1)), nn.ReLU()])
def test_assignment_before_init_is_refused(value: Any) -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            self.member = value

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Late()


def test_an_attribute_has_one_meaning() -> None:
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(torch.ones(1))
    assert "x" in module._parameters
    assert "x" not in module.__dict__
    module.x = None
    assert module.x is None
    assert list(module.parameters()) == []
    del module.x
    assert not hasattr(module, "x")
    module.x = nn.ReLU()
    module.x = nn.Parameter(torch.ones(1))
    assert dict(module.named_children()) == {}
    module.b = nn.Buffer(torch.ones(1), persistent=False)
    assert "b" in dict(module.named_buffers())
    assert "b" not in module.state_dict()
    module.b = torch.zeros(1)
    assert "b" not in module.state_dict()
    del module.b
    assert "b" not in module._non_persistent_buffers_set


def test_dir_lists_members_but_no_numbers() -> None:
    names = dir(nn.Sequential(nn.Linear(1, 1)))
    assert "0" not in names
    assert {"forward", "training"} <= set(names)
    assert {"scale", "count", "first"} <= set(dir(Net()))


def test_shared_parameters_appear_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "scale",
        "first.weight",
        "first.bias",
        "second.bias",
    ]
    names = [name for name, _ in net.named_parameters(prefix="net", remove_duplicate=False)]
    assert names == ["net.scale", "net.first.weight", "net.first.bias", "net.second.weight", "net.second.bias"]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in net.named_buffers()] == ["count", "cache"]


def test_shared_modules_appear_once() -> None:
    layer = nn.ReLU()
    model = nn.Sequential(layer, layer, nn.Sequential(layer))
    assert [name for name, _ in model.named_modules()] == ["", "0", "2"]
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "0", "1", "2", "2.0"]
    assert len(list(model.children())) == 2


def test_submodule_paths() -> None:
    net = nn.Sequential(OrderedDict(a=nn.Sequential(nn.Linear(1, 2)), b=nn.ReLU()))
    assert net.get_submodule("a.0").out_features == 2
    assert net.get_submodule("") is net
    assert net.get_parameter("a.0.bias").shape == (2,)
    net.set_submodule("a.0", nn.Tanh())
    assert isinstance(net.a[0], nn.Tanh)


def test_conversion_keeps_parameter_objects_and_gradients() -> None:
    net = Net()
    before = list(net.parameters())
    net(torch.ones(1, 2)).sum().backward()
    grads = [p.grad for p in before]
    assert net.double() is net
    assert all(p is q for p, q in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in before} == {torch.float64}
    assert {p.grad.dtype for p in before} == {torch.float64}
    assert all(p.grad is g for p, g in zip(before, grads, strict=True))
    assert net.count.dtype == torch.int64
    assert net.cache.dtype == torch.float64
    assert net.second.weight is net.first.weight
    net.to(torch.float32)
    assert net.scale.dtype == net.cache.dtype == torch.float32
    net.to(torch.zeros(1, dtype=torch.float64))
    assert net.scale.dtype == torch.float64
    net.to("cpu", torch.float32)
    assert net.scale.dtype == torch.float32
    net.to(device="cpu", dtype=torch.float16, non_blocking=True)
    assert net.scale.dtype == torch.float16
    assert net.bfloat16().scale.dtype == torch.bfloat16
    assert net.half().scale.dtype == torch.float16
    assert net.float().cpu().scale.dtype == torch.float32
    net.type(torch.float64)
    assert net.count.dtype == torch.float64


def test_apply_visits_children_first() -> None:
    seen = []
    model = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    assert model.apply(lambda module: seen.append(type(module).__name__)) is model
    assert seen == ["Linear", "ReLU", "Sequential"]


def test_modes_and_gradients() -> None:
    net = Net()
    assert not net.eval().first.training
    assert net.train().first.training
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_()
    net(torch.ones(1, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(bool((p.grad == 0).all()) for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_copies_are_independent_and_keep_sharing() -> None:
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.second.weight is other.first.weight
        assert other.first.weight is not net.first.weight
        assert isinstance(other.first.weight, nn.Parameter)
        assert list(other.state_dict()) == list(net.state_dict())
        with torch.no_grad():
            other.scale.fill_(7)
        assert float(net.scale.detach()) == 1.0


def test_old_pickles_get_the_newer_tables() -> None:
    module = nn.Linear(1, 1)
    state = module.__getstate__()
    del state["_forward_hooks_with_kwargs"], state["_non_persistent_buffers_set"]
    other = nn.Linear.__new__(nn.Linear)
    other.__setstate__(state)
    assert other(torch.ones(1)).shape == (1,)


def test_compile_is_accepted() -> None:
    net = Net()
    assert net.compile(mode="default") is None


def test_register_buffer_without_persistent_argument() -> None:
    class Old(nn.Module):
        def register_buffer(self, name: str, tensor: Any) -> None:
            super().register_buffer(name, tensor)

    module = Old()
    module.b = nn.Buffer(torch.ones(1))
    assert "b" in module.state_dict()
    with pytest.raises(RuntimeError, match="non-persistent"):
        module.c = nn.Buffer(torch.ones(1), persistent=False)


def test_extra_lines_and_children_in_repr() -> None:
    class Described(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.child = nn.Sequential(nn.ReLU())

        def extra_repr(self) -> str:
            return "one\ntwo"

    text = "Described(\n  one\n  two\n  (child): Sequential(\n    (0): ReLU()\n  )\n)"
    assert repr(Described()) == text
    module = nn.Module()
    module.add_module("nothing", None)
    assert repr(module) == "Module(\n  (nothing): None\n)"


def test_unknown_layer_suggests_near_names() -> None:
    with pytest.raises(AttributeError, match="Did you mean Linear"):
        _ = nn.Linaer


def test_every_exported_name_exists() -> None:
    assert sorted(set(nn.__all__)) == sorted(nn.__all__)
    for name in nn.__all__:
        assert getattr(nn, name) is not None
    for name in nn.functional.__all__:
        assert callable(getattr(nn.functional, name))
