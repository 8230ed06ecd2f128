"""Solutions of linear equations with triangular matrices."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtype_sets import WIDE
from torchere.errors import ShapeError
from torchere.operators import operator

from .inverse import solved_matrix
from .matmul import adjoint_of, matmul, summed_to
from .square_matrix import checked_matrix, checked_square

__all__ = ["linalg_solve_triangular", "triangular_solution", "triangular_solve"]


@operator(namespace=(), same_dtype="strict", dtypes=WIDE)
def triangular_solution(A: Tensor, B: Tensor, upper: bool, unitriangular: bool) -> Tensor:
    """The X with ``T @ X == B``, T the upper or lower triangle of A ``(*, n, n)``, with ones if `unitriangular`."""
    triangle = A.triu() if upper else A.tril()
    if unitriangular:
        unit = torchere.eye(A.shape[-1], dtype=A.dtype, device=A.device)
        triangle = triangle * (1 - unit) + unit
    if not unitriangular and bool((A.detach().diagonal(0, -2, -1) == 0).any()):
        return _substituted(triangle, B, upper)
    return solved_matrix(triangle, B)


def _substituted(triangle: Tensor, B: Tensor, upper: bool) -> Tensor:
    """Substitution row by row: unlike an elimination it goes on after a zero on the diagonal, with infinities."""
    size = triangle.shape[-1]
    found: list[Tensor] = []
    for k in reversed(range(size)) if upper else range(size):
        right = B[..., k : k + 1, :]
        if found:
            known = torchere.cat(found[::-1] if upper else found, -2)
            beside = triangle[..., k : k + 1, k + 1 :] if upper else triangle[..., k : k + 1, :k]
            right = right - matmul(beside, known)
        found.append(right / triangle[..., k : k + 1, k : k + 1])
    return torchere.cat(found[::-1] if upper else found, -2)


def _of_matrix(grad: Tensor, A: Tensor, out: Tensor, upper: bool, unitriangular: bool) -> Tensor:
    full = -matmul(triangular_solution(adjoint_of(A), grad, not upper, unitriangular), adjoint_of(out))
    offset = 1 if unitriangular else 0
    return summed_to(full.triu(offset) if upper else full.tril(-offset), A.shape)


triangular_solution.gradient(
    A=_of_matrix,
    B=lambda grad, A, upper, unitriangular, B_shape: summed_to(
        triangular_solution(adjoint_of(A), grad, not upper, unitriangular), B_shape
    ),
)


@operator(namespace="linalg", same_dtype="strict")
def linalg_solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The X with ``A @ X == B`` (``X @ A == B`` without `left`) for triangular A, of which one triangle is read.

    Shape: A ``(*, n, n)``, B ``(*, n, k)`` or ``(*, k, n)``; leading dimensions broadcast. `unitriangular` takes the
    diagonal as ones. A zero on the diagonal gives infinities and NaN, no error.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
    """
    checked_square("linalg.solve_triangular", A)
    checked_matrix("linalg.solve_triangular", B)
    if B.shape[-2 if left else -1] != A.shape[-1]:
        a, b = ("x".join(map(str, shape[-2:])) for shape in (A.shape, B.shape))
        raise ShapeError(
            "linalg.solve_triangular: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({a} and {b})"
        )
    if left:
        return triangular_solution(A, B, upper, unitriangular)
    turned = triangular_solution(A.transpose(-2, -1), B.transpose(-2, -1), not upper, unitriangular)
    return turned.transpose(-2, -1)


@operator(method=True, outputs=("solution", "cloned_coefficient"), same_dtype="strict")
def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Tensor, Tensor]:
    """Solution of a triangular system, and a copy of A. Prefer `linalg.solve_triangular`.

    Source: https://pytorch.org/docs/stable/generated/torch.triangular_solve.html
    """
    warn_once("triangular_solve", "Use torch.linalg.solve_triangular(A, B, upper=...): its arguments are reversed.")
    matrix = A.transpose(-2, -1) if transpose else A
    return linalg_solve_triangular(matrix, b, upper=upper != transpose, unitriangular=unitriangular), A.clone()
