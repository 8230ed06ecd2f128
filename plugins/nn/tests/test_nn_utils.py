"""nn.utils: clipping of gradients, parameters as a vector."""

from __future__ import annotations

import math
from typing import Any

import pytest
from torchere.nn import utils

import torchere as torch
from torchere import nn


def with_gradients() -> list[Any]:
    parameters = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2, 1)), nn.Parameter(torch.zeros(3))]
    parameters[0].grad = torch.tensor([3.0, -4.0])
    parameters[1].grad = torch.tensor([[12.0], [0.0]])
    return parameters


@pytest.mark.parametrize(
    ("order", "norm"),
    [(2.0, 13.0), (1.0, 19.0), (math.inf, 12.0), (3.0, (27 + 64 + 1728) ** (1 / 3)), (-math.inf, 0.0), (0.0, 2.0)],
)
def test_norm_is_returned_and_limited(order: float, norm: float) -> None:
    parameters = with_gradients()
    assert abs(float(utils.clip_grad_norm_(parameters, 1.0, order)) - norm) < 1e-4
    expected = [3.0 * min(1.0, 1 / (norm + 1e-6)), -4.0 * min(1.0, 1 / (norm + 1e-6))]
    assert torch.allclose(parameters[0].grad, torch.tensor(expected))
    assert parameters[2].grad is None


def test_small_gradients_stay() -> None:
    parameters = with_gradients()
    utils.clip_grad_norm_(iter(parameters), 100.0)
    assert parameters[0].grad.tolist() == [3.0, -4.0]
    utils.clip_grad_norm_(parameters[0], 1.0)
    assert abs(float(parameters[0].grad.norm()) - 1) < 1e-5


def test_not_finite_norms() -> None:
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([math.inf, 1.0])
    with pytest.raises(RuntimeError, match=r"order 2\.0 for gradients .* is non-finite"):
        utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert utils.clip_grad_norm_(p, 1.0) == math.inf
    assert float(utils.get_total_norm([])) == 0.0
    assert float(utils.clip_grad_norm_([], 1.0)) == 0.0
    with pytest.warns(UserWarning, match="empty generator"):
        utils.clip_grad_norm_((p for p in ()), 1.0)


def test_clip_value() -> None:
    parameters = with_gradients()
    utils.clip_grad_value_(parameters, 3.5)
    assert parameters[0].grad.tolist() == [3.0, -3.5]
    assert parameters[1].grad.tolist() == [[3.5], [0.0]]


def test_vector_and_back() -> None:
    model = nn.Linear(2, 3)
    vector = utils.parameters_to_vector(model.parameters())
    assert vector.shape == (9,)
    assert vector.requires_grad
    utils.vector_to_parameters(torch.arange(9.0), model.parameters())
    assert model.weight.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert model.bias.tolist() == [6.0, 7.0, 8.0]
    with pytest.raises(TypeError, match=r"expected torch\.Tensor"):
        utils.vector_to_parameters([1.0], model.parameters())
