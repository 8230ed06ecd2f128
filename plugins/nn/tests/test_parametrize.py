"""Parametrizations, weight and spectral norm: what numbers cannot show. The numbers are in the golden vectors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from torchere.nn.utils import parametrizations, parametrize

import torchere as torch
from torchere import nn


class Mapped(nn.Module):
    """A parametrization from functions."""

    def __init__(self, function: Callable[..., Any], inverse: Callable[..., Any] | None = None) -> None:
        super().__init__()
        self.function = function
        if inverse is not None:
            self.right_inverse = inverse

    def forward(self, *values: Any) -> Any:
        return self.function(*values)


def linear() -> nn.Linear:
    return nn.Linear(2, 2)


def same(x: Any) -> Any:
    return x


@pytest.mark.parametrize(
    ("function", "inverse", "message"),
    [
        (lambda x: x[:1], None, "may not change the shape"),
        (lambda x: x.double(), None, "may not change the dtype"),
        (lambda x: 3, None, "must return a tensor"),
        (same, lambda x: x.double(), "may not change the dtype"),
        (same, lambda x: 3, "Tensor or a Sequence"),
        (lambda x, y: x, lambda x: (x, 3), "element 1 of the sequence"),
    ],
)
def test_a_first_parametrization_is_checked(function: Any, inverse: Any, message: str) -> None:
    layer = linear()
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(layer, "weight", Mapped(function, inverse))
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize(
    ("function", "inverse", "message"),
    [
        (lambda x: x[:1], None, "may not change the shape"),
        (lambda x: x.double(), None, "may not change the dtype"),
        (lambda x: 3, None, "must return a tensor"),
        (same, lambda x: x[:1], "right_inverse may not change the shape"),
        (same, lambda x: 3, "right_inverse must return a tensor"),
    ],
)
def test_a_second_one_is_checked_too(function: Any, inverse: Any, message: str) -> None:
    layer = parametrize.register_parametrization(linear(), "weight", Mapped(same))
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(layer, "weight", Mapped(function, inverse))
    assert len(layer.parametrizations.weight) == 1


def test_unsafe_and_absent_tensors() -> None:
    layer = parametrize.register_parametrization(linear(), "weight", Mapped(lambda x: x[:1]), unsafe=True)
    assert layer.weight.shape == (1, 2)
    with pytest.raises(ValueError, match="with name 'other'"):
        parametrize.register_parametrization(linear(), "other", Mapped(same))


def test_classes_and_printed_form() -> None:
    layer = parametrize.register_parametrization(linear(), "weight", Mapped(same))
    assert type(layer).__name__ == "ParametrizedLinear"
    assert isinstance(layer, nn.Linear)
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert "(parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): Mapped()" in repr(layer)
    assert parametrize.is_parametrized(layer, "weight")
    assert not parametrize.is_parametrized(layer, "bias")
    with pytest.raises(RuntimeError, match=r"through state_dict\(\)"):
        pickle.dumps(layer)
    with pytest.raises(RuntimeError, match="does not implement right_inverse"):
        layer.weight = torch.ones(2, 2)


@pytest.mark.parametrize("leave", [True, False])
def test_removal_keeps_the_parameter_object(leave: bool) -> None:
    layer = linear()
    weight, values = layer.weight, layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Mapped(lambda x: 2 * x))
    assert layer.parametrizations.weight.original is weight
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=leave)
    assert layer.weight is weight
    assert torch.equal(layer.weight, 2 * values if leave else values)
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["bias", "weight"]


def test_what_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="does not have a parametrization"):
        parametrize.remove_parametrizations(linear(), "weight")
    with pytest.raises(ValueError, match="Cannot leave unparametrized"):
        parametrize.remove_parametrizations(parametrizations.weight_norm(linear()), "weight", leave_parametrized=False)


def test_cached_blocks_compute_once() -> None:
    calls: list[int] = []
    layer = parametrize.register_parametrization(linear(), "weight", Mapped(lambda x: calls.append(1) or 2 * x))
    calls.clear()
    with parametrize.cached():
        assert layer.weight is layer.weight
        with parametrize.cached():
            assert layer.weight is layer.weight
        assert layer.weight is layer.weight
    assert len(calls) == 1
    assert layer.weight is not layer.weight


def test_copies_are_independent() -> None:
    layer = parametrizations.weight_norm(linear())
    other = copy.deepcopy(layer)
    parametrize.remove_parametrizations(other, "weight")
    assert torch.allclose(layer.weight, other.weight)
    assert parametrize.is_parametrized(layer)


def test_buffers_and_frozen_parameters() -> None:
    norm = nn.BatchNorm1d(2)
    parametrize.register_parametrization(norm, "running_mean", Mapped(lambda x: x + 1))
    assert "parametrizations.running_mean.original" in dict(norm.named_buffers())
    layer = linear()
    layer.weight.requires_grad_(False)
    parametrizations.weight_norm(layer)
    assert [p.requires_grad for p in layer.parameters()] == [True, False, False]


@pytest.mark.parametrize("name", [None, "weight"])
def test_transfer(name: str | None) -> None:
    source = parametrizations.spectral_norm(linear())
    parametrize.register_parametrization(source, "bias", Mapped(lambda x: 2 * x))
    target = linear()
    assert parametrize.transfer_parametrizations_and_params(source, target, name) is target
    source.eval()
    target.eval()
    assert torch.equal(source.weight, target.weight)
    assert parametrize.is_parametrized(target, "bias") is (name is None)


def test_orthogonal() -> None:
    for kind in ("matrix_exp", "cayley", "householder"):
        layer = parametrizations.orthogonal(nn.Linear(5, 3, dtype=torch.float64), orthogonal_map=kind)
        with torch.no_grad():
            layer.parametrizations.weight.original.add_(torch.randn(3, 5).double().tril(-1))
        assert torch.allclose(layer.weight @ layer.weight.mT, torch.eye(3, dtype=torch.float64))
    unitary = parametrizations.orthogonal(nn.Linear(2, 3, dtype=torch.complex64)).weight
    assert torch.allclose(unitary.mH @ unitary, torch.eye(2, dtype=torch.complex64), atol=1e-5)
    with pytest.raises(ValueError, match="no parameter or buffer with name"):
        parametrizations.orthogonal(linear(), "other")
    with pytest.raises(ValueError, match="1 dimensions"):
        parametrizations.orthogonal(linear(), "bias")
    with pytest.raises(ValueError, match="Got: polar"):
        parametrizations.orthogonal(linear(), orthogonal_map="polar")
    with pytest.raises(ValueError, match="complex"):
        parametrizations.orthogonal(nn.Linear(2, 2, dtype=torch.complex64), orthogonal_map="householder")
    layer = parametrizations.orthogonal(linear(), orthogonal_map="cayley", use_trivialization=False)
    with pytest.raises(NotImplementedError, match="use_trivialization=False"):
        layer.weight = torch.eye(2)
    with pytest.raises(ValueError, match=r"of shape \(2, 2\)"):
        parametrizations.orthogonal(linear()).weight = torch.eye(3)


def test_state_dicts_of_older_forms_load() -> None:
    layer = parametrizations.weight_norm(linear())
    old = {"bias": torch.ones(2), "weight_g": torch.full((2, 1), 3.0), "weight_v": torch.eye(2)}
    assert str(layer.load_state_dict(old)) == "<All keys matched successfully>"
    assert layer.weight.tolist() == [[3.0, 0.0], [0.0, 3.0]]
    spectral = nn.utils.spectral_norm(linear())
    state = spectral.state_dict()
    assert state._metadata[""]["spectral_norm"] == {"weight.version": 1}
    original = torch.tensor([[2.5, 0.5], [0.5, 1.5]])
    old = {"bias": torch.zeros(2), "weight_orig": original, "weight": original / 2, "weight_u": torch.tensor([1.0, 0])}
    assert str(spectral.load_state_dict(old)) == "<All keys matched successfully>"
    # PyTorch's numbers
    assert torch.allclose(spectral.weight_v, torch.tensor([0.857143, -0.285714]))


def test_old_norms_are_registered_once_and_removed_completely() -> None:
    layer = nn.utils.spectral_norm(linear())
    with pytest.raises(RuntimeError, match="two spectral_norm hooks"):
        nn.utils.spectral_norm(layer)
    nn.utils.remove_spectral_norm(layer)
    for table in (layer._forward_pre_hooks, layer._state_dict_hooks, layer._load_state_dict_pre_hooks):
        assert not table
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_spectral_norm(layer)
    with pytest.raises(ValueError, match="positive"):
        nn.utils.spectral_norm(layer, n_power_iterations=0)
    with pytest.warns(FutureWarning, match=r"parametrizations\.weight_norm"):
        nn.utils.weight_norm(layer)
    with pytest.warns(FutureWarning, match="deprecated"), pytest.raises(RuntimeError, match="two weight_norm hooks"):
        nn.utils.weight_norm(layer)
    nn.utils.remove_weight_norm(layer)
    with pytest.raises(ValueError, match="not found"):
        nn.utils.remove_weight_norm(layer)
    with pytest.raises(IndexError, match="out of range"):
        parametrizations.spectral_norm(layer, dim=2)
