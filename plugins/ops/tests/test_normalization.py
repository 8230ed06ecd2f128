"""Normalisation beyond its conformance cases: running statistics, precision, dtypes of parameters."""

import numpy as np
import pytest
import torchere.nn.functional as F

import torchere as torch


def test_batch_norm_moves_running_statistics_towards_the_batch():
    x = torch.tensor([[1.0, 10.0], [3.0, 30.0], [5.0, 20.0]])
    mean, var = torch.zeros(2), torch.ones(2)
    F.batch_norm(x, mean, var, training=True, momentum=0.25)
    np.testing.assert_allclose(mean.numpy(), [0.75, 5.0], rtol=1e-6)
    # The running variance is the unbiased one.
    np.testing.assert_allclose(var.numpy(), [0.75 + 0.25 * 4, 0.75 + 0.25 * 100], rtol=1e-6)


def test_batch_norm_updates_statistics_outside_the_graph():
    x = torch.randn(4, 2, requires_grad=True)
    mean, var = torch.zeros(2), torch.ones(2)
    F.batch_norm(x, mean, var, training=True).sum().backward()
    assert not mean.requires_grad
    assert not var.requires_grad


def test_batch_norm_in_evaluation_leaves_statistics_alone():
    mean, var = torch.tensor([1.0, 2.0]), torch.tensor([4.0, 9.0])
    out = F.batch_norm(torch.tensor([[3.0, 5.0]]), mean, var, eps=0.0)
    np.testing.assert_allclose(out.numpy(), [[1.0, 1.0]], rtol=1e-6)
    assert mean.tolist() == [1.0, 2.0]
    assert var.tolist() == [4.0, 9.0]


def test_instance_norm_averages_running_statistics_over_the_batch():
    x = torch.tensor([[[1.0, 3.0]], [[5.0, 9.0]]])
    mean, var = torch.zeros(1), torch.ones(1)
    F.instance_norm(x, mean, var, momentum=0.5)
    np.testing.assert_allclose(mean.numpy(), [(2 + 7) / 2 * 0.5], rtol=1e-6)
    np.testing.assert_allclose(var.numpy(), [0.5 + 0.5 * (2 + 8) / 2], rtol=1e-6)


@pytest.mark.parametrize("shape", [(64, 3), (8, 3, 50, 60)])
def test_batch_norm_keeps_precision_beside_a_large_mean(shape):
    x = torch.randn(*shape) + 1000
    out = F.batch_norm(x, None, None, training=True).numpy().astype(np.float64)
    axes = (0, *range(2, len(shape)))
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(axes), 1, rtol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_float32_parameters_go_with_16_bit_inputs(dtype):
    x = torch.randn(4, 6).to(dtype)
    weight, bias = torch.ones(6), torch.zeros(6)
    assert F.layer_norm(x, (6,), weight, bias).dtype is dtype
    assert F.batch_norm(x, bias, weight, weight, bias).dtype is dtype
    assert F.group_norm(x, 2, weight, bias).dtype is dtype


@pytest.mark.parametrize("shape", [(6, 2, 50, 60), (40, 3, 5), (500, 4)])
def test_large_batches_have_the_gradients_of_the_formula(shape):
    """Large inputs go channel by channel, small ones all at once: both against the formula and autograd."""
    x = torch.randn(*shape, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.randn(shape[1], dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(*shape, dtype=torch.float64)
    axes, column = (0, *range(2, len(shape))), (-1,) + (1,) * (len(shape) - 2)
    centred = x - x.mean(axes, True)
    normal = centred / ((centred * centred).mean(axes, True) + 1e-5).sqrt()
    formula = normal * weight.reshape(column) + bias.reshape(column)
    fused = F.batch_norm(x, None, None, weight, bias, True)
    wanted = torch.autograd.grad(formula, (x, weight, bias), upstream)
    for found, expected in zip(torch.autograd.grad(fused, (x, weight, bias), upstream), wanted, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("groups", [1, 3])
def test_large_groups_have_the_gradients_of_the_formula(groups):
    x = torch.randn(3, 6, 40, 50, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(3, 6, 40, 50, dtype=torch.float64)
    grouped = x.reshape(3, groups, -1)
    centred = grouped - grouped.mean(-1, True)
    normal = (centred / ((centred * centred).mean(-1, True) + 1e-5).sqrt()).reshape(x.shape)
    wanted = torch.autograd.grad(normal * weight.reshape(-1, 1, 1), (x, weight), upstream)
    found = torch.autograd.grad(F.group_norm(x, groups, weight), (x, weight), upstream)
    for mine, expected in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=1e-8, atol=1e-9)


def test_second_derivative_of_layer_norm_sees_the_statistics():
    """The backward kernel is given mean and deviation: forgetting that they depend on the input shows here."""
    x = torch.tensor([[0.3, -1.2, 0.7]], dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([0.5, 2.0, -1.0], dtype=torch.float64)
    upstream = torch.tensor([[1.0, -0.5, 0.25]], dtype=torch.float64)

    def gradient(point):
        return torch.autograd.grad(F.layer_norm(point, (3,), weight), point, upstream, create_graph=True)[0]

    (second,) = torch.autograd.grad(gradient(x)[0, 0], x)
    step = torch.zeros(1, 3, dtype=torch.float64)
    for place in range(3):
        step.zero_()
        step[0, place] = 1e-6
        high = gradient((x + step).detach().requires_grad_())[0, 0].item()
        low = gradient((x - step).detach().requires_grad_())[0, 0].item()
        assert second[0, place].item() == pytest.approx((high - low) / 2e-6, rel=1e-5, abs=1e-8)
