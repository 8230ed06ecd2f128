"""The cubic nearest to the sine on [-π, π], by gradient descent with gradients written by hand and checked by autograd.

Written for PyTorch; the import is all that differs.
"""

import math

import torchere as torch


def main():
    """Losses on the way, the coefficients, and both kinds of gradients at the end."""
    x = torch.linspace(-math.pi, math.pi, 500, dtype=torch.float)
    y = torch.sin(x)
    powers = torch.stack([x**k for k in range(4)])
    coefficients = torch.tensor([0.5, -0.5, 0.25, 0.1])
    rate = 4e-6
    losses = []
    for step in range(1500):
        residual = coefficients @ powers - y
        if step % 300 == 0:
            losses.append(residual.pow(2).sum().item())
        gradient = 2.0 * powers @ residual
        coefficients -= rate * gradient
    residual = coefficients @ powers - y
    by_hand = 2.0 * powers @ residual
    leaf = coefficients.clone().requires_grad_()
    (leaf @ powers - y).pow(2).sum().backward()
    exact = torch.linalg.lstsq(powers.T.double(), y.double()).solution
    return {
        "losses": losses,
        "coefficients": coefficients.tolist(),
        "gradients agree": torch.allclose(by_hand, leaf.grad, rtol=1e-4, atol=1e-4),
        "least squares": exact.tolist(),
    }
