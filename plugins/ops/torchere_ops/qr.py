"""QR factorisations and products of Householder reflections."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtype_sets import WIDE
from torchere.errors import GradientError, ShapeError
from torchere.operators import operator, primitive

from .matmul import adjoint_of, conjugate_of, matmul
from .missing_derivatives import no_derivatives
from .square_matrix import checked_inexact, checked_matrix
from .triangular_system import linalg_solve_triangular

__all__ = ["geqrf", "linalg_householder_product", "linalg_qr", "orgqr", "ormqr", "qr"]


def _check_qr(A: Tensor, mode: str = "reduced") -> None:
    checked_matrix("linalg.qr", A)
    checked_inexact("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ShapeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )


@primitive(namespace="linalg", outputs=("Q", "R"), result="array", dtypes=WIDE, check=_check_qr)
def linalg_qr(A: Tensor, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """Q with orthonormal columns and upper triangular R with ``A = Q @ R``, of ``(*, m, n)``.

    `mode`: ``"reduced"`` (Q ``(*, m, k)``, R ``(*, k, n)``, k the smaller size), ``"complete"`` (Q ``(*, m, m)``, R
    ``(*, m, n)``) or ``"r"`` (reduced R; Q is empty, and there is no gradient).
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.qr.html
    """
    ...


def _square_gradient(d_q: Tensor, d_r: Tensor, Q: Tensor, R: Tensor) -> Tensor:
    # Walter and Lehmann 2018, "Algorithmic differentiation of linear algebra functions …", 3.1.
    inner = (matmul(d_r, adjoint_of(R)) - matmul(adjoint_of(Q), d_q)).triu()
    diagonal = inner.diagonal(0, -2, -1)
    if diagonal.dtype.is_complex:
        diagonal = diagonal.real.to(diagonal.dtype)
    above = inner.triu(1)
    full = matmul(Q, above + adjoint_of(above) + diagonal.diag_embed()) + d_q
    return linalg_solve_triangular(adjoint_of(R), full, upper=False, left=False)


def _qr_gradient(grads: tuple[Tensor | None, ...], A: Tensor, Q: Tensor, R: Tensor, mode: str) -> Tensor:
    rows, columns = A.shape[-2:]
    if mode == "r":
        raise GradientError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
            "Please use linalg.qr(A, mode='reduced') if you are going to require gradients."
        )
    if mode == "complete" and rows > columns:
        raise GradientError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols. Use mode='reduced'."
        )
    d_q, d_r = grads
    d_q = torchere.zeros_like(Q) if d_q is None else d_q
    d_r = torchere.zeros_like(R) if d_r is None else d_r
    if rows >= columns:
        return _square_gradient(d_q, d_r, Q, R)
    # A = [X | Y]: X = Q @ U is factorised, V = Q.mH @ Y follows.
    d_v, rest = d_r[..., rows:], A[..., rows:]
    left = _square_gradient(d_q + matmul(rest, adjoint_of(d_v)), d_r[..., :rows], Q, R[..., :rows])
    return torchere.cat((left, matmul(Q, d_v)), -1)


linalg_qr.gradient(A=_qr_gradient)


@operator(method=True, outputs=("Q", "R"), result="array")
def qr(input: Tensor, some: bool = True) -> tuple[Tensor, Tensor]:
    """`linalg.qr`, reduced with `some`, else complete. Prefer `linalg.qr`."""
    warn_once("qr", "Use torch.linalg.qr(A, 'reduced' if some else 'complete').")
    found = linalg_qr(input, "reduced" if some else "complete")
    return found[0], found[1]


def _check_geqrf(input: Tensor) -> None:
    if input.ndim < 2:
        raise ShapeError(f"torch.geqrf: input must have at least 2 dimensions, got shape {tuple(input.shape)}.")


@operator(method=True, outputs=("a", "tau"), result="array", dtypes=WIDE, check=_check_geqrf)
def geqrf(input: Tensor) -> tuple[Tensor, Tensor]:
    """QR as LAPACK stores it: R above, the Householder vectors (leading 1 left out) below the diagonal of ``a``.

    Shape: ``(*, m, n)`` to ``(*, m, n)`` and tau ``(*, min(m, n))``. Not differentiable.
    Source: https://pytorch.org/docs/stable/generated/torch.geqrf.html
    """
    rows, columns = input.shape[-2:]
    work, factors = input.detach(), []
    for k in range(min(rows, columns)):
        column = work[..., k:, k]
        head, tail = column[..., :1], column[..., 1:]
        below = (tail * conjugate_of(tail)).abs().sum(-1, keepdim=True)
        size = ((head * conjugate_of(head)).abs() + below).sqrt()
        real = head.real if head.dtype.is_complex else head
        beta = torchere.where(real >= 0, -size, size).to(head.dtype)
        idle = below == 0
        if head.dtype.is_complex:
            idle = idle & (head.imag == 0)
        # LAPACK leaves a column that is zero below its head as it is.
        tau = torchere.where(idle, torchere.zeros_like(head), (beta - head) / beta)
        beta = torchere.where(idle, head, beta)
        scaled = torchere.where(idle, torchere.zeros_like(tail), tail / (head - beta))
        vector = torchere.cat((torchere.ones_like(head), scaled), -1).unsqueeze(-1)
        block = work[..., k:, k:]
        block = block - conjugate_of(tau).unsqueeze(-1) * matmul(vector, matmul(adjoint_of(vector), block))
        first = torchere.cat((beta, scaled), -1).unsqueeze(-1)
        block = torchere.cat((first, block[..., 1:]), -1)
        lower = torchere.cat((work[..., k:, :k], block), -1)
        work = torchere.cat((work[..., :k, :], lower), -2)
        factors.append(tau)
    if not factors:
        return work.clone(), input.new_zeros((*input.shape[:-2], 0))
    return work, torchere.cat(factors, -1)


geqrf.gradient(input=no_derivatives("geqrf"))


def _reflected(A: Tensor, tau: Tensor, other: Tensor, adjoint: bool) -> Tensor:
    """``Q @ other`` (or ``Q.mH @ other``) with the reflections that A and tau hold."""
    rows, count = A.shape[-2], tau.shape[-1]
    for k in range(count) if adjoint else reversed(range(count)):
        zeros = A.new_zeros((*A.shape[:-2], k))
        one = A.new_ones((*A.shape[:-2], 1))
        vector = torchere.cat((zeros, one, A[..., k + 1 : rows, k]), -1).unsqueeze(-1)
        factor = tau[..., k].unsqueeze(-1).unsqueeze(-1)
        factor = conjugate_of(factor) if adjoint else factor
        other = other - factor * matmul(vector, matmul(adjoint_of(vector), other))
    return other


def _check_householder(input: Tensor, tau: Tensor) -> None:
    name = "torch.linalg.householder_product"
    if input.ndim < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions, got shape {tuple(input.shape)}.")
    for one, other, holds in (
        ("input.shape[-2]", "input.shape[-1]", input.shape[-2] >= input.shape[-1]),
        ("input.shape[-1]", "tau.shape[-1]", input.shape[-1] >= tau.shape[-1]),
    ):
        if not holds:
            raise ShapeError(
                f"{name}: {one} must be greater than or equal to {other}, got {tuple(input.shape)} and "
                f"{tuple(tau.shape)}"
            )
    if tuple(tau.shape[:-1]) != tuple(input.shape[:-2]):
        raise ShapeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {tuple(tau.shape[:-1])}"
        )


def _product(input: Tensor, tau: Tensor) -> Tensor:
    rows, columns = input.shape[-2:]
    unit = torchere.eye(rows, columns, dtype=input.dtype, device=input.device)
    return _reflected(input, tau, unit.expand(tuple(input.shape)).clone(), False)


@operator(namespace="linalg", same_dtype="strict", dtypes=WIDE, check=_check_householder)
def linalg_householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first n columns of the product of k reflections: A ``(*, m, n)``, tau ``(*, k)`` to ``(*, m, n)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.householder_product.html
    """
    return _product(A, tau)


