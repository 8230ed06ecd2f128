"""Gradients of parts of a tensor are added in place to those of other parts: what must not be seen of it."""

import numpy as np
import pytest

import torchere as torch


def test_pieces_of_every_kind():
    x = torch.arange(24.0).reshape(4, 6).requires_grad_()
    first, second = x.split(3, dim=1)
    (first * 2).sum().backward(retain_graph=True)
    x.grad = None
    (first.sum() + (second * 3).sum() + (x[1:3, ::2] * 5).sum() + x[0, 0] * 7 + (x * 11).sum()).backward()
    wanted = np.full((4, 6), 12.0)
    wanted[:, 3:] = 14.0
    wanted[1:3, ::2] += 5
    wanted[0, 0] += 7
    assert x.grad.tolist() == wanted.tolist()


def test_a_gradient_that_others_hold_is_not_written():
    """The gradient given to `backward`, and one shared by two edges, keep their values."""
    x, y = (torch.ones(4, requires_grad=True) for _ in range(2))
    middle = x * 1
    total = middle + y  # Hands one and the same gradient to both.
    given = torch.ones(4)
    # What stands last goes first: the shared gradient is there when the parts arrive.
    torch.autograd.backward([middle[:2], middle[1:3], total], [torch.ones(2), torch.ones(2), given])
    assert given.tolist() == [1] * 4
    assert y.grad.tolist() == [1] * 4
    assert x.grad.tolist() == [2, 3, 2, 1]


def test_captured_and_retained_gradients():
    x = torch.ones(6, requires_grad=True)
    middle = x * 2
    middle.retain_grad()
    parts = middle.chunk(3)
    loss = sum((part * (index + 1)).sum() for index, part in enumerate(parts))
    grads = torch.autograd.grad(loss, [x, middle, *parts], retain_graph=True)
    middle.grad = None
    assert [grad.tolist() for grad in grads] == [[2, 2, 4, 4, 6, 6], [1, 1, 2, 2, 3, 3], [1, 1], [2, 2], [3, 3]]
    loss.backward()
    assert middle.grad.tolist() == [1, 1, 2, 2, 3, 3]
    loss_again = (x[:3] * 2).sum() + x[2:].sum()
    loss_again.backward()
    assert x.grad.tolist() == [4, 4, 7, 5, 7, 7]


def test_second_derivatives_and_transforms():
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)

    def f(x):
        a, b, c = x.unbind()
        return a * a * b + b * c * x[0] + x[1:].prod()

    assert torch.autograd.gradcheck(f, (x,))
    assert torch.autograd.gradgradcheck(f, (x,))
    rows = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    mapped = torch.func.vmap(torch.func.grad(f))(rows)
    single = torch.stack([torch.func.grad(f)(row) for row in rows])
    assert torch.equal(mapped, single)


@pytest.mark.parametrize("steps", [50, 400])
def test_work_grows_with_the_tensor_not_with_its_square(steps, monkeypatch):
    """Backward of `unbind` makes one gradient of the whole size, however many pieces there are."""
    import torchere_cpu.shape as kernels

    made = []
    original = kernels.np.zeros
    x = torch.ones(steps, 3, requires_grad=True)
    loss = sum(((row * 2).sum() for row in x.unbind()), torch.zeros(()))
    monkeypatch.setattr(kernels.np, "zeros", lambda *args, **kwargs: made.append(1) or original(*args, **kwargs))
    loss.backward()
    monkeypatch.undo()
    assert x.grad.tolist() == [[2.0] * 3] * steps
    assert len(made) <= 3
