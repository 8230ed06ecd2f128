"""Warnings of losses: deprecated arguments, unequal shapes, and the mean of ``kl_div``."""

from __future__ import annotations

import pytest
from torchere.nn import functional as F

import torchere as torch

INPUT, TARGET = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("deprecated", "reduction"),
    [
        ({"size_average": True}, "mean"),
        ({"size_average": False}, "sum"),
        ({"reduce": False}, "none"),
        ({"reduce": True, "size_average": False}, "sum"),
        ({"reduce": False, "size_average": True}, "none"),
    ],
)
def test_deprecated_arguments_choose_the_reduction(deprecated: dict[str, bool], reduction: str) -> None:
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
        result = F.mse_loss(INPUT, TARGET, **deprecated)
    assert torch.equal(result, F.mse_loss(INPUT, TARGET, reduction=reduction))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_broadcasting_a_target_warns(name: str) -> None:
    with pytest.warns(UserWarning, match="different to the input size"):
        result = getattr(F, name)(INPUT.reshape(3, 1), TARGET, reduction="none")
    assert result.shape == (3, 3)


def test_mean_of_kl_div_warns() -> None:
    with pytest.warns(UserWarning, match="'batchmean' divides only by the batch size"):
        F.kl_div(INPUT, TARGET)


def test_mixed_dtypes_are_promoted() -> None:
    assert F.mse_loss(INPUT, TARGET.double()).dtype is torch.float64
    assert F.binary_cross_entropy_with_logits(INPUT, TARGET.double()).dtype is torch.float64


def test_cross_entropy_of_one_sample_differentiates_twice() -> None:
    scores = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([2])
    assert torch.autograd.gradcheck(lambda x: F.cross_entropy(x, target), (scores,))
    assert torch.autograd.gradgradcheck(lambda x: F.cross_entropy(x, target), (scores,))


@pytest.mark.parametrize("name", ["smooth_l1_loss", "huber_loss"])
def test_curvature_where_input_and_target_agree(name):
    x = torch.tensor([0.0, 0.3, 2.0], dtype=torch.float64, requires_grad=True)
    loss = getattr(torch.nn.functional, name)(x, torch.zeros_like(x), reduction="sum")
    (slope,) = torch.autograd.grad(loss, x, create_graph=True)
    assert torch.autograd.grad(slope.sum(), x)[0].tolist() == [1, 1, 0]
