"""Initial values: the distributions of nn.init and of the layers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from torchere.nn import init

import torchere as torch
from torchere import nn


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def spread(tensor: Any) -> tuple[float, float, float]:
    """Mean, standard deviation and largest magnitude."""
    values = tensor.detach().double()
    return float(values.mean()), float(values.std()), float(values.abs().max())


def test_constants() -> None:
    tensor = torch.empty(3, 4)
    assert init.constant_(tensor, 2.5) is tensor
    assert float(tensor.sum()) == 30.0
    assert float(init.ones_(tensor).sum()) == 12.0
    assert float(init.zeros_(tensor).abs().sum()) == 0.0
    assert torch.equal(init.eye_(torch.empty(2, 3)), torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]))


def test_leaf_parameters_are_filled_outside_autograd() -> None:
    p = nn.Parameter(torch.empty(2, 2))
    init.uniform_(p)
    assert p.is_leaf
    assert p.requires_grad
    assert p.grad_fn is None


def test_random_distributions() -> None:
    mean, std, largest = spread(init.uniform_(torch.empty(200, 200), -1, 3))
    assert abs(mean - 1) < 0.02
    assert abs(std - 4 / math.sqrt(12)) < 0.02
    assert largest <= 3
    mean, std, _ = spread(init.normal_(torch.empty(200, 200), 1.0, 2.0))
    assert abs(mean - 1) < 0.03
    assert abs(std - 2) < 0.03
    values = init.trunc_normal_(torch.empty(200, 200), std=2.0, a=-1.0, b=3.0)
    assert float(values.min()) >= -1.0
    assert float(values.max()) <= 3.0
    # Mean of a normal restricted to half a deviation below and one and a half above.
    assert abs(float(values.mean()) - 0.7119) < 0.03
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(torch.empty(3), mean=10.0)


def test_scaled_distributions() -> None:
    weight = torch.empty(100, 50, 3, 3)
    fan_in, fan_out = 450, 900
    assert init._calculate_fan_in_and_fan_out(weight) == (fan_in, fan_out)
    for function, arguments, std in (
        (init.xavier_uniform_, {"gain": 2.0}, 2 * math.sqrt(2 / (fan_in + fan_out))),
        (init.xavier_normal_, {}, math.sqrt(2 / (fan_in + fan_out))),
        (init.kaiming_uniform_, {"a": 1.0}, math.sqrt(1 / fan_in)),
        (init.kaiming_normal_, {"mode": "fan_out", "nonlinearity": "relu"}, math.sqrt(2 / fan_out)),
    ):
        mean, measured, largest = spread(function(weight, **arguments))
        assert abs(mean) < 0.05 * std
        assert abs(measured - std) < 0.02 * std
        if "uniform" in function.__name__:
            assert largest <= math.sqrt(3) * std * (1 + 1e-6)


def test_generators_make_reproducible_values() -> None:
    first = init.normal_(torch.empty(3), generator=torch.Generator().manual_seed(5))
    second = init.normal_(torch.empty(3), generator=torch.Generator().manual_seed(5))
    assert torch.equal(first, second)


@pytest.mark.parametrize("shape", [(3, 3), (150, 70), (4, 2, 5), (2, 9)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain=2.0).reshape(shape[0], -1)
    rows, columns = matrix.shape
    product = matrix @ matrix.t() if rows <= columns else matrix.t() @ matrix
    assert torch.allclose(product, 4 * torch.eye(min(rows, columns), dtype=torch.float64), atol=1e-10)


def test_sparse_and_dirac() -> None:
    sparse = init.sparse_(torch.empty(10, 5), 0.3)
    assert (sparse == 0).sum(0).tolist() == [3] * 5
    weight = init.dirac_(torch.empty(4, 2, 3, 3), groups=2)
    x = torch.randn(1, 4, 5, 5)
    assert torch.equal(nn.functional.conv2d(x, weight, padding=1, groups=2), x)


def test_gains() -> None:
    assert init.calculate_gain("linear") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 0.5) == math.sqrt(2 / 1.25)
    assert init.calculate_gain("selu") == 0.75
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        init.calculate_gain("cosine")
    with pytest.raises(ValueError, match="not a valid number"):
        init.calculate_gain("leaky_relu", True)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: init.eye_(torch.empty(3)), "Only tensors with 2 dimensions"),
        (lambda: init.sparse_(torch.empty(3), 0.1), "Only tensors with 2 dimensions"),
        (lambda: init.dirac_(torch.empty(3, 3)), "3, 4, or 5 dimensions"),
        (lambda: init.dirac_(torch.empty(3, 3, 3), groups=2), "divisible by groups"),
        (lambda: init.orthogonal_(torch.empty(3)), "2 or more dimensions"),
        (lambda: init.xavier_uniform_(torch.empty(3)), "fewer than 2 dimensions"),
        (lambda: init.kaiming_normal_(torch.empty(3, 3), mode="fan"), "Mode fan not supported"),
    ],
)
def test_errors(call: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()


def test_old_names_warn() -> None:
    with pytest.warns(FutureWarning, match="deprecated in favor of `nn.init.constant_`"):
        assert float(init.constant(torch.empty(1), 3.0)) == 3.0
    with pytest.warns(UserWarning, match="zero-element"):
        init.kaiming_uniform_(torch.empty(0, 3))


@pytest.mark.parametrize(
    ("layer", "name", "bound"),
    [
        (lambda: nn.Linear(100, 200), "weight", 0.1),
        (lambda: nn.Linear(100, 2000), "bias", 0.1),
        (lambda: nn.Conv2d(16, 64, 3, groups=4), "weight", 1 / 6),
        (lambda: nn.Conv1d(4, 999, 25), "bias", 0.1),
        (lambda: nn.ConvTranspose2d(16, 25, 2), "weight", 0.1),
        (lambda: nn.Bilinear(25, 10, 20), "weight", 0.2),
        (lambda: nn.LSTM(9, 25), "weight_ih_l0", 0.2),
        (lambda: nn.GRUCell(9, 100), "bias_hh", 0.1),
        (lambda: nn.MultiheadAttention(48, 2), "in_proj_weight", math.sqrt(6 / (4 * 48))),
    ],
)
def test_layers_start_uniform(layer: Any, name: str, bound: float) -> None:
    values = dict(layer().named_parameters())[name]
    mean, std, largest = spread(values)
    assert largest <= bound * (1 + 1e-6)
    assert largest > 0.97 * bound
    assert abs(std - bound / math.sqrt(3)) < 0.06 * bound
    assert abs(mean) < 0.1 * bound


def test_layers_start_at_constants() -> None:
    norm = nn.BatchNorm1d(3)
    assert norm.weight.tolist() == norm.running_var.tolist() == [1.0] * 3
    assert norm.bias.tolist() == norm.running_mean.tolist() == [0.0] * 3
    attention = nn.MultiheadAttention(4, 2)
    assert float(attention.in_proj_bias.detach().abs().sum() + attention.out_proj.bias.detach().abs().sum()) == 0
    table = nn.Embedding(500, 20, padding_idx=3)
    assert float(table.weight[3].detach().abs().sum()) == 0
    assert abs(spread(table.weight)[1] - 1) < 0.03
    assert nn.PReLU(2, 0.5).weight.tolist() == [0.5, 0.5]
