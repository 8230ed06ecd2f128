"""Pseudoinverses, ranks, condition numbers and least squares, by singular values."""

from __future__ import annotations

from math import inf

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Number, composite, operator
from torchere.promotion import scalar_type_name

from .eigen import linalg_eigh
from .log_determinant import linalg_inv_ex
from .matmul import adjoint_of, conjugate_of, matmul
from .matrix_norm import linalg_matrix_norm, linalg_svd, linalg_svdvals

__all__ = [
    "linalg_cond",
    "linalg_lstsq",
    "linalg_matrix_rank",
    "linalg_pinv",
    "pinverse",
    "pseudoinverse",
    "svd",
]

Threshold = float | Tensor | None


def _cutoff(A: Tensor, largest: Tensor, atol: Threshold, rtol: Threshold) -> Tensor:
    """The size ``(*)`` up to which singular values count as zero."""
    if rtol is None:
        positive = isinstance(atol, Tensor) or (atol is not None and atol > 0)
        default = torchere.finfo(A.dtype).eps * max(A.shape[-2:])
        rtol = 0.0 if positive and not isinstance(atol, Tensor) else default
        if isinstance(atol, Tensor):
            rtol = torchere.where(atol > 0, torchere.zeros_like(atol), torchere.full_like(atol, default))
    relative = largest * rtol
    if atol is None:
        return relative
    absolute = atol if isinstance(atol, Tensor) else torchere.full_like(relative, atol)
    return torchere.maximum(relative, absolute.to(relative.dtype))


def _sizes(A: Tensor, hermitian: bool) -> Tensor:
    if hermitian:
        return linalg_eigh(A)[0].abs()
    return linalg_svdvals(A)


def _largest(values: Tensor) -> Tensor:
    return values.amax(-1) if values.shape[-1] else values.sum(-1)


@composite(namespace="linalg")
def linalg_matrix_rank(
    A: Tensor,
    tol: Threshold = None,
    hermitian: bool = False,
    *,
    atol: Threshold = None,
    rtol: Threshold = None,
    out: Tensor | None = None,
) -> Tensor:
    """Number of singular values above ``max(atol, rtol * largest)``: ``(*, m, n)`` to int64 ``(*)``.

    `rtol` is ``eps * max(m, n)`` unless it or a positive `atol` is given; `tol` is the older spelling of `atol`.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html
    """
    if A.ndim < 2:
        raise ShapeError(
            "torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions, got shape "
            f"{tuple(A.shape)}."
        )
    if A.dtype.name not in WIDE:
        raise DTypeError(
            "linalg.matrix_rank: This function doesn't handle types other than float and double, got "
            f"{A.dtype}. Convert first: A.float()."
        )
    if tol is not None:
        atol, rtol = tol, 0.0
    values = _sizes(A.detach(), hermitian)
    found = (values > _cutoff(A, _largest(values), atol, rtol).unsqueeze(-1)).sum(-1)
    return found if out is None else out.resize_(tuple(found.shape)).copy_(found)


@operator(namespace=(), same_dtype=False, dtypes=WIDE)
def pseudoinverse(A: Tensor, cutoff: Tensor | None, hermitian: bool) -> Tensor:
    """Pseudoinverse of ``(*, m, n)`` that takes singular values up to `cutoff` ``(*)`` for zero."""
    if hermitian:
        values, vectors = linalg_eigh(A)
        kept = values.abs() > (0 if cutoff is None else cutoff.unsqueeze(-1))
        inverted = torchere.where(kept, 1 / torchere.where(kept, values, torchere.ones_like(values)), values * 0)
        return matmul(vectors * inverted.unsqueeze(-2).to(A.dtype), adjoint_of(vectors))
    U, S, Vh = linalg_svd(A, False)
    kept = S > (0 if cutoff is None else cutoff.unsqueeze(-1))
    inverted = torchere.where(kept, 1 / torchere.where(kept, S, torchere.ones_like(S)), torchere.zeros_like(S))
    return matmul(adjoint_of(Vh) * inverted.unsqueeze(-2).to(A.dtype), adjoint_of(U))


def _pseudoinverse_gradient(grad: Tensor, A: Tensor, out: Tensor) -> Tensor:
    # Golub and Pereyra 1973, "The differentiation of pseudo-inverses …", 4.12, transposed.
    upper, turned = adjoint_of(out), adjoint_of(grad)
    right = matmul(matmul(turned, out), upper)
    left = matmul(matmul(upper, out), turned)
    return (
        -matmul(matmul(upper, grad), upper)
        + (right - matmul(A, matmul(out, right)))
        + (left - matmul(matmul(left, out), A))
    )


pseudoinverse.gradient(A=_pseudoinverse_gradient)


@composite(namespace="linalg")
def linalg_pinv(
    A: Tensor,
    rcond: Threshold = None,
    hermitian: bool = False,
    *,
    atol: Threshold = None,
    rtol: Threshold = None,
    out: Tensor | None = None,
) -> Tensor:
    """Moore-Penrose pseudoinverse: ``(*, m, n)`` to ``(*, n, m)``.

    Singular values up to ``max(atol, rtol * largest)`` count as zero; `rtol` is ``eps * max(m, n)`` unless it or a
    positive `atol` is given; `rcond` is the older spelling of `rtol`.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.pinv.html
    """
    if A.ndim < 2 or A.dtype.name not in WIDE:
        raise DTypeError(
            f"linalg.pinv({scalar_type_name(A.dtype)}{{{list(A.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
    if rcond is not None:
        rtol = rcond
    if not A.numel():
        found = A.new_zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]))
    else:
        largest = _largest(_sizes(A.detach(), hermitian))
        found = pseudoinverse(A, _cutoff(A, largest, atol, rtol), hermitian)
    return found if out is None else out.resize_(tuple(found.shape)).copy_(found)


