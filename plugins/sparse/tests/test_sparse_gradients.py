"""Gradients of and through sparse tensors: layouts, patterns, finite differences, second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere.autograd import gradcheck, gradgradcheck

X = torch.tensor([[0.0, 1, 0, 2], [3, 0, 0, -1]], dtype=torch.float64)
D = torch.tensor([[1.0, -2, 3, 4], [5, 6, -7, 8]], dtype=torch.float64)
MASK = X != 0
check = torch.sparse.as_sparse_gradcheck(gradcheck)
check_twice = torch.sparse.as_sparse_gradcheck(gradgradcheck)

FUNCTIONS = {
    "to_dense": lambda s, d: s.to_dense() * d,
    "add": lambda s, d: s + s * 2,
    "dense plus sparse": lambda s, d: d + s,
    "mul": lambda s, d: s * s,
    "mul dense": lambda s, d: s * d,
    "neg": lambda s, d: -s,
    "div": lambda s, d: s / 3,
    "pow": lambda s, d: s**3,
    "sparse mm": lambda s, d: torch.sparse.mm(s, d.t()),
    "mm of dense and sparse": lambda s, d: torch.sparse.mm(d.t(), s),
    "mm of sparse and sparse": lambda s, d: torch.sparse.mm(s, s.t()),
    "matmul": lambda s, d: s @ d.t(),
    "mv": lambda s, d: torch.mv(s, d[0]),
    "addmm": lambda s, d: torch.sparse.addmm(d[:, :2], s, d.t(), beta=2, alpha=3),
    "transpose": lambda s, d: s.t().to_dense() * d.t(),
    "values": lambda s, d: s.values() ** 2,
    "sum": lambda s, d: s.sum() ** 2,
}
COO_ONLY = {
    "coalesce": lambda s, d: s.coalesce().values() ** 2,
    "sparse sum": lambda s, d: torch.sparse.sum(s, 0).to_dense() * d[0],
    "softmax": lambda s, d: torch.sparse.softmax(s, 1).to_dense() * d,
    "log_softmax": lambda s, d: torch.sparse.log_softmax(s, 0).to_dense() * d,
    "cat": lambda s, d: torch.cat([s, s * 2]).to_dense(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
def test_against_finite_differences(name: str, layout: str) -> None:
    s = X.to_sparse(layout=getattr(torch, layout)).requires_grad_()
    d = D.clone().requires_grad_()
    assert check(FUNCTIONS[name], (s, d))


@pytest.mark.parametrize("name", COO_ONLY)
def test_coo_against_finite_differences(name: str) -> None:
    assert check(COO_ONLY[name], (X.to_sparse().requires_grad_(), D))


@pytest.mark.parametrize("name", ["to_dense", "mul", "sparse mm", "values", "pow"])
def test_second_derivatives(name: str) -> None:
    assert check_twice(FUNCTIONS[name], (X.to_sparse().requires_grad_(), D.clone().requires_grad_()))


def test_sampled_addmm_and_solve() -> None:
    a, b = D[:, :3].clone().requires_grad_(), torch.ones(3, 4, dtype=torch.float64).requires_grad_()
    assert check(torch.sparse.sampled_addmm, (X.to_sparse_csr().requires_grad_(), a, b))
    square = (D[:, :2] + 9 * torch.eye(2, dtype=torch.float64)).to_sparse_csr().requires_grad_()
    assert check(torch.sparse.spsolve, (square, D[:, :2].clone().requires_grad_()))
    assert check(torch.sparse.spsolve, (square, D[:, 0].clone().requires_grad_()))


def gradient(f: Any, layout: str = "sparse_coo") -> Any:
    s = X.to_sparse(layout=getattr(torch, layout)).requires_grad_()
    f(s).backward()
    return s.grad


def test_layouts_of_gradients() -> None:
    assert gradient(lambda s: (s.to_dense() * D).sum()).is_sparse
    assert torch.equal(gradient(lambda s: (s.to_dense() * D).sum()).to_dense(), D * MASK)
    assert torch.equal(gradient(lambda s: (s.to_dense(masked_grad=False) * D).sum()).to_dense(), D)
    assert gradient(lambda s: s.sum()).layout is torch.strided
    assert gradient(lambda s: torch.sparse.sum(s)).is_sparse
    assert gradient(lambda s: (s @ D.t()).sum()).layout is torch.strided
    assert gradient(lambda s: torch.sparse.mm(s, D.t()).sum()).is_sparse
    assert gradient(lambda s: torch.sparse.mm(s, D.t()).sum(), "sparse_csr").layout is torch.sparse_csr
    assert gradient(lambda s: s.relu().to_dense().sum()).to_dense().tolist() == [[0, 1, 0, 1], [1, 0, 0, 0]]


def test_dense_and_sparse_gradients_add_up() -> None:
    found = gradient(lambda s: s.sum() + torch.sparse.sum(s) + (s.to_dense() * D).sum())
    np.testing.assert_array_equal(found.to_dense().numpy(), 1 + MASK.double().numpy() + (D * MASK).numpy())


def test_to_sparse_passes_gradients_of_all_elements() -> None:
    for make in (lambda x: x.to_sparse(), lambda x: x.to_sparse_csr(), lambda x: x.to_sparse_bsr((1, 2))):
        x = X.clone().requires_grad_()
        (make(x).to_dense(masked_grad=False) * D).sum().backward()
        assert torch.equal(x.grad, D)


def test_sparse_mask_gradient_is_dense() -> None:
    x = D.clone().requires_grad_()
    (x.sparse_mask(X.to_sparse()).to_dense() * D).sum().backward()
    assert x.grad.layout is torch.strided
    assert torch.equal(x.grad, D * MASK)


def test_values_given_to_a_constructor() -> None:
    values = torch.tensor([3.0, 4.0, 5.0]).requires_grad_()
    s = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], values, (2, 3))
    assert not s.is_leaf
    (s.to_dense() * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert values.grad.tolist() == [2, 3, 3]
    leaf = torch.sparse_coo_tensor([[0]], values[:1], (2,), requires_grad=True)
    assert leaf.is_leaf
    values.grad = None
    c = torch.sparse_csr_tensor([0, 1, 3], [2, 0, 1], values, (2, 3))
    (c.to_dense() * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert values.grad.tolist() == [2, 3, 4]


def test_uncoalesced_leaf() -> None:
    s = torch.sparse_coo_tensor([[0, 0, 1]], torch.tensor([1.0, 2, 3]), (2,), requires_grad=True)
    (s.to_dense() ** 2).sum().backward()
    assert s.grad.to_dense().tolist() == [6, 6]


def test_embedding_gives_sparse_gradients_which_accumulate() -> None:
    table = torch.nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1, 1, 2])).sum().backward()
    assert table.weight.grad.is_sparse
    assert table.weight.grad._indices().tolist() == [[1, 1, 2]]
    table(torch.tensor([[3]])).sum().backward()
    assert table.weight.grad._indices().tolist() == [[1, 1, 2, 3]]
    assert table.weight.grad.to_dense().tolist() == [[0, 0], [2, 2], [1, 1], [1, 1]]
    padded = torch.nn.Embedding(4, 2, sparse=True, padding_idx=1)
    padded(torch.tensor([1, 1, 2])).sum().backward()
    assert padded.weight.grad._indices().tolist() == [[2]]
    with pytest.raises(RuntimeError, match="scale_grad_by_freq not supported"):
        torch.nn.Embedding(4, 2, sparse=True, scale_grad_by_freq=True)(torch.tensor([1])).sum().backward()


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_give_sparse_gradients(mode: str) -> None:
    grads = []
    for sparse in (False, True):
        bag = torch.nn.EmbeddingBag(4, 2, mode=mode, sparse=sparse)
        bag(torch.tensor([1, 1, 2]), torch.tensor([0, 2])).sum().backward()
        assert bag.weight.grad.is_sparse is sparse
        grads.append(bag.weight.grad.to_dense().tolist())
    assert grads[0] == grads[1]
