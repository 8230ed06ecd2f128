"""Two outer steps of model-agnostic meta-learning: each goes through inner gradient steps, by second derivatives.

Tasks are sines of different amplitude and phase; the network is two layers, written as a function of its weights.
Written for PyTorch; the import is all that differs.
"""

import torchere.nn.functional as F

import torchere as torch


def network(weights, x):
    """One hidden layer of eight."""
    first, first_bias, second, second_bias = weights
    return F.linear(torch.tanh(F.linear(x, first, first_bias)), second, second_bias)


def adapted(weights, x, y, *, rate, steps, create_graph):
    """The weights after some inner steps."""
    for _ in range(steps):
        loss = F.mse_loss(network(weights, x), y)
        gradients = torch.autograd.grad(loss, weights, create_graph=create_graph)
        weights = [w - rate * g for w, g in zip(weights, gradients, strict=True)]
    return weights


def outer_loss(weights, *, create_graph=True):
    """Mean loss over the tasks, after adapting to each."""
    total = 0.0
    for amplitude, phase in ((1.0, 0.0), (0.5, 0.7), (2.0, 1.9)):
        support = torch.linspace(-2, 2, 10, dtype=torch.float64).unsqueeze(1)
        query = torch.linspace(-1.5, 2.5, 7, dtype=torch.float64).unsqueeze(1)
        fast = adapted(
            weights, support, amplitude * torch.sin(support + phase), rate=0.1, steps=2, create_graph=create_graph
        )
        total = total + F.mse_loss(network(fast, query), amplitude * torch.sin(query + phase))
    return total / 3


def main():
    """Losses and gradients of two outer steps, second order and first order."""
    weights = [
        torch.linspace(-1, 1, 8, dtype=torch.float64).reshape(8, 1),
        torch.linspace(0.5, -0.5, 8, dtype=torch.float64),
        torch.linspace(-0.8, 0.9, 8, dtype=torch.float64).cos().reshape(1, 8),
        torch.zeros(1, dtype=torch.float64),
    ]
    weights = [w.requires_grad_() for w in weights]
    optimizer = torch.optim.Adam(weights, lr=0.01)
    losses, norms = [], []
    first_order = torch.autograd.grad(outer_loss(weights, create_graph=False), weights)
    for _ in range(2):
        optimizer.zero_grad()
        loss = outer_loss(weights)
        loss.backward()
        losses.append(loss.item())
        norms.append([w.grad.norm().item() for w in weights])
        second_order = [w.grad.clone() for w in weights]
        optimizer.step()
    return {
        "losses": losses,
        "norms": norms,
        "second order": [g.flatten().tolist() for g in second_order],
        "first order": [g.flatten().tolist() for g in first_order],
        "after": outer_loss(weights).item(),
    }
