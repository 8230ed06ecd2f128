"""LU factorisations with partial pivoting, and what they solve."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtype_sets import WIDE
from torchere.errors import DTypeError, LinAlgError, ShapeError
from torchere.operators import composite, operator

from .anywhere import anywhere
from .matmul import adjoint_of, matmul
from .square_matrix import checked_square
from .triangular_system import linalg_solve_triangular

__all__ = [
    "linalg_lu",
    "linalg_lu_factor",
    "linalg_lu_factor_ex",
    "linalg_lu_solve",
    "lu",
    "lu_parts",
    "lu_solve",
    "lu_unpack",
    "permuted_rows",
]


def _check_factor(A: Tensor, pivot: bool = True, check_errors: bool = False) -> None:
    if A.ndim < 2:
        raise ShapeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    _check_pivoting(pivot)


def _check_lu(A: Tensor, pivot: bool = True) -> None:
    if A.ndim < 2:
        raise ShapeError(f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead")
    _check_pivoting(pivot)


def _check_pivoting(pivot: bool) -> None:
    if not pivot:
        raise ShapeError("linalg.lu_factor: LU without pivoting is not implemented. Leave pivot=True.")


def _weight(column: Tensor) -> Tensor:
    """What LAPACK calls the size of a pivot: of complex numbers the sum of both parts' sizes."""
    return column.real.abs() + column.imag.abs() if column.dtype.is_complex else column.abs()