@operator(method=True, same_dtype="strict", dtypes=WIDE, check=_check_householder)
def orgqr(input: Tensor, tau: Tensor) -> Tensor:
    """As `linalg.householder_product`."""
    return _product(input, tau)


@operator(method=True, same_dtype="strict", dtypes=WIDE)
def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False) -> Tensor:
    """``Q @ other`` (``other @ Q`` without `left`; Q's adjoint with `transpose`), Q as `geqrf` stores it.

    Shape: input ``(*, mn, k)``, tau ``(*, k)``, other ``(*, m, n)``; mn is m (n without `left`).
    Source: https://pytorch.org/docs/stable/generated/torch.ormqr.html
    """
    for name, value in (("input", input), ("other", other)):
        if value.ndim < 2:
            raise ShapeError(f"torch.ormqr: {name} must have at least 2 dimensions, got shape {tuple(value.shape)}.")
    axis = -2 if left else -1
    if other.shape[axis] < tau.shape[-1]:
        raise ShapeError(f"torch.ormqr: other.shape[{axis}] must be greater than or equal to tau.shape[-1]")
    if other.shape[axis] != input.shape[-2]:
        raise ShapeError(f"torch.ormqr: other.shape[{axis}] must be equal to input.shape[-2]")
    if left:
        return _reflected(input, tau, other, transpose)
    return adjoint_of(_reflected(input, tau, adjoint_of(other), not transpose))
