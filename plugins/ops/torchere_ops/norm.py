"""Vector norms, distances and normalisation to unit norm."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Dim, Dims, DType, Number, operator
from torchere.promotion import scalar_type_name

from .reduced_axes import element_count, spread, spread_like

__all__ = ["dist", "linalg_vector_norm", "norm", "normalize", "renorm"]


def _check_vector_norm(
    x: Tensor,
    ord: Number = 2,
    dim: tuple[int, ...] | None = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
) -> None:
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise DTypeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {scalar_type_name(x.dtype)}. Convert first: x.float()."
        )
    if dtype is not None and dtype.is_complex and not x.dtype.is_complex:
        raise DTypeError(
            "linalg.vector_norm: dtype should be floating point for real inputs, but got "
            f"{scalar_type_name(dtype)}. The result is real in any case."
        )
    if dtype is not None and x.dtype.is_complex and not dtype.is_complex:
        raise DTypeError(
            "linalg.vector_norm: dtype should be complex for complex inputs, but got "
            f"{scalar_type_name(dtype)}. The result is real in any case."
        )
    if dtype is not None and torchere.promote_types(x.dtype, dtype) is not dtype:
        raise DTypeError(
            f"linalg.vector_norm: the dtype of the input ({scalar_type_name(x.dtype)}) should be convertible without "
            f"narrowing to the specified dtype ({scalar_type_name(dtype)}). Convert the result instead."
        )
    if (ord < 0 or ord == inf) and element_count(x.shape, dim) == 0 and x.ndim:
        where = "an empty tensor"
        if dim:
            where = f"the dimension {next(axis for axis in dim if x.shape[axis] == 0)}"
        raise ShapeError(
            f"linalg.vector_norm cannot compute the {ord:g} norm on {where} because the operation does not have an "
            f"identity (input has shape {tuple(x.shape)})."
        )


def _norm_gradient(
    grad: Tensor, x: Tensor, out: Tensor, ord: Number, dim: tuple[int, ...] | None, keepdim: bool
) -> Tensor:
    """Derivative of the norm; where it has none (at zero), PyTorch's subgradient 0."""
    shape = x.shape
    if ord == 0:
        return x * 0
    grad, out = spread(grad, shape, dim, keepdim), spread_like(out, shape, dim, keepdim)
    if ord == 1:
        return grad * x.sgn()
    if ord == 2:
        return grad * (x / out).masked_fill(out == 0, 0)
    size = x.abs()
    if ord in (inf, -inf):
        chosen = (size == out).logical_or(size.isnan().logical_and(out.isnan())).to(grad.dtype)
        return grad * x.sgn() * (chosen / chosen.sum(dim, keepdim=True))
    if ord < 2:
        # |x|^(ord-1) has an infinite slope at zero, and below ord = 1 is infinite itself.
        powers = size.masked_fill(size == 0, 1).pow(ord - 1).masked_fill(size == 0, 0) * x.sgn()
    else:
        powers = x * size.pow(ord - 2)
    scale = (grad / out.pow(ord - 1)).masked_fill(out == 0, 0)
    return powers * scale


@operator(namespace="linalg", result="array", check=_check_vector_norm)
def linalg_vector_norm(
    x: Tensor, ord: Number = 2, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:
    """``(Σ|x|^ord)^(1/ord)`` over `dim` (all axes by default), real.

    The largest |x| for ``ord=inf``, the smallest for ``-inf``, the number of non-zeros for 0.
    Dtype: `dtype` if given (its real part for complex ones), else the input's.
    Raises: RuntimeError for integers, or an extreme (ord = inf, ord < 0) of no elements.
    Source: https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
    """
    if dtype is not None:
        x = x.to(dtype)
    size = x.abs()
    if ord == inf:
        return size.amax(dim, keepdim)
    if ord == -inf:
        return size.amin(dim, keepdim)
    if ord == 0:
        return (size != 0).to(size.dtype).sum(dim, keepdim)
    if ord == 1:
        return size.sum(dim, keepdim)
    if ord == 2:
        return (size * size).sum(dim, keepdim).sqrt()
    return size.pow(ord).sum(dim, keepdim).pow(1 / ord)


linalg_vector_norm.gradient(x=_norm_gradient)


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
    return linalg_vector_norm(input, 2 if p is None else p, dim, keepdim, dtype=dtype)


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
    return linalg_vector_norm(difference, p)


@operator(method=True, inplace=True)
def renorm(input: Tensor, p: Number, dim: Dim, maxnorm: Number) -> Tensor:
    """Every slice ``input[..., i, ...]`` along `dim` shortened to the p-norm `maxnorm` where its norm is larger.

    Source: https://pytorch.org/docs/stable/generated/torch.renorm.html
    """
    if input.ndim < 2:
        raise ShapeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    others = tuple(axis for axis in range(input.ndim) if axis != dim)
    norms = linalg_vector_norm(input, p, others, True)
    # The small constant keeps the shortened norm below maxnorm in spite of rounding (as PyTorch).
    return input * torchere.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0).to(input.dtype)


@operator(namespace="nn.functional")
def normalize(input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """`input` divided by its p-norm along `dim`, the norm being at least `eps`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
    """
    return input / input.norm(p, dim, keepdim=True).clamp_min(eps)
