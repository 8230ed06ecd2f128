"""Factorisations of symmetric and Hermitian matrices that need not be positive definite."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import DTypeError, LinAlgError, ShapeError
from torchere.operators import operator

from .inverse import solved_matrix
from .matmul import adjoint_of, matmul
from .missing_derivatives import no_derivatives
from .square_matrix import check_square, checked_square

__all__ = ["linalg_ldl_factor", "linalg_ldl_factor_ex", "linalg_ldl_solve"]

#: Bunch and Kaufman 1977: the bound that keeps the growth of 1 by 1 and 2 by 2 steps alike.
_BOUND = (1 + 17**0.5) / 8


def _turned(matrix: Tensor, hermitian: bool) -> Tensor:
    return adjoint_of(matrix) if hermitian else matrix.transpose(-2, -1)


def _swapped(matrix: Tensor, first: int, second: int) -> Tensor:
    """The matrix with two rows, and the same two columns, exchanged."""
    order = list(range(matrix.shape[-1]))
    order[first], order[second] = second, first
    index = torchere.tensor(order, device=matrix.device)
    return matrix.index_select(-2, index).index_select(-1, index)


def _step(rest: Tensor) -> tuple[int, int]:
    """(row that becomes the pivot, 1 or 2 columns) for the first column of what is left; (-1, 1) if that is zero."""
    # LAPACK measures complex numbers by the sum of their parts' moduli.
    sizes = (rest.real.abs() + rest.imag.abs() if rest.dtype.is_complex else rest.abs()).tolist()
    head = sizes[0][0]
    below = [row[0] for row in sizes[1:]]
    largest = max(below, default=0.0)
    if max(head, largest) == 0 or head != head:
        return -1, 1
    if head >= _BOUND * largest:
        return 0, 1
    row = 1 + below.index(largest)
    across = max(size for column, size in enumerate(sizes[row]) if column != row)
    if head >= _BOUND * largest * (largest / across):
        return 0, 1
    return row, 1 if sizes[row][row] >= _BOUND * across else 2


def _factor_one(A: Tensor, hermitian: bool) -> tuple[Tensor, list[int], int]:
    size = A.shape[-1]
    strict = A.tril(-1)
    diagonal = A.diagonal()
    if hermitian and A.dtype.is_complex:
        diagonal = diagonal.real.to(A.dtype)
    rest = strict + _turned(strict, hermitian) + diagonal.diag_embed()
    columns: list[Tensor] = []
    pivots: list[int] = []
    info = 0
    while len(pivots) < size:
        at = len(pivots)
        row, width = _step(rest)
        above = A.new_zeros((at, width))
        if row < 0:
            # Nothing to eliminate: the column stays as it is.
            info = info or at + 1
            columns.append(torchere.cat((above, rest[:, :1]), 0))
            pivots.append(at + 1)
            rest = rest[1:, 1:]
            continue
        rest = _swapped(rest, width - 1, row)
        corner = rest[:width, :width]
        # What stands below the corner D is L @ D.
        lower = solved_matrix(corner.transpose(-2, -1), rest[width:, :width].transpose(-2, -1)).transpose(-2, -1)
        columns.append(torchere.cat((above, corner.tril(), lower), 0))
        pivots += [row + at + 1] if width == 1 else [-(row + at + 1)] * 2
        rest = rest[width:, width:] - matmul(matmul(lower, corner), _turned(lower, hermitian))
    return (torchere.cat(columns, 1) if columns else A.clone()), pivots, info


def _factor(A: Tensor, hermitian: bool) -> tuple[Tensor, Tensor, Tensor]:
    batch, size = tuple(A.shape[:-2]), A.shape[-1]
    if not A.numel():
        empty = torchere.zeros((*batch, size), dtype=torchere.int32, device=A.device)
        return A.clone(), empty, torchere.zeros(batch, dtype=torchere.int32, device=A.device)
    found = [_factor_one(matrix, hermitian) for matrix in A.detach().reshape(-1, size, size)]
    packed = torchere.stack([item[0] for item in found]).reshape(tuple(A.shape))
    pivots = torchere.tensor([item[1] for item in found], dtype=torchere.int32, device=A.device)
    info = torchere.tensor([item[2] for item in found], dtype=torchere.int32, device=A.device)
    return packed, pivots.reshape((*batch, size)), info.reshape(batch)


def _raise_singular(name: str, info: Tensor) -> None:
    flat = info.reshape(-1)
    if bool((flat != 0).any()):
        first = int((flat != 0).to(torchere.int64).argmax())
        batch, place = f"(Batch element {first}): " if info.ndim else "", int(flat[first])
        raise LinAlgError(
            f"{name}: {batch}The factorization has a zero at D[{place},{place}]: the matrix is singular. "
            "Use linalg.ldl_factor_ex to go on."
        )


@operator(
    namespace="linalg",
    outputs=("LD", "pivots", "info"),
    result="array",
    dtypes=WIDE,
    differentiable=(0,),
    check=check_square("torch.linalg.ldl_factor_ex"),
)
def linalg_ldl_factor_ex(
    A: Tensor, *, hermitian: bool = False, check_errors: bool = False
) -> tuple[Tensor, Tensor, Tensor]:
    """As `linalg.ldl_factor`, with an int32 ``info`` instead of an error: the place of a zero in D, from 1, or 0.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor_ex.html
    """
    found = _factor(A, hermitian)
    if check_errors:
        _raise_singular("torch.linalg.ldl_factor_ex", found[2])
    return found


linalg_ldl_factor_ex.gradient(A=no_derivatives("linalg_ldl_factor_ex"))


@operator(
    namespace="linalg",
    outputs=("LD", "pivots"),
    result="array",
    dtypes=WIDE,
    differentiable=(0,),
    check=check_square("torch.linalg.ldl_factor_ex"),
)
def linalg_ldl_factor(A: Tensor, *, hermitian: bool = False) -> tuple[Tensor, Tensor]:
    """L and block-diagonal D of symmetric (`hermitian`: Hermitian) A ``(*, n, n)`` in one matrix, and pivots.

    The lower triangle is read. Pivots ``(*, n)`` are int32 as of LAPACK's sytrf: the row swapped in, from 1; negative
    and twice for a 2 by 2 block of D. Not differentiable.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor.html
    """
    packed, pivots, info = _factor(A, hermitian)
    _raise_singular("torch.linalg.ldl_factor", info)
    return packed, pivots


linalg_ldl_factor.gradient(A=no_derivatives("linalg_ldl_factor"))


def _exchanged(B: Tensor, first: int, second: int) -> Tensor:
    order = list(range(B.shape[-2]))
    order[first], order[second] = second, first
    return B.index_select(-2, torchere.tensor(order, device=B.device))


def _solve_one(LD: Tensor, pivots: list[int], B: Tensor, hermitian: bool) -> Tensor:
    """Forward through each step and its swap, divided by its block of D; then back."""
    steps, at = [], 0
    while at < len(pivots):
        width = 1 if pivots[at] > 0 else 2
        steps.append((at, width, abs(pivots[at]) - 1))
        at += width
    for at, width, row in steps:
        B = _exchanged(B, at + width - 1, row)
        top, below = B[at : at + width], B[at + width :]
        corner = LD[at : at + width, at : at + width].tril()
        strict = corner.tril(-1)
        block = corner + _turned(strict, hermitian)
        below = below - matmul(LD[at + width :, at : at + width], top)
        B = torchere.cat((B[:at], solved_matrix(block, top), below), 0)
    for at, width, row in reversed(steps):
        lower = _turned(LD[at + width :, at : at + width], hermitian)
        top = B[at : at + width] - matmul(lower, B[at + width :])
        B = _exchanged(torchere.cat((B[:at], top, B[at + width :]), 0), at + width - 1, row)
    return B


@operator(namespace="linalg", same_dtype=False, dtypes=WIDE)
def linalg_ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Tensor:
    """The X with ``A @ X == B``, A as `linalg.ldl_factor` stores it: B ``(*, n, k)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.ldl_solve.html
    """
    checked_square("torch.linalg.ldl_solve", LD)
    if pivots.dtype is not torchere.int32:
        raise DTypeError(f"torch.linalg.ldl_solve: Expected pivots to be integers (torch.int32). Got {pivots.dtype}")
    if B.ndim < 2 or B.shape[-2] != LD.shape[-1]:
        raise ShapeError(
            f"torch.linalg.ldl_solve: Expected B to have at least 2 dimensions and {LD.shape[-1]} rows, got "
            f"{tuple(B.shape)}"
        )
    size, columns = LD.shape[-1], B.shape[-1]
    batch = torchere.broadcast_shapes(tuple(LD.shape[:-2]), tuple(B.shape[:-2]))
    if not B.numel() or not LD.numel():
        return B.new_zeros((*batch, size, columns))
    packed = LD.expand((*batch, size, size)).reshape(-1, size, size)
    order = pivots.expand((*batch, size)).reshape(-1, size).tolist()
    right = B.expand((*batch, size, columns)).reshape(-1, size, columns)
    found = [_solve_one(one, swaps, other, hermitian) for one, swaps, other in zip(packed, order, right, strict=True)]
    return torchere.stack(found).reshape((*batch, size, columns))
