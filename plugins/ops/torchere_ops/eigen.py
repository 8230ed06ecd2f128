"""Eigenvalues and eigenvectors."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import ShapeError
from torchere.operators import operator, primitive

from .inverse import solved_matrix
from .matmul import adjoint_of, matmul
from .square_matrix import check_square, checked_matrix, checked_square

__all__ = ["linalg_eig", "linalg_eigh", "linalg_eigvals", "linalg_eigvalsh"]


def _check_eigh(A: Tensor, UPLO: str = "L") -> None:
    checked_matrix("linalg.eigh", A)
    checked_square("linalg.eigh", A)
    if UPLO.upper() not in ("L", "U"):
        raise ShapeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")


def _gaps(values: Tensor) -> Tensor:
    """``values[j] - values[i]`` at (i, j), and 1 on the diagonal."""
    unit = torchere.eye(values.shape[-1], dtype=values.dtype, device=values.device)
    return values.unsqueeze(-2) - values.unsqueeze(-1) + unit


def _without_diagonal(matrix: Tensor) -> Tensor:
    return matrix.tril(-1) + matrix.triu(1)


@primitive(namespace="linalg", outputs=("eigenvalues", "eigenvectors"), result="array", dtypes=WIDE, check=_check_eigh)
def linalg_eigh(A: Tensor, UPLO: str = "L") -> tuple[Tensor, Tensor]:
    """Real ascending eigenvalues ``(*, n)`` and orthonormal eigenvectors ``(*, n, n)`` of Hermitian ``(*, n, n)``.

    `UPLO` says which triangle is read. The gradient of eigenvectors needs distinct eigenvalues.
    Raises: LinAlgError where the iteration does not converge.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.eigh.html
    """
    ...


def _eigh_gradient(grads: tuple[Tensor | None, ...], eigenvalues: Tensor, eigenvectors: Tensor) -> Tensor:
    d_values, d_vectors = grads
    V = eigenvectors
    if d_vectors is None:
        assert d_values is not None
        return matmul(V * d_values.unsqueeze(-2).to(V.dtype), adjoint_of(V))
    inner = _without_diagonal(matmul(adjoint_of(V), d_vectors)) / _gaps(eigenvalues).to(V.dtype)
    if d_values is not None:
        inner = inner + d_values.to(V.dtype).diag_embed()
    found = matmul(matmul(V, inner), adjoint_of(V))
    return (found + adjoint_of(found)) / 2  # what is not Hermitian cannot change a Hermitian matrix


linalg_eigh.gradient(A=_eigh_gradient)


@operator(namespace="linalg", result="real", dtypes=WIDE, check=_check_eigh)
def linalg_eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Real ascending eigenvalues ``(*, n)`` of Hermitian matrices ``(*, n, n)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html
    """
    return linalg_eigh(A, UPLO)[0]


@primitive(
    namespace="linalg",
    outputs=("eigenvalues", "eigenvectors"),
    result="array",
    dtypes=WIDE,
    check=check_square("linalg.eig"),
)
def linalg_eig(A: Tensor) -> tuple[Tensor, Tensor]:
    """Complex eigenvalues ``(*, n)`` and eigenvectors of norm 1 ``(*, n, n)`` of ``(*, n, n)``, in no order.

    The gradient needs distinct eigenvalues.
    Raises: RuntimeError for infinities and NaN.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.eig.html
    """
    ...


def _eig_gradient(grads: tuple[Tensor | None, ...], A: Tensor, eigenvalues: Tensor, eigenvectors: Tensor) -> Tensor:
    # Boeddeker et al. 2017, "On the computation of complex-valued gradients", 4.77; vectors have norm 1.
    d_values, d_vectors = grads
    V, adjoint = eigenvectors, adjoint_of(eigenvectors)
    inner = None if d_values is None else d_values.diag_embed()
    if d_vectors is not None:
        turned = matmul(adjoint, d_vectors)
        along = turned.diagonal(0, -2, -1).real.to(V.dtype)
        turned = turned - matmul(adjoint, V) * along.unsqueeze(-2)
        turned = _without_diagonal(turned) / _gaps(eigenvalues).conj()
        inner = turned if inner is None else inner + turned
    assert inner is not None
    found = solved_matrix(adjoint, matmul(inner, adjoint))
    return found if A.dtype.is_complex else found.real


linalg_eig.gradient(A=_eig_gradient)


@operator(namespace="linalg", result="array", dtypes=WIDE, check=check_square("linalg.eigvals"))
def linalg_eigvals(A: Tensor) -> Tensor:
    """Complex eigenvalues ``(*, n)`` of square matrices ``(*, n, n)``, in no order.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.eigvals.html
    """
    return linalg_eig(A)[0]
