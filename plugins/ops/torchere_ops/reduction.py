"""Sums, products, means and truth reductions over any set of axes.

Everywhere `dim` is an axis, a tuple of axes, or None (or an empty tuple) for all of them; `keepdim` leaves reduced
axes in place with length one.
"""

from __future__ import annotations

import torchere
from torchere import Tensor, dtypes
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import Dim, Dims, DType, operator, primitive
from torchere.promotion import scalar_type_name

from .reduced_axes import element_count, spread

__all__ = ["all", "any", "count_nonzero", "mean", "nanmean", "nansum", "prod", "sum", "trace"]


@primitive(method=True, result="array")
def sum(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Sum of the elements over `dim`.

    Dtype: `dtype` if given (the input is cast before it is summed), int64 for bool and integers, else the input's;
    16-bit floats are accumulated in float32. The sum of nothing is 0.
    Source: https://pytorch.org/docs/stable/generated/torch.sum.html
    """
    ...


sum.gradient(input=lambda grad, input_shape, dim, keepdim: spread(grad, input_shape, dim, keepdim))


def products_of_others(input: Tensor, dim: int) -> Tensor:
    """For each element the product of all *other* elements along `dim`.

    Products from the left and from the right instead of a division, so zeros in the input are exact.
    """
    length = input.shape[dim]
    if length == 0:
        return input
    one = input.new_ones((*input.shape[:dim], 1, *input.shape[dim + 1 :]))
    before = torchere.cat([one, input.narrow(dim, 0, length - 1).cumprod(dim)], dim)
    after = torchere.cat([one, input.narrow(dim, 1, length - 1).flip(dim).cumprod(dim)], dim).flip(dim)
    return before * after


def _prod_gradient(grad: Tensor, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    shape = input.shape
    values = input.to(grad.dtype)
    if dim is None or not shape:
        others = products_of_others(values.reshape(-1), 0).reshape(shape)
        return grad.reshape(()) * others.conj()
    if not keepdim:
        grad = grad.unsqueeze(dim)
    return grad * products_of_others(values, dim).conj()


@primitive(method=True, result="array")
def prod(input: Tensor, dim: Dim | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Product of the elements over one axis, or over all of them.

    Dtype as `sum`. The product of nothing is 1. The gradient is exact where elements are zero.
    Source: https://pytorch.org/docs/stable/generated/torch.prod.html
    """
    ...


prod.gradient(input=_prod_gradient)


def _check_mean(
    input: Tensor, dim: tuple[int, ...] | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> None:
    chosen, word = (input.dtype, "Input") if dtype is None else (dtype, "Optional")
    if not (chosen.is_floating_point or chosen.is_complex):
        raise DTypeError(
            f"mean(): could not infer output dtype. {word} dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_type_name(chosen)}. Convert first: input.float(), or pass dtype=torchere.float32."
        )


@operator(method=True, result="array", check=_check_mean)
def mean(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Arithmetic mean over `dim`; NaN where there are no elements.

    Dtype: `dtype` if given, else the input's, which must be floating or complex.
    Raises: RuntimeError for integers or bool without a floating `dtype`.
    Source: https://pytorch.org/docs/stable/generated/torch.mean.html
    """
    target = input.dtype if dtype is None else dtype
    # The sum of 16-bit numbers leaves their range long before the mean does.
    wide = dtypes.float32 if target.itemsize < 4 else dtype
    total = input.sum(dim, keepdim, dtype=wide) / element_count(input.shape, dim)
    return total if target.itemsize >= 4 else total.to(target)


mean.gradient(
    input=lambda grad, input_shape, dim, keepdim: spread(
        grad / element_count(input_shape, dim), input_shape, dim, keepdim
    )
)


def _check_nansum(
    input: Tensor, dim: tuple[int, ...] | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> None:
    if input.dtype.is_complex:
        raise DTypeError("nansum does not support complex inputs. Sum input.real and input.imag separately.")


@operator(method=True, result="array", check=_check_nansum)
def nansum(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Sum over `dim` with NaN counted as zero. Dtype as `sum`; complex input raises RuntimeError.

    Source: https://pytorch.org/docs/stable/generated/torch.nansum.html
    """
    if input.dtype.is_floating_point:
        input = input.masked_fill(input.isnan(), 0)
    return input.sum(dim, keepdim, dtype=dtype)


nansum.gradient(
    input=lambda grad, input, dim, keepdim: spread(grad, input.shape, dim, keepdim) * input.isnan().logical_not()
)


def _check_nanmean(
    input: Tensor, dim: tuple[int, ...] | None = None, keepdim: bool = False, *, dtype: DType | None = None
) -> None:
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise DTypeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{scalar_type_name(input.dtype)}. Convert first, for example input.float()."
        )


@operator(method=True, result="array", check=_check_nanmean)
def nanmean(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: DType | None = None) -> Tensor:
    """Mean over `dim` of the elements that are not NaN; NaN where there are none.

    Source: https://pytorch.org/docs/stable/generated/torch.nanmean.html
    """
    present = input.isnan().logical_not()
    return input.nansum(dim, keepdim, dtype=dtype) / present.sum(dim, keepdim)


@primitive(method=True, result="array")
def all(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Whether every element over `dim` is non-zero; true for no elements. NaN counts as non-zero.

    An empty tuple reduces no axis. Dtype: bool, but uint8 for uint8 input (as PyTorch).
    Source: https://pytorch.org/docs/stable/generated/torch.all.html
    """
    ...


@primitive(method=True, result="array")
def any(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Whether some element over `dim` is non-zero; false for no elements. NaN counts as non-zero.

    An empty tuple reduces no axis. Dtype: bool, but uint8 for uint8 input (as PyTorch).
    Source: https://pytorch.org/docs/stable/generated/torch.any.html
    """
    ...


@operator(method=True, result="int64", out=False)
def count_nonzero(input: Tensor, dim: Dims | None = None) -> Tensor:
    """Number of non-zero elements over `dim`, as int64. NaN counts as non-zero.

    Source: https://pytorch.org/docs/stable/generated/torch.count_nonzero.html
    """
    return (input != 0).sum(dim)


def _check_trace(input: Tensor) -> None:
    if input.dtype is torchere.bool:
        raise UnsupportedDTypeError("\"trace\" not implemented for 'Bool'. Convert first: input.long().")
    if input.ndim != 2:
        raise ShapeError(
            f"trace: expected a matrix, but got tensor with dim {input.ndim} (shape {tuple(input.shape)}). "
            "For batches use input.diagonal(dim1=-2, dim2=-1).sum(-1)."
        )


@operator(method=True, result="array", check=_check_trace)
def trace(input: Tensor) -> Tensor:
    """Sum of the main diagonal of a matrix ``(n, m)``; int64 for integers.

    Raises: RuntimeError unless `input` has two axes.
    Source: https://pytorch.org/docs/stable/generated/torch.trace.html
    """
    return input.diagonal().sum()