@composite(method=True)
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Moore-Penrose pseudoinverse; see `linalg.pinv`."""
    return linalg_pinv(input, rcond)


@operator(namespace="linalg", result="array")
def linalg_cond(A: Tensor, p: str | Number | None = None) -> Tensor:
    """Condition number: norm of A times that of its inverse; for `p` None, 2 and -2 a quotient of singular values.

    Shape: ``(*, m, n)`` to ``(*)``; other norms (``"fro"``, ``"nuc"``, 1, -1, inf, -inf) need square matrices, and give
    inf for singular ones.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.cond.html
    """
    if A.ndim < 2:
        raise ShapeError(
            f"linalg.cond: The input tensor must have at least 2 dimensions, but got shape {tuple(A.shape)}."
        )
    if p not in (None, 2, -2, 1, -1, inf, -inf, "fro", "nuc"):
        raise ShapeError(f"linalg.cond got an invalid norm type: {p}. Use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.")
    if not A.numel():
        real = A.dtype.to_real() if A.dtype.is_complex else A.dtype
        return torchere.zeros(tuple(A.shape[:-2]), dtype=real, device=A.device)
    if p is None or p in (2, -2):
        values = linalg_svdvals(A)
        first, last = values[..., 0], values[..., -1]
        return last / first if p == -2 else first / last
    if A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"linalg.cond with p={p} needs square matrices, but they are {A.shape[-2]} by {A.shape[-1]}")
    inverse, info = linalg_inv_ex(A)
    found = linalg_matrix_norm(A, p) * linalg_matrix_norm(torchere.nan_to_num(inverse), p)
    return torchere.where(info != 0, torchere.full_like(found, inf), found)


_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@operator(
    namespace="linalg",
    outputs=("solution", "residuals", "rank", "singular_values"),
    result="array",
    same_dtype="strict",
)
def linalg_lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The X of least norm that minimises ``|A @ X - B|``: A ``(*, m, n)``, B ``(*, m, k)`` to ``(*, n, k)``.

    ``residuals`` ``(*, k)`` are the squared distances (empty for ``"gelsy"``, and unless m > n and all ranks
    are n), ``rank`` ``(*)`` and
    ``singular_values`` are empty where PyTorch's `driver` (``"gelsy"`` by default) does not find them. All drivers
    compute by singular values; those up to ``rcond * largest`` count as zero (``"gels"`` assumes full rank).
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.lstsq.html
    """
    name = "torch.linalg.lstsq"
    if not (A.dtype.is_floating_point or A.dtype.is_complex):
        raise DTypeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {A.dtype}. Use A.double()."
        )
    if A.ndim < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions, got shape {tuple(A.shape)}.")
    if B.ndim < 1:
        raise ShapeError(f"{name}: other must have at least 1 dimension, got shape {tuple(B.shape)}.")
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    columns = B.unsqueeze(-1) if vector else B
    if columns.shape[-2] != A.shape[-2]:
        axis = -1 if vector else -2
        raise ShapeError(
            f"{name}: input.size(-2) should match other.size({axis}), got {tuple(A.shape)} and {tuple(B.shape)}"
        )
    driver = driver or "gelsy"
    if driver not in _DRIVERS:
        raise ShapeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got '{driver}'")
    if rcond is None:
        rcond = torchere.finfo(A.dtype).eps * max(A.shape[-2:])
    values = linalg_svdvals(A.detach())
    cutoff = _largest(values) * (0.0 if driver == "gels" else rcond)
    solution = matmul(pseudoinverse(A, cutoff, False), columns)
    rank = (values > cutoff.unsqueeze(-1)).sum(-1)
    rows, unknowns = A.shape[-2:]
    residuals = values.new_zeros((0,))
    if driver != "gelsy" and rows > unknowns and (driver == "gels" or bool((rank == unknowns).all())):
        distance = matmul(A, solution) - columns
        squares = distance * conjugate_of(distance)
        residuals = (squares.real if squares.dtype.is_complex else squares).sum(-2)
    none = torchere.zeros((0,), dtype=torchere.int64, device=A.device)
    shown = values.new_zeros((0,)) if driver in ("gels", "gelsy") else values
    return (
        solution.squeeze(-1) if vector else solution,
        residuals,
        none if driver == "gels" else rank,
        shown,
    )


@operator(method=True, outputs=("U", "S", "V"), result="array", dtypes=WIDE)
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """``input = U @ diag(S) @ V.mH``; U and V are zeros without `compute_uv`. Prefer `linalg.svd`.

    Source: https://pytorch.org/docs/stable/generated/torch.svd.html
    """
    if input.ndim < 2:
        raise ShapeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    if compute_uv:
        U, S, Vh = linalg_svd(input, not some)
        return U, S, adjoint_of(Vh).resolve_conj()
    rows, columns = input.shape[-2:]
    batch = tuple(input.shape[:-2])
    return input.new_zeros((*batch, rows, rows)), linalg_svdvals(input), input.new_zeros((*batch, columns, columns))
