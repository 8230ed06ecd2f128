"""Singular values of matrices and the norms that rest on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.errors import DTypeError, ShapeError
from torchere.operators import DType, Number, composite, operator, primitive
from torchere.promotion import scalar_type_name

from .creation import placed
from .norm import linalg_vector_norm

__all__ = ["linalg_matrix_norm", "linalg_norm", "linalg_svd", "linalg_svdvals"]


def _check_svd(A: Tensor, full_matrices: bool = True, driver: str | None = None) -> None:
    if A.ndim < 2:
        raise ShapeError(
            f"linalg.svd: The input tensor A must have at least 2 dimensions, but got shape {tuple(A.shape)}."
        )


def _adjoint(matrix: Tensor) -> Tensor:
    return matrix.transpose(-2, -1).conj()


def _svd_gradient(
    grads: tuple[Tensor | None, ...], U: Tensor, S: Tensor, Vh: Tensor, A_shape: Sequence[int], full_matrices: bool
) -> Tensor:
    """Gradient of the reduced decomposition; singular vectors have one only where all singular values differ.

    Source: Townsend 2016, "Differentiating the singular value decomposition".
    """
    d_u, d_s, d_vh = grads
    rows, columns = A_shape[-2:]
    rank = min(rows, columns)
    if full_matrices:
        # Columns beyond the rank are any completion of a basis: they carry no gradient (as PyTorch).
        U, Vh = U.narrow(-1, 0, rank), Vh.narrow(-2, 0, rank)
        d_u = None if d_u is None else d_u.narrow(-1, 0, rank)
        d_vh = None if d_vh is None else d_vh.narrow(-2, 0, rank)
    if d_u is None and d_vh is None:
        return (U * d_s.unsqueeze(-2).to(U.dtype)) @ Vh
    across, down = S.unsqueeze(-2).to(U.dtype), S.unsqueeze(-1).to(U.dtype)
    unit = torchere.eye(rank, dtype=U.dtype, device=U.device)
    gaps = (across * across - down * down) * (1 - unit) + unit
    inner = torchere.zeros_like(gaps)
    if d_u is not None:
        turned = _adjoint(U) @ d_u
        turned = turned - _adjoint(turned)
        inner = inner + turned * across
        if U.dtype.is_complex:
            inner = inner + unit * (turned / (2 * across) - turned * across)
    if d_vh is not None:
        turned = Vh @ _adjoint(d_vh)
        turned = turned - _adjoint(turned)
        inner = inner + down * (turned * (1 - unit))
    inner = inner / gaps
    if d_s is not None:
        inner = inner + unit * d_s.unsqueeze(-1).to(U.dtype)
    found = U @ inner @ Vh
    if d_u is not None and rows > rank:
        slope = d_u / across
        found = found + (slope - U @ (_adjoint(U) @ slope)) @ Vh
    if d_vh is not None and columns > rank:
        slope = d_vh / down
        found = found + U @ (slope - (slope @ _adjoint(Vh)) @ Vh)
    return found


def _check_driver(name: str, A: Tensor, driver: str | None) -> None:
    """Drivers choose among cuSOLVER's algorithms; they are accepted there and mean nothing."""
    if driver is not None and A.device.type != "cuda":
        raise ShapeError(f"torch.{name}: keyword argument `driver=` is only supported on CUDA inputs. Leave it out.")
    if driver not in (None, "gesvd", "gesvdj", "gesvda"):
        raise ShapeError(f"torch.{name}: unknown svd driver {driver!r}; there are gesvd, gesvdj and gesvda.")


