"""Cholesky factorisations of positive definite matrices, and what they solve."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError, ShapeError
from torchere.operators import operator, primitive

from .anywhere import anywhere
from .matmul import adjoint_of, matmul
from .square_matrix import check_square, checked_square
from .triangular_system import linalg_solve_triangular

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "cholesky_parts",
    "cholesky_solve",
    "linalg_cholesky",
    "linalg_cholesky_ex",
]


@primitive(namespace=(), outputs=("L", "info"), result="array", dtypes=WIDE, differentiable=(0,))
def cholesky_parts(A: Tensor) -> tuple[Tensor, Tensor]:
    """Lower triangular L with ``A = L @ L.mH``, reading the lower triangle of A ``(*, n, n)``, and an int32 ``info``.

    ``info`` ``(*)`` is 0, or the order of the first leading minor that is not positive; what L holds there is open.
    """
    ...


def _cholesky_gradient(grads: tuple[Tensor | None, ...], L: Tensor) -> Tensor:
    """Source: Murray 2016, "Differentiation of the Cholesky decomposition", eq. 10."""
    (d_l, *_) = grads
    assert d_l is not None
    inner = matmul(adjoint_of(L), d_l)
    strict = inner.tril(-1)
    inner = (strict + adjoint_of(strict) + inner.diagonal(0, -2, -1).diag_embed()) * 0.5
    right = linalg_solve_triangular(L, inner, upper=False, left=False)
    return linalg_solve_triangular(adjoint_of(L), right, upper=True)


cholesky_parts.gradient(A=_cholesky_gradient)


def _factor(operator_name: str, A: Tensor, upper: bool, check_errors: bool) -> tuple[Tensor, Tensor]:
    if upper:
        A = adjoint_of(A)
    factor, info = cholesky_parts(A)
    if check_errors and anywhere(info != 0):
        first = int((info.reshape(-1) != 0).to(torchere.int64).argmax())
        batch = f"(Batch element {first}): " if info.ndim else ""
        raise LinAlgError(
            f"{operator_name}: {batch}The factorization could not be completed because the input is not "
            f"positive-definite (the leading minor of order {int(info.reshape(-1)[first])} is not positive-definite). "
            "Add a multiple of the unit matrix, or use linalg.cholesky_ex to go on."
        )
    return (adjoint_of(factor).resolve_conj().contiguous() if upper else factor), info


@operator(namespace="linalg", check=check_square("linalg.cholesky"))
def linalg_cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """Lower triangular L with ``A = L @ L.mH`` (`upper`: U with ``A = U.mH @ U``) of Hermitian ``(*, n, n)``.

    Only one triangle is read; the gradient is that of a Hermitian matrix.
    Raises: LinAlgError for a matrix that is not positive definite.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html
    """
    return _factor("linalg.cholesky", A, upper, True)[0]


@operator(namespace="linalg", outputs=("L", "info"), result="array", check=check_square("linalg.cholesky"))
def linalg_cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> tuple[Tensor, Tensor]:
    """As `linalg.cholesky`, with an int32 ``info`` instead of an error: 0, or the order of the failing minor.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.cholesky_ex.html
    """
    return _factor("linalg.cholesky_ex", A, upper, check_errors)


@operator(method=True, check=check_square("cholesky"))
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Cholesky factor of ``(*, n, n)``; `upper` reads the upper triangle. Prefer `linalg.cholesky`."""
    warn_once("cholesky", "Use torch.linalg.cholesky(A), or torch.linalg.cholesky(A).mH for the upper factor.")
    return _factor("cholesky", input, upper, True)[0]


@operator(method=True, same_dtype="strict")
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """The X with ``A @ X == B`` where ``A = L @ L.mH`` (`upper`: ``L.mH @ L``); ``(*, n, k)``.

    Source: https://pytorch.org/docs/stable/generated/torch.cholesky_solve.html
    """
    if B.ndim < 2:
        raise ShapeError(f"b should have at least 2 dimensions, but has {B.ndim} dimensions instead")
    if L.ndim < 2:
        raise ShapeError(f"u should have at least 2 dimensions, but has {L.ndim} dimensions instead")
    checked_square("cholesky_solve", L)
    if B.shape[-2] != L.shape[-1]:
        raise ShapeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {L.shape[-1]} by {L.shape[-1]} but each b "
            f"matrix is {B.shape[-2]} by {B.shape[-1]}"
        )
    first = adjoint_of(L) if upper else L
    half = linalg_solve_triangular(first, B, upper=False)
    return linalg_solve_triangular(adjoint_of(first), half, upper=True)


@operator(method=True, check=check_square("cholesky_inverse"))
def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """Inverse of ``A = L @ L.mH`` (`upper`: ``L.mH @ L``) from its factor ``(*, n, n)``.

    Raises: LinAlgError for a zero on the diagonal.
    Source: https://pytorch.org/docs/stable/generated/torch.cholesky_inverse.html
    """
    zero = L.detach().diagonal(0, -2, -1) == 0
    if anywhere(zero):
        raise LinAlgError(
            f"cholesky_inverse: The diagonal element {int(zero.reshape(-1).to(torchere.int64).argmax()) + 1} is zero, "
            "the inversion could not be completed because the input matrix is singular."
        )
    unit = torchere.eye(L.shape[-1], dtype=L.dtype, device=L.device).expand(tuple(L.shape))
    return cholesky_solve(unit, L, upper)
