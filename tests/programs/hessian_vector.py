"""Products of a Hessian with vectors in three ways: twice through autograd, by `functional.hvp`, by finite differences.

The function is the loss of a small network; conjugate gradients on the damped Hessian then take a Newton step.
Written for PyTorch; the import is all that differs.
"""

import torchere as torch

X = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(8, 3).sin()
Y = torch.linspace(0, 3, 8, dtype=torch.float64).cos()


def loss(w):
    """Logistic-like loss of a network with 3 x 4 and 4 weights in one vector."""
    hidden = torch.tanh(X @ w[:12].view(3, 4))
    prediction = torch.sigmoid(hidden @ w[12:])
    return ((prediction - Y) ** 2).mean() + 0.01 * w.square().sum()


def product(w, v):
    """The Hessian at `w` times `v`."""
    w = w.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(w), w, create_graph=True)
    return torch.autograd.grad(gradient, w, grad_outputs=v)[0]


def differences(w, v, step=1e-5):
    """The same from gradients at two points."""

    def gradient(at):
        at = at.detach().requires_grad_()
        return torch.autograd.grad(loss(at), at)[0]

    return (gradient(w + step * v) - gradient(w - step * v)) / (2 * step)


def newton_step(w, damping=0.1):
    """Solve (H + damping) s = -g by conjugate gradients."""
    leaf = w.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf), leaf)
    s, r = torch.zeros_like(w), -gradient
    p, rr = r.clone(), r.dot(r)
    for _ in range(10):
        q = product(w, p) + damping * p
        alpha = rr / p.dot(q)
        s, r = s + alpha * p, r - alpha * q
        rr, before = r.dot(r), rr
        p = r + rr / before * p
    return s


def main():
    """Products, how well they agree, the whole Hessian's trace, and the loss before and after a Newton step."""
    w = torch.linspace(-1.2, 1.3, 16, dtype=torch.float64)
    v = torch.linspace(1, 2, 16, dtype=torch.float64).sin()
    exact = product(w, v)
    _, functional = torch.autograd.functional.hvp(loss, w, v)
    whole = torch.autograd.functional.hessian(loss, w)
    gap = (differences(w, v) - exact).abs().max().item()
    step = newton_step(w)
    return {
        "product": exact.tolist(),
        "functional agrees": torch.allclose(functional, exact, rtol=1e-10),
        "hessian agrees": torch.allclose(whole @ v, exact, rtol=1e-10),
        "differences agree": gap < 1e-8,
        "trace": whole.trace().item(),
        "symmetric": torch.allclose(whole, whole.T, atol=1e-12),
        "step": step.tolist(),
        "losses": [loss(w).item(), loss(w + step).item()],
    }
