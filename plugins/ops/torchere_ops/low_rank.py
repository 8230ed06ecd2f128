"""Singular values and principal components of large matrices, by random projections."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError
from torchere.operators import composite

from .matmul import adjoint_of, matmul
from .matrix_norm import linalg_svd
from .qr import linalg_qr

__all__ = ["pca_lowrank", "svd_lowrank"]


def _basis(A: Tensor, count: int, rounds: int) -> Tensor:
    """Orthonormal columns that nearly span A's: subspace iteration from a random start.

    Source: Halko, Martinsson and Tropp 2011, "Finding structure with randomness", algorithm 4.4.
    """
    start = torchere.randn((A.shape[-1], count), dtype=A.dtype, device=A.device)
    found = linalg_qr(matmul(A, start))[0]
    for _ in range(rounds):
        found = linalg_qr(matmul(adjoint_of(A), found))[0]
        found = linalg_qr(matmul(A, found))[0]
    return found


@composite()
def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Nearly the `q` largest singular values of ``A - M``.

    Shape: A ``(*, m, n)``, U ``(*, m, q)``, S ``(*, q)``, V ``(*, n, q)``.

    `niter` rounds of subspace iteration sharpen them; random, so seed with `manual_seed`.
    Source: https://pytorch.org/docs/stable/generated/torch.svd_lowrank.html
    """
    count, rounds = 6 if q is None else q, 2 if niter is None else niter
    if A.ndim < 2:
        raise ArgumentError(f"svd_lowrank(): A must have at least 2 dimensions, but has shape {list(A.shape)}")
    if M is not None:
        A = A - M
    wide = A.shape[-2] < A.shape[-1]
    tall = adjoint_of(A) if wide else A
    basis = _basis(tall, count, rounds)
    U, S, Vh = linalg_svd(matmul(adjoint_of(basis), tall), False)
    left, right = matmul(basis, U), adjoint_of(Vh)
    return (right, S, left) if wide else (left, S, right)


@composite()
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Principal components: `svd_lowrank` of ``(*, m, n)`` less, with `center`, the mean of its rows.

    `q` is ``min(6, m, n)`` by default.
    Source: https://pytorch.org/docs/stable/generated/torch.pca_lowrank.html
    """
    if A.ndim < 2:
        raise ArgumentError(f"pca_lowrank(): A must have at least 2 dimensions, but has shape {list(A.shape)}")
    rows, columns = A.shape[-2:]
    if q is None:
        q = min(6, rows, columns)
    elif not 0 <= q <= min(rows, columns):
        raise ArgumentError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(rows, columns)}")
    if niter < 0:
        raise ArgumentError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
