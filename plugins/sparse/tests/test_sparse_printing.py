"""The text of sparse tensors; expected strings are PyTorch 2.13's."""

from __future__ import annotations

from typing import Any

import pytest

import torchere as torch

I = torch.tensor([[0, 1, 1], [2, 0, 2]])  # noqa: E741 - indices
V = torch.tensor([3.0, 4.0, 5.0])
X = torch.arange(6.0).reshape(2, 3)

TEXTS: list[tuple[Any, str]] = [
    (
        lambda: torch.sparse_coo_tensor(I, V, (2, 3)),
        "tensor(indices=tensor([[0, 1, 1],\n                       [2, 0, 2]]),\n"
        "       values=tensor([3., 4., 5.]),\n       size=(2, 3), nnz=3, layout=torch.sparse_coo)",
    ),
    (
        lambda: torch.sparse_coo_tensor((2, 3)),
        "tensor(indices=tensor([], size=(2, 0)),\n       values=tensor([], size=(0,)),\n"
        "       size=(2, 3), nnz=0, layout=torch.sparse_coo)",
    ),
    (
        lambda: torch.sparse_coo_tensor(I, V.double(), requires_grad=True),
        "tensor(indices=tensor([[0, 1, 1],\n                       [2, 0, 2]]),\n"
        "       values=tensor([3., 4., 5.]),\n       size=(2, 3), nnz=3, dtype=torch.float64, "
        "layout=torch.sparse_coo,\n       requires_grad=True)",
    ),
    (
        lambda: torch.sparse_coo_tensor(I, V, (2, 3)).requires_grad_() * 2,
        "tensor(indices=tensor([[0, 1, 1],\n                       [2, 0, 2]]),\n"
        "       values=tensor([ 6.,  8., 10.]),\n"
        "       size=(2, 3), nnz=3, layout=torch.sparse_coo, grad_fn=<MulBackward0>)",
    ),
    (
        lambda: torch.sparse_coo_tensor([[0, 1, 1]], torch.ones(3, 2), (2, 2)),
        "tensor(indices=tensor([[0, 1, 1]]),\n       values=tensor([[1., 1.],\n                      [1., 1.],\n"
        "                      [1., 1.]]),\n       size=(2, 2), nnz=3, layout=torch.sparse_coo)",
    ),
    (
        lambda: X.to_sparse_csr(),
        "tensor(crow_indices=tensor([0, 2, 5]),\n       col_indices=tensor([1, 2, 0, 1, 2]),\n"
        "       values=tensor([1., 2., 3., 4., 5.]), size=(2, 3), nnz=5,\n       layout=torch.sparse_csr)",
    ),
    (
        lambda: X.to_sparse_csc(),
        "tensor(ccol_indices=tensor([0, 1, 3, 5]),\n       row_indices=tensor([1, 0, 1, 0, 1]),\n"
        "       values=tensor([3., 1., 4., 2., 5.]), size=(2, 3), nnz=5,\n       layout=torch.sparse_csc)",
    ),
    (
        lambda: torch.ones(1, 4).to_sparse_bsr((1, 2)),
        "tensor(crow_indices=tensor([0, 2]),\n       col_indices=tensor([0, 1]),\n"
        "       values=tensor([[[1., 1.]],\n\n                      [[1., 1.]]]), size=(1, 4), nnz=2,\n"
        "       layout=torch.sparse_bsr)",
    ),
]


@pytest.mark.parametrize(("make", "text"), TEXTS)
def test_text(make: Any, text: str) -> None:
    assert repr(make()) == text
