"""Vector norms, distances and normalisation to unit norm."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Dims, DType, Number, operator
from torchere.promotion import scalar_type_name

from .reduced_axes import element_count, spread, spread_like

__all__ = ["dist", "norm", "normalize"]


def _check_vector_norm(
    input: Tensor, p: float, dim: tuple[int, ...] | None, keepdim: bool, dtype: DType | None
) -> None:
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise DTypeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {scalar_type_name(input.dtype)}. Convert first: input.float()."
        )
    if dtype is not None and input.dtype.is_complex and not dtype.is_complex:
        raise DTypeError(
            "linalg.vector_norm: dtype should be complex for complex inputs, but got "
            f"{scalar_type_name(dtype)}. The result is real in any case."
        )
    if (p < 0 or p == inf) and element_count(input.shape, dim) == 0 and input.ndim:
        where = "an empty tensor"
        if dim:
            where = f"the dimension {next(axis for axis in dim if input.shape[axis] == 0)}"
        raise ShapeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on {where} because the operation does not have an "
            f"identity (input has shape {tuple(input.shape)})."
        )


def _norm_gradient(
    grad: Tensor, input: Tensor, out: Tensor, p: float, dim: tuple[int, ...] | None, keepdim: bool
) -> Tensor:
    """Derivative of the p-norm; where it has none (at zero), PyTorch's subgradient 0."""
    shape = input.shape
    if p == 0:
        return input.to(out.dtype if not input.dtype.is_complex else input.dtype) * 0
    grad, out = spread(grad, shape, dim, keepdim), spread_like(out, shape, dim, keepdim)
    if p == 1:
        return grad * input.sgn()
    if p == 2:
        return grad * (input / out).masked_fill(out == 0, 0)
    size = input.abs()
    if p in (inf, -inf):
        chosen = (size == out).logical_or(size.isnan().logical_and(out.isnan())).to(grad.dtype)
        return grad * input.sgn() * (chosen / chosen.sum(dim, keepdim=True))
    if p < 2:
        # |x|^(p-1) has an infinite slope at zero, and below p = 1 is infinite itself.
        powers = size.masked_fill(size == 0, 1).pow(p - 1).masked_fill(size == 0, 0) * input.sgn()
    else:
        powers = input * size.pow(p - 2)
    scale = (grad / out.pow(p - 1)).masked_fill(out == 0, 0)
    return powers * scale


@operator(result="array", check=_check_vector_norm)
def _vector_norm(input: Tensor, p: float, dim: Dims | None, keepdim: bool, dtype: DType | None) -> Tensor:
    """``(Σ|x|^p)^(1/p)`` over `dim`; the largest |x| for inf, the smallest for -inf, the number of non-zeros for 0."""
    if dtype is not None:
        input = input.to(dtype)
    size = input.abs()
    if p == inf:
        return size.amax(dim, keepdim)
    if p == -inf:
        return size.amin(dim, keepdim)
    if p == 0:
        return (size != 0).to(size.dtype).sum(dim, keepdim)
    if p == 1:
        return size.sum(dim, keepdim)
    if p == 2:
        return (size * size).sum(dim, keepdim).sqrt()
    return size.pow(p).sum(dim, keepdim).pow(1 / p)


_vector_norm.gradient(input=_norm_gradient)


@operator(method=True)
def norm(
    input: Tensor,
    p: str | Number | None = "fro",
    dim: int | Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> Tensor:
    """The p-norm of the elements over `dim` (all by default); ``"fro"`` is p = 2, ``"nuc"`` the nuclear matrix norm.

    Dtype: `dtype` if given, else the input's; real for complex input.
    Raises: RuntimeError for integers, unknown words, or an extreme (p = inf, p < 0) of no elements.
    Source: https://pytorch.org/docs/stable/generated/torch.norm.html
    """
    if isinstance(p, str):
        if p == "nuc":
            return torchere.linalg.matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
        if p != "fro":
            raise ShapeError(f"linalg.matrix_norm: Order {p} not supported. Use a number, 'fro' or 'nuc'.")
        p = 2
    return _vector_norm(input, 2.0 if p is None else float(p), dim, keepdim, dtype)


@operator(method=True)
def dist(input: Tensor, other: Tensor, p: Number = 2) -> Tensor:
    """The p-norm of ``input - other`` (broadcast), a 0-d tensor.

    Source: https://pytorch.org/docs/stable/generated/torch.dist.html
    """
    difference = input - other
    if not (difference.dtype.is_floating_point or difference.dtype.is_complex):
        raise DTypeError(
            "norm(): input dtype should be either floating point or complex. "
            f"Got {scalar_type_name(difference.dtype)} instead. Convert first: input.float()."
        )
    return _vector_norm(difference, float(p), None, False, None)


@operator(namespace="nn.functional")
def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """`input` divided by its p-norm along `dim`, the norm being at least `eps`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
    """
    return input / input.norm(p, dim, keepdim=True).clamp_min(eps)
