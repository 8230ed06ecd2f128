"""Softmax, its logarithm, and the logarithm of summed exponentials.

All subtract the largest element first, so no exponential overflows.
"""

from __future__ import annotations

from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.errors import UnsupportedDTypeError
from torchere.operators import Dim, Dims, DType, operator
from torchere.promotion import scalar_type_name

from .reduced_axes import spread, spread_like

__all__ = ["log_softmax", "logsumexp", "softmax", "softmin"]


def _require_floating(name: str, input: Tensor, dtype: DType | None) -> None:
    chosen = input.dtype if dtype is None else dtype
    if not chosen.is_floating_point:
        raise UnsupportedDTypeError(
            f"\"{name}_kernel_impl\" not implemented for '{scalar_type_name(chosen)}'. "
            f"Convert first, or pass dtype=torchere.float32 to {name}."
        )


def _check_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> None:
    _require_floating("softmax", input, dtype)


def _check_log_softmax(input: Tensor, dim: int, dtype: DType | None = None) -> None:
    _require_floating("log_softmax", input, dtype)


@operator(dtypes=FLOATING)
def _softmax_backward_data(grad_output: Tensor, output: Tensor, dim: Dim) -> Tensor:
    """Gradient of `softmax`'s input from that of its output."""
    weighted = grad_output * output
    return weighted - output * weighted.sum(dim, keepdim=True)


@operator(dtypes=FLOATING)
def _log_softmax_backward_data(grad_output: Tensor, output: Tensor, dim: Dim) -> Tensor:
    """Gradient of `log_softmax`'s input from that of its output."""
    return grad_output - output.exp() * grad_output.sum(dim, keepdim=True)


@operator(method=True, namespace=("", "special"), result="array", check=_check_softmax)
def softmax(input: Tensor, dim: Dim, dtype: DType | None = None) -> Tensor:
    """``exp(x) / Σ exp(x)`` along `dim`: positive, summing to one.

    Dtype: `dtype` if given (the input is cast first), else the input's, which must be floating.
    A slice of -inf only, or one that holds +inf or NaN, gives NaN.
    Raises: NotImplementedError for other dtypes than floating ones.
    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
    """
    if dtype is not None:
        input = input.to(dtype)
    if 0 in input.shape:
        return input.clone()
    powers = (input - input.detach().amax(dim, keepdim=True)).exp()
    return powers / powers.sum(dim, keepdim=True)


softmax.gradient(input=lambda grad, out, dim: _softmax_backward_data(grad, out, dim))


@operator(method=True, namespace=("", "special"), result="array", check=_check_log_softmax)
def log_softmax(input: Tensor, dim: Dim, dtype: DType | None = None) -> Tensor:
    """``x - log Σ exp(x)`` along `dim`: the logarithm of `softmax`, exact where that underflows.

    Dtype and errors as `softmax`.
    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
    """
    if dtype is not None:
        input = input.to(dtype)
    if 0 in input.shape:
        return input.clone()
    shifted = input - input.detach().amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


log_softmax.gradient(input=lambda grad, out, dim: _log_softmax_backward_data(grad, out, dim))


@operator(namespace="nn.functional")
def softmin(input: Tensor, dim: Dim, dtype: DType | None = None) -> Tensor:
    """``softmax(-input)`` along `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
    """
    return (-input).softmax(dim, dtype)


@operator(method=True, namespace=("", "special"), promote="float", dtypes=FLOATING + COMPLEX)
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """``log Σ exp(x)`` over `dim`; -inf for no elements. Integers become the default float dtype.

    Source: https://pytorch.org/docs/stable/generated/torch.logsumexp.html
    """
    if 0 in input.shape:
        return input.exp().sum(dim, keepdim).log()
    level = input.detach().real if input.dtype.is_complex else input.detach()
    level = level.amax(dim, keepdim=True)
    # An infinite maximum would make inf - inf; shifting by zero is right there.
    level = level.masked_fill(level.isinf(), 0)
    total = (input - level).exp().sum(dim, keepdim).log()
    return total + (level if keepdim or not dim else level.reshape(total.shape))


def _logsumexp_gradient(grad: Tensor, input: Tensor, out: Tensor, dim: tuple[int, ...], keepdim: bool) -> Tensor:
    total = spread_like(out, input.shape, dim, keepdim)
    return spread(grad, input.shape, dim, keepdim) * (input - total).exp().conj()


logsumexp.gradient(input=_logsumexp_gradient)