@primitive(
    namespace="linalg",
    outputs=("U", "S", "Vh"),
    result="array",
    dtypes=FLOATING[2:] + COMPLEX,
    check=_check_svd,
    neutral={"driver": None},
)
def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Singular value decomposition ``A = U @ diag(S) @ Vh`` of matrices ``(*, m, n)``; S is real and descending.

    Shape: U ``(*, m, m)``, S ``(*, min(m, n))``, Vh ``(*, n, n)``; without `full_matrices` U has ``min(m, n)``
    columns and Vh as many rows. Gradients of U and Vh need distinct singular values; columns of U and rows of Vh beyond
    ``min(m, n)`` have none.
    Raises: RuntimeError for fewer than two axes or input that is not finite.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.svd.html
    """
    _check_driver("linalg.svd", A, driver)
    return linalg_svd(A, full_matrices)


linalg_svd.gradient(A=_svd_gradient)


@composite(namespace="linalg")
def linalg_svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """Singular values of matrices ``(*, m, n)``, descending: ``(*, min(m, n))``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.svdvals.html
    """
    _check_driver("linalg.svdvals", A, driver)
    return placed(linalg_svd(A, False)[1], out)


def _matrix_axes(A: Tensor, dim: Sequence[int]) -> tuple[int, int]:
    if A.ndim < 2:
        raise ShapeError(
            f"linalg.matrix_norm: The input tensor A must have at least 2 dimensions, but got shape {tuple(A.shape)}."
        )
    if len(dim) != 2:
        raise ShapeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {tuple(dim)}")
    rows, columns = (axis % A.ndim for axis in dim)
    if rows == columns:
        raise ShapeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    return rows, columns


@operator(namespace="linalg", result="array")
def linalg_matrix_norm(
    A: Tensor,
    ord: str | Number = "fro",
    dim: int | Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Norm of the matrices that the two axes `dim` hold.

    `ord` is ``"fro"`` (root of the sum of squares), ``"nuc"`` (sum of singular values), 2 or -2 (largest, smallest
    singular value), 1 or -1 (largest, smallest sum of a column's moduli), inf or -inf (of a row's).
    Raises: RuntimeError for other orders, integers, or fewer than two axes.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
    """
    axes = (dim,) if isinstance(dim, int) else tuple(dim)
    rows, columns = _matrix_axes(A, axes)
    if not (A.dtype.is_floating_point or A.dtype.is_complex):
        raise DTypeError(
            "linalg.matrix_norm: Expected a floating point or complex tensor as input. "
            f"Got {scalar_type_name(A.dtype)}. Convert first: A.float()."
        )
    if ord == "fro":
        return linalg_vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype)
    if dtype is not None:
        A = A.to(dtype)
    if ord in (1, -1, inf, -inf):
        summed, left = (rows, columns) if ord in (1, -1) else (columns, rows)
        sums = A.abs().sum(summed, True)
        found = sums.amax(left, True) if ord > 0 else sums.amin(left, True)
    elif ord in (2, -2, "nuc"):
        values = linalg_svdvals(A.movedim((rows, columns), (-2, -1)))
        found = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        for axis in sorted((rows, columns)):
            found = found.unsqueeze(axis)
    else:
        raise ShapeError(f"linalg.matrix_norm: Order {ord} not supported. Use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.")
    if keepdim:
        return found
    high, low = max(rows, columns), min(rows, columns)
    return found.squeeze(high).squeeze(low)


@operator(namespace="linalg", result="array")
def linalg_norm(
    A: Tensor,
    ord: str | Number | None = None,
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """Vector or matrix norm: over all elements without `ord` and `dim`, of vectors for one axis, of matrices for two.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.norm.html
    """
    if dim is None and ord is not None:
        if A.ndim not in (1, 2):
            raise ShapeError(
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
                f"{A.ndim}D (shape {tuple(A.shape)})."
            )
        dim = tuple(range(A.ndim))
    axes = (dim,) if isinstance(dim, int) else dim
    if ord is not None and axes is not None and len(axes) == 2:
        return linalg_matrix_norm(A, ord, axes, keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise ShapeError(f"linalg.norm: Order '{ord}' needs a matrix: two axes in dim, or a 2D input.")
    return linalg_vector_norm(A, 2 if ord is None else ord, axes, keepdim, dtype=dtype)
