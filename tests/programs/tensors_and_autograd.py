"""A first hour with tensors and gradients: making, indexing, joining and sharing them, then differentiating.

Written for PyTorch; the import is all that differs.
"""

import numpy as np

import torchere as torch


def tensors():
    """Ways to make tensors, and what can be done with one."""
    data = [[1, 2], [3, 4]]
    x = torch.tensor(data)
    shared = torch.from_numpy(np.array(data, dtype=np.float32))
    ones = torch.ones_like(x)
    halves = torch.full_like(x, 0.5, dtype=torch.float)
    table = torch.arange(12.0).reshape(3, 4)
    table[:, 1] = 0
    table[table > 9] *= -1
    wide = torch.cat([table, table, table], dim=1)
    product = table @ table.T
    entrywise = table.mul(table)
    np.add(shared.numpy(), 1, out=shared.numpy())
    table.add_(5)
    return {
        "sum of ones": ones.sum().item(),
        "halves": halves.tolist(),
        "row": table[0].tolist(),
        "last column": table[..., -1].tolist(),
        "wide": [list(wide.shape), wide.sum(dim=1).tolist()],
        "product": product.tolist(),
        "entrywise": entrywise.sum(0).tolist(),
        "seen through the array": shared.tolist(),
        "dtypes": [str(t.dtype) for t in (x, shared, x / 2, x + 1.5, x > 2)],
        "strides": [list(t.stride()) for t in (table, table.t(), table[::2], table.view(4, 3))],
        "statistics": [table.mean().item(), table.std().item(), table.norm().item(), table.max(dim=1).values.tolist()],
        "sorted": torch.sort(table.flatten(), descending=True).indices.tolist(),
    }


def gradients():
    """Gradients of a cubic, of a vector-valued function, accumulated ones, and what stops recording."""
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    b = torch.tensor([6.0, 4.0], requires_grad=True)
    q = 3 * a**3 - b**2
    q.backward(gradient=torch.tensor([1.0, 1.0]))
    once = a.grad.tolist(), b.grad.tolist()
    (a * b).sum().backward()
    twice = a.grad.tolist(), b.grad.tolist()
    a.grad.zero_()
    with torch.no_grad():
        silent = a * 2
    detached = (a * 2).detach() * a
    detached.sum().backward()
    return {
        "once": once,
        "twice": twice,
        "through detach": a.grad.tolist(),
        "recorded": [q.requires_grad, silent.requires_grad, (a * 2).grad_fn is not None],
    }


def training():
    """A network of one hidden layer, its loss, and three steps of gradient descent with momentum."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3))
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            count = parameter.numel()
            parameter.copy_(torch.linspace(-1, 1, count).reshape(parameter.shape).mul(1 + index).sin() * 0.5)
    for parameter in model[0].parameters():
        parameter.requires_grad = False
    data = torch.linspace(0, 1, 20).reshape(5, 4).cos()
    labels = torch.tensor([0, 2, 1, 1, 0])
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.5, momentum=0.9)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(data), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {
        "losses": losses,
        "frozen": [parameter.grad is None for parameter in model.parameters()],
        "bias": model[2].bias.tolist(),
        "gradient": model[2].weight.grad.tolist(),
    }


def main():
    """All results."""
    return {"tensors": tensors(), "gradients": gradients(), "training": training()}
