"""The exponential of matrices."""

from __future__ import annotations

from math import ceil, isfinite, log2

import torchere
from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import DTypeError, ShapeError
from torchere.operators import operator
from torchere.promotion import scalar_type_name

from .inverse import solved_matrix
from .matmul import adjoint_of, matmul
from .square_matrix import checked_matrix

__all__ = ["linalg_matrix_exp", "matrix_exp"]

#: Numerator of the diagonal Padé approximant of degree 13, and the norm up to which it is exact to double precision.
_COEFFICIENTS = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
_NORM = 5.371920351148152


def _check_exp(A: Tensor) -> None:
    checked_matrix("linalg.matrix_exp", A)
    if A.shape[-1] != A.shape[-2]:
        raise ShapeError(
            f"linalg.matrix_exp: A must be batches of square matrices, but they are {A.shape[-2]} by {A.shape[-1]} "
            "matrices"
        )
    if not (A.dtype.is_floating_point or A.dtype.is_complex):
        raise DTypeError(
            "linalg.matrix_exp: Expected a floating point or complex tensor as input. Got "
            f"{scalar_type_name(A.dtype)}. Convert first: A.double()."
        )


def _approximant(A: Tensor) -> Tensor:
    """Source: Higham 2005, "The scaling and squaring method for the matrix exponential revisited", eq. 2.3."""
    b = [value / _COEFFICIENTS[0] for value in _COEFFICIENTS]
    unit = torchere.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    second = matmul(A, A)
    fourth = matmul(second, second)
    sixth = matmul(second, fourth)
    odd = matmul(sixth, sixth * b[13] + fourth * b[11] + second * b[9])
    odd = matmul(A, odd + sixth * b[7] + fourth * b[5] + second * b[3] + unit * b[1])
    even = matmul(sixth, sixth * b[12] + fourth * b[10] + second * b[8])
    even = even + sixth * b[6] + fourth * b[4] + second * b[2] + unit * b[0]
    return solved_matrix(even - odd, even + odd)


@operator(namespace="linalg", check=_check_exp)
def linalg_matrix_exp(A: Tensor) -> Tensor:
    """Exponential ``sum(A^k / k!)`` of square matrices ``(*, n, n)``.

    Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html
    """
    if A.dtype.name not in WIDE:
        return linalg_matrix_exp(A.to(torchere.float32)).to(A.dtype)
    if not A.numel():
        return A.clone()
    norms = A.detach().abs().sum(-2).amax(-1)
    largest = float(norms.amax())
    if not isfinite(largest):
        return A * torchere.nan
    # Each matrix is halved as often as it needs: one large matrix costs the others no digits.
    ratio = (norms / _NORM).clamp(min=1)
    times = ratio.log2().ceil().unsqueeze(-1).unsqueeze(-1)
    found = _approximant(A * (2.0**-times).to(A.dtype))
    for step in range(max(0, ceil(log2(max(largest / _NORM, 1))))):
        found = torchere.where(times > step, matmul(found, found), found)
    return found


def _exp_gradient(grad: Tensor, A: Tensor) -> Tensor:
    # The exponential of [[X, G], [0, X]] has its derivative at X along G in the corner.
    n = A.shape[-1]
    turned = adjoint_of(A)
    above = torchere.cat((turned, grad), -1)
    below = torchere.cat((torchere.zeros_like(turned), turned), -1)
    return linalg_matrix_exp(torchere.cat((above, below), -2))[..., :n, n:]


linalg_matrix_exp.gradient(A=_exp_gradient)


@operator(method=True, check=_check_exp)
def matrix_exp(input: Tensor) -> Tensor:
    """Exponential of square matrices; see `linalg.matrix_exp`."""
    return linalg_matrix_exp(input)
