"""Logarithms of determinants, and inverses and solutions that report singular matrices instead of raising."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import LinAlgError
from torchere.operators import operator

from .anywhere import anywhere
from .inverse import linalg_inv, linalg_solve
from .lu import linalg_lu_solve, lu_parts
from .matmul import adjoint_of
from .square_matrix import check_square, checked_square

__all__ = ["linalg_inv_ex", "linalg_slogdet", "linalg_solve_ex", "logdet", "slogdet"]


@operator(
    namespace="linalg",
    outputs=("sign", "logabsdet"),
    result="array",
    dtypes=WIDE,
    check=check_square("linalg.slogdet"),
)
def linalg_slogdet(A: Tensor) -> tuple[Tensor, Tensor]:
    """Sign (of modulus 1; 0 where singular) and logarithm of the modulus of determinants: ``(*, n, n)`` to ``(*)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html
    """
    packed, pivots, _ = lu_parts(A.detach())
    diagonal = packed.diagonal(0, -2, -1)
    places = torchere.arange(1, A.shape[-1] + 1, device=A.device)
    odd = (pivots != places).sum(-1) % 2 == 1
    sign = diagonal.sgn().prod(-1)
    return torchere.where(odd, -sign, sign), diagonal.abs().log().sum(-1)


def _slogdet_gradient(grads: tuple[Tensor | None, ...], A: Tensor, sign: Tensor) -> Tensor:
    d_sign, d_log = grads
    factor = torchere.zeros_like(sign) if d_log is None else d_log.to(sign.dtype)
    if d_sign is not None and A.dtype.is_complex:
        # The sign turns on the unit circle: d sign = i * sign * imag(trace(inverse @ dA)).
        along = (d_sign.conj() * sign).imag
        factor = factor - torchere.complex(torchere.zeros_like(along), along)
    return factor.unsqueeze(-1).unsqueeze(-1) * adjoint_of(linalg_inv_ex(A)[0])


linalg_slogdet.gradient(A=_slogdet_gradient)


@operator(method=True, outputs=("sign", "logabsdet"), result="array", dtypes=WIDE, check=check_square("linalg.slogdet"))
def slogdet(input: Tensor) -> tuple[Tensor, Tensor]:
    """Sign and logarithm of the modulus of determinants; see `linalg.slogdet`."""
    found = linalg_slogdet(input)
    return found[0], found[1]


@operator(method=True, dtypes=WIDE, check=check_square("logdet"))
def logdet(input: Tensor) -> Tensor:
    """Logarithm of determinants ``(*, n, n)`` to ``(*)``; NaN where a real determinant is negative, -inf where 0.

    Source: https://pytorch.org/docs/stable/generated/torch.logdet.html
    """
    sign, logarithm = linalg_slogdet(input)
    return sign.log() + logarithm


def _raise_singular(info: Tensor, message: str) -> None:
    flat = info.reshape(-1)
    first = int((flat != 0).to(torchere.int64).argmax())
    batch = f"(Batch element {first}): " if info.ndim else ""
    name, text = message.split(": ", 1)
    raise LinAlgError(f"{name}: {batch}{text.format(place=int(flat[first]))}")


@operator(namespace="linalg", outputs=("inverse", "info"), result="array", check=check_square("linalg.inv"))
def linalg_inv_ex(A: Tensor, *, check_errors: bool = False) -> tuple[Tensor, Tensor]:
    """Inverses, and an int32 ``info``: the place, from 1, of a zero on U's diagonal, or 0.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.inv_ex.html
    """
    packed, pivots, info = lu_parts(A)
    if not anywhere(info != 0):
        return linalg_inv(A), info
    if check_errors:
        _raise_singular(
            info,
            "linalg.inv_ex: The diagonal element {place} is zero, the inversion could not be completed because the "
            "input matrix is singular.",
        )
    unit = torchere.eye(A.shape[-1], dtype=A.dtype, device=A.device).expand(tuple(A.shape))
    return linalg_lu_solve(packed, pivots, unit), info


@operator(namespace="linalg", outputs=("result", "info"), result="array", same_dtype="strict")
def linalg_solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> tuple[Tensor, Tensor]:
    """As `linalg.solve`, with an int32 ``info`` instead of an error: 0, or the place of a zero on U's diagonal.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.solve_ex.html
    """
    checked_square("linalg.solve", A)
    packed, pivots, info = lu_parts(A)
    if not anywhere(info != 0):
        return linalg_solve(A, B, left=left), info
    if check_errors:
        _raise_singular(info, "torch.linalg.solve_ex: The solver failed because the input matrix is singular.")
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1]))
    found = linalg_lu_solve(packed, pivots, B.unsqueeze(-1) if vector else B, left=left)
    return (found.squeeze(-1) if vector else found), info
