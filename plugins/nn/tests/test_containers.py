"""Sequential, lists and dicts of modules and parameters."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

import torchere as torch
from torchere import nn


def names(container: Any) -> list[str]:
    return [type(module).__name__ for module in container]


def sequence() -> Any:
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def test_sequential_calls_in_order_and_is_indexed() -> None:
    model = sequence()
    x = torch.randn(4, 2)
    expected = model[2](model[1](model[0](x)))
    assert torch.equal(model(x), expected)
    assert model[-1] is model[2]
    assert names(model[1:]) == ["ReLU", "Linear"]
    assert isinstance(model[0:2], nn.Sequential)
    assert list(model[1:].state_dict()) == ["2.weight", "2.bias"]
    assert len(model) == 3


def test_sequential_is_edited() -> None:
    model = sequence()
    model[1] = nn.Tanh()
    assert names(model) == ["Linear", "Tanh", "Linear"]
    model.insert(1, nn.Sigmoid())
    model.insert(-1, nn.ELU())
    assert names(model) == ["Linear", "Sigmoid", "Tanh", "ELU", "Linear"]
    assert list(model._modules) == ["0", "1", "2", "3", "4"]
    assert type(model.pop(1)).__name__ == "Sigmoid"
    del model[1:3]
    assert names(model) == ["Linear", "Linear"]
    model.append(nn.ReLU()).extend([nn.Tanh()])
    assert names(model) == ["Linear", "Linear", "ReLU", "Tanh"]
    model += nn.Sequential(nn.ELU())
    assert names(model + sequence()) == [*names(model), "Linear", "ReLU", "Linear"]


def test_sequential_multiplied() -> None:
    assert names(nn.Sequential(nn.ReLU(), nn.Tanh()) * 2) == ["ReLU", "Tanh"] * 2
    assert names(2 * nn.Sequential(nn.ReLU())) == ["ReLU"] * 2
    model = nn.Sequential(nn.ReLU())
    model *= 3
    assert names(model) == ["ReLU"] * 3


def test_sequential_with_names() -> None:
    model = nn.Sequential(OrderedDict(a=nn.Linear(1, 1), b=nn.ReLU(), c=nn.Tanh()))
    assert model.b is model[1]
    assert list(model[1:]._modules) == ["b", "c"]
    model[1] = nn.ELU()
    assert list(model._modules) == ["a", "b", "c"]
    del model[1]
    # As in PyTorch, removing numbers the rest anew.
    assert list(model._modules) == ["0", "1"]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda m: m[5], IndexError, "index 5 is out of range"),
        (lambda m: m[-4], IndexError, "index -4 is out of range"),
        (lambda m: m.insert(9, nn.ReLU()), IndexError, "Index out of range: 9"),
        (lambda m: m.insert(0, 3), AssertionError, "module should be of type"),
        (lambda m: m + 3, ValueError, "supports only objects of Sequential"),
        (lambda m: m * 0, ValueError, "Non-positive multiplication factor 0"),
        (lambda m: m * "a", TypeError, "unsupported operand"),
        (lambda m: m.append(2), TypeError, "is not a Module subclass"),
        (lambda m: nn.Sequential(3), TypeError, "is not a Module subclass"),
    ],
)
def test_sequential_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(sequence())


def test_module_list() -> None:
    modules = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    modules.append(nn.ELU()).extend([nn.SELU()])
    modules.insert(1, nn.GELU())
    assert names(modules) == ["ReLU", "GELU", "Tanh", "ELU", "SELU"]
    assert names(modules[1:3]) == ["GELU", "Tanh"]
    assert type(modules.pop(-1)).__name__ == "SELU"
    del modules[0]
    assert list(modules._modules) == ["0", "1", "2"]
    modules += [nn.ReLU()]
    assert names(modules.__add__([nn.Tanh()])) == ["GELU", "Tanh", "ELU", "ReLU", "Tanh"]
    with pytest.raises(TypeError, match="should be called with an iterable"):
        nn.ModuleList(3)
    with pytest.raises(NotImplementedError):
        modules(3)


def test_module_dict() -> None:
    modules = nn.ModuleDict({"b": nn.ReLU(), "a": nn.Tanh()})
    assert list(modules) == ["b", "a"]
    modules.update([("c", nn.ELU())])
    modules.update(OrderedDict(a=nn.GELU()))
    modules.update(nn.ModuleDict({"d": nn.SELU()}))
    assert [(key, type(value).__name__) for key, value in modules.items()] == [
        ("b", "ReLU"),
        ("a", "GELU"),
        ("c", "ELU"),
        ("d", "SELU"),
    ]
    assert type(modules.pop("b")).__name__ == "ReLU"
    del modules["c"]
    assert "c" not in modules
    assert list(modules.keys()) == ["a", "d"]
    assert len(list(modules.values())) == len(modules) == 2
    modules.clear()
    assert len(modules) == 0


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda d: d.update(3), TypeError, "should be called with an iterable of key/value pairs"),
        (lambda d: d.update([nn.ReLU()]), TypeError, "element #0 should be Iterable"),
        (lambda d: d.update([(1, 2, 3)]), ValueError, "element #0 has length 3; 2 is required"),
        (lambda d: d.pop("x"), KeyError, "x"),
        (lambda d: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "already exists"),
        (lambda d: nn.ModuleDict({3: nn.ReLU()}), TypeError, "should be a string"),
    ],
)
def test_module_dict_errors(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(nn.ModuleDict())


def test_parameter_list() -> None:
    values = nn.ParameterList([torch.zeros(2), nn.Parameter(torch.ones(1)), 5])
    assert isinstance(values[0], nn.Parameter)
    assert values[2] == 5
    assert [name for name, _ in values.named_parameters()] == ["0", "1"]
    values[-1] = torch.zeros(3)
    values += [torch.ones(4)]
    assert [tuple(value.shape) for value in values] == [(2,), (1,), (3,), (4,)]
    assert [tuple(value.shape) for value in values[1:3]] == [(1,), (3,)]
    assert "0" not in dir(values)
    with pytest.raises(IndexError, match="index 9 is out of range"):
        _ = values[9]
    with pytest.raises(TypeError, match="should be called with an iterable"):
        values.extend(torch.zeros(2))
    with pytest.raises(RuntimeError, match="should not be called"):
        values(3)


def test_parameter_dict() -> None:
    values = nn.ParameterDict({"b": torch.zeros(2), "a": 5})
    assert list(values) == ["a", "b"]
    assert isinstance(values["b"], nn.Parameter)
    assert list(nn.ParameterDict(OrderedDict(b=1, a=2))) == ["b", "a"]
    values["c"] = torch.ones(1)
    assert [name for name, _ in values.named_parameters()] == ["b", "c"]
    assert values.get("z", 4) == 4
    assert values.setdefault("z", 7) == 7
    assert values.popitem() == ("z", 7)
    assert values.pop("a") == 5
    assert list(reversed(values)) == ["c", "b"]
    assert list(values | {"d": 1}) == ["b", "c", "d"]
    values |= {"e": 2}
    assert "e" in values
    assert list(values.copy()) == ["b", "c", "e"]
    assert dict(values.fromkeys(["x"], 1).items()) == {"x": 1}
    del values["e"]
    values.clear()
    assert len(values) == 0
    with pytest.raises(TypeError, match="not a string"):
        nn.ParameterDict({3: 1})
    with pytest.raises(RuntimeError, match="should not be called"):
        values(3)
