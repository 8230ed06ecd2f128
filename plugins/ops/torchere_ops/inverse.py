"""Inverses, determinants and solutions of linear equations."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import composite, primitive

from .creation import placed
from .matmul import adjoint_of, conjugate_of, matmul, summed_to
from .square_matrix import checked_square

__all__ = ["det", "inverse", "linalg_det", "linalg_inv", "linalg_solve", "solved_matrix"]


def _check_inv(A: Tensor) -> None:
    checked_square("linalg.inv", A)
    if A.dtype.name in ("float16", "bfloat16"):  # PyTorch refuses these without elements, too
        raise UnsupportedDTypeError(f"linalg.inv: Low precision dtypes not supported. Got {A.dtype}. Use A.float().")


def _check_det(A: Tensor) -> None:
    checked_square("linalg.det", A)


@primitive(namespace="linalg", check=_check_inv, out="exact")
def linalg_inv(A: Tensor) -> Tensor:
    """Inverses of square matrices ``(*, n, n)``.

    Raises RuntimeError for matrices that are singular or not square, and for integers.
    """
    ...


linalg_inv.gradient(A=lambda grad, out: -matmul(matmul(adjoint_of(out), grad), adjoint_of(out)))


@primitive(namespace="linalg", check=_check_det)
def linalg_det(A: Tensor) -> Tensor:
    """Determinants of square matrices: ``(*, n, n)`` to ``(*)``; 1 for matrices of size 0.

    The gradient at a singular matrix is that of a matrix nearby. Raises RuntimeError for matrices that are not square
    and for integers.
    """
    ...


def _det_gradient(grad: Tensor, A: Tensor, out: Tensor) -> Tensor:
    if A.shape[-1] == 0:
        return torchere.zeros_like(A)
    # d det = trace(adjugate dA); the adjugate is det * inverse where there is an inverse, and continuous.
    singular = (out == 0).unsqueeze(-1).unsqueeze(-1)
    size = A.detach().abs().amax((-2, -1), keepdim=True)
    step = torchere.finfo(A.dtype).eps ** 0.5 * torchere.where(size == 0, torchere.ones_like(size), size)
    unit = torchere.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    near = torchere.where(singular, A + step * unit, A)
    value = torchere.where(out == 0, linalg_det(near), out).unsqueeze(-1).unsqueeze(-1)
    return (grad.unsqueeze(-1).unsqueeze(-1) * conjugate_of(value)) * adjoint_of(linalg_inv(near))


linalg_det.gradient(A=_det_gradient)


@composite(method=True)
def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverses of square matrices ``(*, n, n)``; see `linalg.inv`."""
    return linalg_inv(input) if out is None else linalg_inv(input, out=out)


@composite(method=True)
def det(input: Tensor) -> Tensor:
    """Determinants of square matrices ``(*, n, n)``; see `linalg.det`."""
    return linalg_det(input)


@primitive(namespace=(), same_dtype="strict")
def solved_matrix(A: Tensor, B: Tensor) -> Tensor:
    """The X with ``A @ X == B``: ``(*, n, n)`` and ``(*, n, k)`` to ``(*, n, k)``, leading dimensions broadcast."""
    ...


solved_matrix.gradient(
    A=lambda grad, A, out: summed_to(-matmul(solved_matrix(adjoint_of(A), grad), adjoint_of(out)), A.shape),
    B=lambda grad, A, B_shape: summed_to(solved_matrix(adjoint_of(A), grad), B_shape),
)


@composite(namespace="linalg")
def linalg_solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B``, or ``X @ A == B`` with ``left=False``.

    Shape: A ``(*, n, n)``; B ``(*, n, k)`` (``(*, k, n)`` for the right side) whose leading dimensions broadcast, or
    vectors ``(n,)`` or ``(*, n)`` with exactly the leading dimensions of A
    (`left` only).
    Raises RuntimeError for singular matrices, other shapes and dtypes.
    """
    checked_square("linalg.solve", A)
    if A.dtype is not B.dtype:
        raise DTypeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {A.dtype} and B of type "
            f"{B.dtype} instead"
        )
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    if not vector and B.ndim < 2:
        raise ShapeError("linalg.solve: The input tensor B must have at least 2 dimensions.")
    columns = B.unsqueeze(-1) if vector else B
    matched = columns.shape[-2] if left else columns.shape[-1]
    if matched != A.shape[-1]:
        equation = "AX = B" if left else "XA = B"
        a, b = ("x".join(map(str, shape[-2:])) for shape in (A.shape, columns.shape))
        raise ShapeError(f"linalg.solve: Incompatible shapes of A and B for the equation {equation} ({a} and {b})")
    if left:
        solution = solved_matrix(A, columns)
    else:
        solution = solved_matrix(A.transpose(-2, -1), columns.transpose(-2, -1)).transpose(-2, -1)
    return placed(solution.squeeze(-1) if vector else solution, out)