@operator(namespace=(), outputs=("LU", "pivots", "info"), result="array", dtypes=WIDE, differentiable=(0,))
def lu_parts(A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """L below, U on and above the diagonal of LU ``(*, m, n)``; int32 pivots ``(*, min(m, n))`` from 1, and info.

    ``info`` ``(*)`` is the place, from 1, of the first zero on U's diagonal; 0 if there is none.
    """
    rows, columns = A.shape[-2:]
    batch = tuple(A.shape[:-2])
    work = A.detach().clone()
    pivots, size = [], min(rows, columns)
    info = torchere.zeros(batch, dtype=torchere.int64, device=A.device)
    places = torchere.arange(rows, device=A.device)
    for k in range(size):
        found = _weight(work[..., k:, k]).argmax(-1) + k
        pivots.append(found + 1)
        chosen = found.unsqueeze(-1)
        # The row at k comes from `found`, the one there from k, the others stay.
        source = torchere.where(
            places == k, chosen, torchere.where(places == chosen, torchere.full_like(chosen, k), places)
        )
        work = work.gather(-2, source.unsqueeze(-1).expand((*batch, rows, columns)))
        head = work[..., k : k + 1, k : k + 1]
        zero = head == 0
        info = torchere.where((info == 0) & zero[..., 0, 0], torchere.full_like(info, k + 1), info)
        below = work[..., k + 1 :, k : k + 1] / torchere.where(zero, torchere.ones_like(head), head)
        trailing = work[..., k + 1 :, k + 1 :] - below * work[..., k : k + 1, k + 1 :]
        lower = torchere.cat((work[..., k + 1 :, :k], below, trailing), -1)
        work = torchere.cat((work[..., : k + 1, :], lower), -2)
    if pivots:
        order = torchere.stack(pivots, -1).to(torchere.int32)
    else:
        order = torchere.zeros((*batch, 0), dtype=torchere.int32, device=A.device)
    return work, order, info.to(torchere.int32)


def _lu_gradient(grads: tuple[Tensor | None, ...], LU: Tensor, pivots: Tensor) -> Tensor:
    d_lu = grads[0]
    assert d_lu is not None
    rows, columns = LU.shape[-2:]
    size = min(rows, columns)
    L, U = _triangles(LU)
    d_l, d_u = d_lu[..., :size].tril(-1), d_lu[..., :size, :].triu()
    top, left = L[..., :size, :], U[..., :size]
    top_adjoint, left_adjoint = adjoint_of(top), adjoint_of(left)
    d_top, d_left = d_l[..., :size, :], d_u[..., :size]
    parts = []
    # What lies beyond the square follows from its factors: A2 = L1 @ U2, A3 = L3 @ U1.
    if columns > size:
        beside = linalg_solve_triangular(top_adjoint, d_u[..., size:], upper=True, unitriangular=True)
        d_top = d_top - matmul(beside, adjoint_of(U[..., size:]))
        parts.append(beside)
    below = None
    if rows > size:
        below = linalg_solve_triangular(left_adjoint, d_l[..., size:, :], upper=False, left=False)
        d_left = d_left - matmul(adjoint_of(L[..., size:, :]), below)
    inner = matmul(top_adjoint, d_top).tril(-1) + matmul(d_left, left_adjoint).triu()
    inner = linalg_solve_triangular(left_adjoint, inner, upper=False, left=False)
    square = linalg_solve_triangular(top_adjoint, inner, upper=True, unitriangular=True)
    found = torchere.cat((square, *parts), -1)
    if below is not None:
        found = torchere.cat((found, below), -2)
    return matmul(_permutation(pivots, rows, LU), found)


lu_parts.gradient(A=_lu_gradient)


@operator(namespace=(), result="int64", dtypes=("int32",))
def permuted_rows(pivots: Tensor, rows: int) -> Tensor:
    """The row of A at each row of ``P.mT @ A``: int64 ``(*, rows)`` from int32 row swaps ``(*, k)`` counted from 1."""
    batch = tuple(pivots.shape[:-1])
    places = torchere.arange(rows, device=pivots.device)
    order = places.expand((*batch, rows)).clone()
    for k in range(pivots.shape[-1]):
        other = pivots[..., k : k + 1].to(torchere.int64) - 1
        swapped = torchere.where(
            places == k, other, torchere.where(places == other, torchere.full_like(other, k), places)
        )
        order = order.gather(-1, swapped)
    return order


def _permutation(pivots: Tensor, rows: int, like: Tensor) -> Tensor:
    """P with ``A = P @ L @ U``."""
    order = permuted_rows(pivots, rows)
    places = torchere.arange(rows, device=like.device).unsqueeze(-1)
    return (order.unsqueeze(-2) == places).to(like.dtype)


def _triangles(LU: Tensor) -> tuple[Tensor, Tensor]:
    rows, columns = LU.shape[-2:]
    size = min(rows, columns)
    unit = torchere.eye(rows, size, dtype=LU.dtype, device=LU.device)
    return LU[..., :size].tril(-1) + unit, LU[..., :size, :].triu()


@operator(namespace="linalg", outputs=("P", "L", "U"), result="array", dtypes=WIDE, check=_check_lu)
def linalg_lu(A: Tensor, *, pivot: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """P a permutation, L lower with ones on its diagonal, U upper triangular with ``A = P @ L @ U``.

    Shape: A ``(*, m, n)``, P ``(*, m, m)``, L ``(*, m, k)``, U ``(*, k, n)``, k the smaller of m and n.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lu.html
    """
    packed, pivots, _ = lu_parts(A)
    L, U = _triangles(packed)
    return _permutation(pivots, A.shape[-2], A), L, U


def _raise_singular(info: Tensor) -> None:
    flat = info.reshape(-1)
    if anywhere(flat != 0):
        first = int((flat != 0).to(torchere.int64).argmax())
        batch, place = f"(Batch element {first}): " if info.ndim else "", int(flat[first])
        raise LinAlgError(
            f"torch.linalg.lu_factor: {batch}U[{place},{place}] is zero and using it on lu_solve would result in a "
            "division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or "
            "linalg.lu_factor_ex(A, pivot)"
        )


@operator(namespace="linalg", outputs=("LU", "pivots"), result="array", dtypes=WIDE, check=_check_factor)
def linalg_lu_factor(A: Tensor, *, pivot: bool = True) -> tuple[Tensor, Tensor]:
    """L (below the diagonal) and U of ``(*, m, n)`` in one matrix, and int32 row swaps counted from 1.

    Raises: RuntimeError for a zero on U's diagonal.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor.html
    """
    packed, pivots, info = lu_parts(A)
    _raise_singular(info)
    return packed, pivots


@operator(namespace="linalg", outputs=("LU", "pivots", "info"), result="array", dtypes=WIDE, check=_check_factor)
def linalg_lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """As `linalg.lu_factor`, with an int32 ``info``: the place of the first zero on U's diagonal, from 1, or 0.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor_ex.html
    """
    packed, pivots, info = lu_parts(A)
    if check_errors:
        _raise_singular(info)
    return packed, pivots, info


@composite(method=True)
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """``(LU, pivots)``, with `get_infos` also ``info``. Prefer `linalg.lu_factor`."""
    warn_once("lu", "Use torch.linalg.lu_factor(A), or torch.linalg.lu_factor_ex(A) for info as well.")
    packed, pivots, info = linalg_lu_factor_ex(A, pivot=pivot)
    return (packed, pivots, info) if get_infos else (packed, pivots)


def _check_pivots(operator_name: str, pivots: Tensor) -> None:
    if pivots.dtype is not torchere.int32:
        raise DTypeError(
            f"{operator_name}: LU_pivots is expected to be a tensor of torch.int32 dtype, got {pivots.dtype}. "
            "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor"
        )


@operator(outputs=("P", "L", "U"), result="array", same_dtype=False)
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """P, L and U from what `linalg.lu_factor` returns; parts not asked for are empty.

    Source: https://pytorch.org/docs/stable/generated/torch.lu_unpack.html
    """
    if unpack_pivots:
        _check_pivots("torch.lu_unpack", LU_pivots)
    empty = LU_data.new_zeros((0,))
    L, U = _triangles(LU_data) if unpack_data else (empty, empty.clone())
    P = _permutation(LU_pivots, LU_data.shape[-2], LU_data) if unpack_pivots else empty.clone()
    return P, L, U


@operator(namespace="linalg", same_dtype=False)
def linalg_lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X with ``A @ X == B`` (``X @ A == B`` without `left`; ``A.mH`` with `adjoint`), A as `lu_factor` stores it.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lu_solve.html
    """
    checked_square("torch.linalg.lu_solve", LU)
    if pivots.dtype is not torchere.int32:
        raise DTypeError(
            f"linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32, got {pivots.dtype}. "
            "Pass what linalg.lu_factor returned."
        )
    if LU.dtype is not B.dtype:
        raise DTypeError(
            f"linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {LU.dtype} and B of type "
            f"{B.dtype} instead"
        )
    if B.ndim < 2 or B.shape[-2 if left else -1] != LU.shape[-1]:
        a, b = ("x".join(map(str, tuple(shape)[-2:])) for shape in (LU.shape, B.shape))
        raise ShapeError(
            "linalg.lu_solve: Incompatible shapes of A and B for the equation "
            f"{'AX = B' if left else 'XA = B'} ({a} and {b})"
        )
    if not left:
        return adjoint_of(linalg_lu_solve(LU, pivots, adjoint_of(B), adjoint=not adjoint))
    P = _permutation(pivots, LU.shape[-1], LU)
    if adjoint:
        half = linalg_solve_triangular(adjoint_of(LU), B, upper=False)
        return matmul(P, linalg_solve_triangular(adjoint_of(LU), half, upper=True, unitriangular=True))
    half = linalg_solve_triangular(LU, matmul(P.transpose(-2, -1), B), upper=False, unitriangular=True)
    return linalg_solve_triangular(LU, half, upper=True)


@operator(method=True, same_dtype=False)
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """The X with ``A @ X == b``, A as `linalg.lu_factor` stores it. Prefer `linalg.lu_solve`."""
    return linalg_lu_solve(LU_data, LU_pivots, b)
