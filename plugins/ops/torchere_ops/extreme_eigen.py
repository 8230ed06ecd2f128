"""A few extreme eigenpairs of large symmetric matrices, by `lobpcg`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import composite

from .matmul import adjoint_of, matmul

__all__ = ["lobpcg"]

#: Rounds without `niter`: far beyond what convergence takes.
ROUNDS = 1000


def _orthonormal(S: Tensor, product: Callable[[Tensor], Tensor]) -> Tensor:
    """A basis of S's columns, orthonormal in B's inner product; directions lost in rounding are left out.

    Source: Stathopoulos and Wu 2002, "A block orthogonalization procedure with constant synchronization requirements".
    """
    limit = torchere.finfo(S.dtype).eps * S.shape[-1]
    for _ in range(2):  # once more for what rounding left
        gram = matmul(adjoint_of(S), product(S))
        scale = gram.diagonal().real.clamp(min=torchere.finfo(gram.real.dtype).tiny).rsqrt()
        values, vectors = torchere.linalg.eigh(gram * scale.unsqueeze(0) * scale.unsqueeze(1))
        kept = values > limit * values.amax()
        S = matmul(S, scale.unsqueeze(1) * vectors[:, kept]) * values[kept].rsqrt()
    return S


def _dense(A: Tensor, B: Tensor | None, k: int, largest: bool) -> tuple[Tensor, Tensor]:
    """By all eigenpairs, which have gradients."""
    if B is None:
        values, vectors = torchere.linalg.eigh(A)
    else:
        factor = torchere.linalg.cholesky(B)
        half = torchere.linalg.solve_triangular(factor, A, upper=False)
        reduced = torchere.linalg.solve_triangular(factor, adjoint_of(half), upper=False)
        values, vectors = torchere.linalg.eigh(reduced)
        vectors = torchere.linalg.solve_triangular(adjoint_of(factor), vectors, upper=True)
    if largest:
        return values.flip(-1)[..., :k], vectors.flip(-1)[..., :k]
    return values[..., :k], vectors[..., :k]


@composite()
def lobpcg(
    A: Tensor,
    k: int | None = None,
    B: Tensor | None = None,
    X: Tensor | None = None,
    n: int | None = None,
    iK: Tensor | None = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Callable[[Any], Any] | None = None,
    ortho_iparams: Mapping[str, int] | None = None,
    ortho_fparams: Mapping[str, float] | None = None,
    ortho_bparams: Mapping[str, bool] | None = None,
) -> tuple[Tensor, Tensor]:
    """The `k` largest (or smallest) eigenvalues of ``A x = λ B x`` and their vectors, for symmetric A, positive B.

    Shape: A and B ``(*, m, m)``; X, the start, ``(*, m, n)``; iK, an approximate inverse of A, as A. Results
    ``(*, k)`` and ``(*, m, k)``, the vectors orthonormal in B's inner product.

    The locally optimal block preconditioned conjugate gradient method, until the residual is below `tol` (the root of
    the dtype's precision) or `niter` rounds are over. `method` (``"basic"``, ``"ortho"``) is accepted: every round
    orthonormalises its whole basis. `tracker` is called after each round with an object whose `E`, `X` and `ivars`
    tell how far it is. Where gradients are needed, all eigenpairs are computed.
    Raises: ValueError for ``m < 3 n`` and unknown methods, RuntimeError for matrices that are not square.
    Source: Knyazev 2001, "Toward the optimal preconditioned eigensolver".
    """
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"lobpcg(): expected square matrices A, got shape {tuple(A.shape)}")
    if method not in (None, "basic", "ortho"):
        raise ArgumentError(f"lobpcg(): unknown method '{method}'; there are 'basic' and 'ortho'")
    m = A.shape[-1]
    count = k if k is not None else 1 if X is None else X.shape[-1]
    width = n if n is not None else count if X is None else X.shape[-1]
    if m < 3 * width:
        raise ArgumentError(
            f"lobpcg(): LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the "
            f"number of requested eigenpairs (={width}). Use torch.linalg.eigh."
        )
    wants_largest = True if largest is None else largest
    if torchere.is_grad_enabled() and any(t is not None and t.requires_grad for t in (A, B)):
        return _dense(A, B, count, wants_largest)
    if A.ndim > 2:
        found = [
            lobpcg(
                A[i], k, *(None if t is None else t[i] for t in (B, X)), n, None if iK is None else iK[i], niter, tol,
                largest, method, tracker,
            )
            for i in range(A.shape[0])
        ]  # fmt: skip
        return torchere.stack([values for values, _ in found]), torchere.stack([vectors for _, vectors in found])
    with torchere.no_grad():
        return _iterated(A, B, X, iK, count, width, niter, tol, wants_largest, tracker)


class _Progress:
    """What a tracker sees."""

    def __init__(self, E: Tensor, X: Tensor, step: int, converged: int) -> None:
        self.E, self.X = E, X
        self.ivars = {"istep": step, "converged_count": converged}


def _iterated(
    A: Tensor, B: Tensor | None, X: Tensor | None, iK: Tensor | None, count: int, width: int, niter: int | None,
    tol: float | None, largest: bool, tracker: Callable[[Any], Any] | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    def product(S: Tensor) -> Tensor:
        return S if B is None else matmul(B, S)

    size = A.abs().sum(-1).amax().item()
    weight = 1.0 if B is None else B.abs().sum(-1).amax().item()
    limit = torchere.finfo(A.dtype).eps ** 0.5 if tol is None else tol
    start = torchere.randn((A.shape[-1], width), dtype=A.dtype, device=A.device) if X is None else X.clone()
    basis = _orthonormal(start, product)
    previous: Tensor | None = None
    values, vectors = torchere.zeros(0), basis
    for step in range(ROUNDS if niter is None or niter < 0 else max(niter, 1)):
        found, mixed = torchere.linalg.eigh(matmul(adjoint_of(basis), matmul(A, basis)))
        if largest:
            found, mixed = found.flip(-1), mixed.flip(-1)
        values, mixed = found[:width], mixed[:, :width]
        old, vectors = vectors, matmul(basis, mixed)
        if step:
            # What this round added to the old vectors: the direction of conjugate gradients.
            previous = vectors - matmul(old, matmul(adjoint_of(old), product(vectors)))
        residual = matmul(A, vectors) - product(vectors) * values
        errors = residual.norm(dim=0) / (vectors.norm(dim=0) * (size + values.abs() * weight))
        converged = int((errors[:count] < limit).sum())
        if tracker is not None:
            tracker(_Progress(values, vectors, step, converged))
        if converged == count:
            break
        steps = residual if iK is None else matmul(iK, residual)
        parts = [vectors, steps] if previous is None else [vectors, steps, previous]
        basis = _orthonormal(torchere.cat(parts, -1), product)
    return values[:count], vectors[:, :count]
