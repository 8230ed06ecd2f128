"""Linear equations between tensors, Vandermonde matrices, and products under their names in ``linalg``."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Dim, composite, operator

from .inverse import linalg_inv, linalg_solve
from .matmul import conjugate_of, matmul

__all__ = [
    "linalg_diagonal",
    "linalg_matmul",
    "linalg_tensorinv",
    "linalg_tensorsolve",
    "linalg_vander",
    "linalg_vecdot",
]


@operator(namespace="linalg")
def linalg_tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """Inverse of the linear map from the last axes of A to its first `ind`: shape ``A.shape[ind:] + A.shape[:ind]``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html
    """
    if ind <= 0:
        raise ShapeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if prod(rows) != prod(columns):
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{prod(columns)} != {prod(rows)}"
        )
    return linalg_inv(A.reshape(prod(rows), prod(columns))).reshape((*columns, *rows))


@composite(namespace="linalg")
def linalg_tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None, *, out: Tensor | None = None) -> Tensor:
    """The X with ``tensordot(A, X, X.ndim) == B``; axes `dims` of A are moved to its end first.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html
    """
    if dims is not None:
        moved = [axis % A.ndim for axis in dims]
        A = A.movedim(tuple(moved), tuple(range(A.ndim - len(moved), A.ndim)))
    shape = tuple(A.shape[B.ndim :])
    if prod(shape) * B.numel() != A.numel() or prod(shape) != B.numel():
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {tuple(A.shape)} and {tuple(B.shape)}"
        )
    found = linalg_solve(A.reshape(B.numel(), prod(shape)), B.reshape(B.numel())).reshape(shape)
    return found if out is None else out.resize_(shape).copy_(found)


@composite(namespace="linalg")
def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Powers 0 to ``N - 1`` (the length of x by default) of ``(*, n)``: ``(*, n, N)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.vander.html
    """
    if N is None:
        N = x.shape[-1] if x.ndim else 1
    if N < 1 or (not x.ndim and N <= 1):
        raise ShapeError(f"N must be greater than 1, got {N} for x of shape {tuple(x.shape)}.")
    if x.dtype.name in ("bool", "float16", "bfloat16"):
        raise DTypeError(
            f"linalg.vander supports floating point, complex, and integer tensors, but got {x.dtype.name}. "
            "Convert first: x.float()."
        )
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        x = x.to(torchere.int64)
    columns = x if x.ndim else x.unsqueeze(-1)
    ones = torchere.ones_like(columns).unsqueeze(-1)
    repeated = columns.unsqueeze(-1).expand((*columns.shape, N - 1))
    return torchere.cat((ones, repeated.cumprod(-1)), -1)


@operator(namespace="linalg", promote="same", dtypes=FLOATING + COMPLEX)
def linalg_vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Sum of ``conj(x) * y`` along `dim`; the other axes broadcast.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.vecdot.html
    """
    return (conjugate_of(x) * y).sum(dim)


@operator(namespace="linalg")
def linalg_matmul(input: Tensor, other: Tensor) -> Tensor:
    """Matrix product; see `matmul`."""
    return matmul(input, other)


@composite(namespace="linalg")
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: Dim = -2, dim2: Dim = -1) -> Tensor:
    """View of the diagonals of the matrices on axes `dim1` and `dim2`, as the last axis; see `diagonal`."""
    return A.diagonal(offset, dim1, dim2)
