"""Pruning: what is drawn at random, structure of the module, and errors. The numbers are in the golden vectors."""

from __future__ import annotations

from typing import Any

import pytest
from torchere.nn.utils import prune

import torchere as torch
from torchere import nn


def linear(inputs: int = 2, outputs: int = 2) -> nn.Linear:
    return nn.Linear(inputs, outputs)


def test_random_methods_prune_as_many_as_asked() -> None:
    assert prune.random_unstructured(linear(), "weight", 3).weight_mask.sum() == 1
    layer = prune.random_structured(linear(4, 6), "weight", 0.5, 1)
    assert sorted(layer.weight_mask.sum(0).tolist()) == [0.0, 0.0, 6.0, 6.0]
    prune.random_structured(layer, "weight", 1, 0)
    assert layer.weight_mask.sum() == 10
    twice = prune.random_unstructured(prune.random_unstructured(linear(4, 4), "weight", 0.5), "weight", 0.25)
    assert twice.weight_mask.sum() == 6
    assert prune.random_structured(linear(), "weight", 0, 0).weight_mask.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_history_and_removal() -> None:
    layer = linear()
    original = layer.weight
    prune.l1_unstructured(layer, "weight", 1)
    prune.identity(layer, "weight")
    (hook,) = layer._forward_pre_hooks.values()
    assert [type(method) for method in hook] == [prune.L1Unstructured, prune.Identity]
    assert list(dict(layer.named_parameters())) == ["bias", "weight_orig"]
    assert layer.weight_orig is original
    assert prune.is_pruned(nn.Sequential(layer))
    masked = layer.weight.detach().clone()
    prune.remove(layer, "weight")
    assert layer.weight is original
    assert torch.equal(layer.weight, masked)
    assert not prune.is_pruned(layer)
    with pytest.raises(ValueError, match="has to be pruned before"):
        prune.remove(layer, "weight")


def test_the_mask_follows_new_values() -> None:
    layer = prune.custom_from_mask(linear(), "weight", torch.eye(2))
    with torch.no_grad():
        layer.weight_orig.fill_(3)
    layer(torch.ones(1, 2))
    assert layer.weight.tolist() == [[3.0, 0.0], [0.0, 3.0]]


def test_a_failed_pruning_changes_nothing() -> None:
    layer = linear()
    with pytest.raises(ValueError, match="amount=7 should be smaller"):
        prune.l1_unstructured(layer, "weight", 7)
    assert isinstance(layer.weight, nn.Parameter)
    assert not layer._forward_pre_hooks
    prune.identity(layer, "weight")
    with pytest.raises(ValueError, match="amount=7 should be smaller"):
        prune.l1_unstructured(layer, "weight", 7)
    (hook,) = layer._forward_pre_hooks.values()
    assert isinstance(hook, prune.Identity)


class Odd(prune.BasePruningMethod):
    """A method of no known type."""

    PRUNING_TYPE = "odd"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: prune.l1_unstructured(linear(), "weight", "x"), TypeError, "Must be int or float"),
        (lambda: prune.l1_unstructured(linear(), "weight", -1), ValueError, "non-negative integer"),
        (lambda: prune.l1_unstructured(linear(), "weight", 1.5), ValueError, r"in the range \[0, 1\]"),
        (lambda: prune.ln_structured(linear(), "bias", 1, 2, 0), ValueError, "multidimensional"),
        (lambda: prune.ln_structured(linear(), "weight", 1, 2, 3), IndexError, "Invalid index 3"),
        (
            lambda: prune.l1_unstructured(linear(), "weight", 1, importance_scores=torch.ones(3)),
            AssertionError,
            r"got \(3,\), expected \(2, 2\)",
        ),
        (lambda: prune.custom_from_mask(linear(), "weight", torch.ones(3)), AssertionError, "must match"),
        (lambda: prune.identity(linear(), "other"), AttributeError, "other"),
        (lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1), TypeError, "not an Iterable"),
        (
            lambda: prune.global_unstructured([(linear(), "weight")], prune.LnStructured, amount=1, n=2),
            TypeError,
            'Only "unstructured"',
        ),
        (
            lambda: prune.global_unstructured([], prune.L1Unstructured, importance_scores=3, amount=1),
            TypeError,
            "must be of type dict",
        ),
        (lambda: Odd.apply(prune.identity(linear(), "weight"), "weight"), ValueError, "Unrecognized PRUNING_TYPE odd"),
        (prune.BasePruningMethod, TypeError, "abstract"),
        (lambda: prune.Identity().apply_mask(linear()), AssertionError, "has to be pruned"),
        (lambda: prune.PruningContainer(prune.Identity.apply(linear(), "bias"), 3), TypeError, "not a BasePruning"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
