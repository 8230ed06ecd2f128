"""Variance and standard deviation, with and without the mean.

The public functions take PyTorch's two forms: ``(input, dim, unbiased, keepdim)`` and
``(input, dim, *, correction, keepdim)``; ``var(x, False)`` means ``unbiased=False`` over all elements.
"""

from __future__ import annotations

from collections.abc import Sequence

import torchere
from torchere import Tensor
from torchere.errors import DTypeError
from torchere.operators import Dims, Number, operator

from .reduced_axes import element_count, spread, spread_like

__all__ = ["std", "std_mean", "var", "var_mean"]


def _degrees(shape: Sequence[int], dim: Sequence[int] | None, correction: Number) -> float:
    """The divisor ``max(0, n - correction)``."""
    degrees = element_count(shape, dim) - correction
    return degrees if degrees > 0 else 0


def _check(input: Tensor, dim: tuple[int, ...] | None, correction: Number, keepdim: bool) -> None:
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise DTypeError(
            f"std and var only support floating point and complex dtypes, but input is {input.dtype}. "
            "Convert first: input.float()."
        )


def _centred(input: Tensor, dim: tuple[int, ...] | None) -> Tensor:
    return input - spread_like(input.mean(dim), input.shape, dim, False)


def _var_gradient(
    grad: Tensor, input: Tensor, dim: tuple[int, ...] | None, correction: Number, keepdim: bool
) -> Tensor:
    degrees = _degrees(input.shape, dim, correction)
    slopes, centred = spread(grad, input.shape, dim, keepdim), _centred(input, dim)
    if degrees:
        return slopes * (2 / degrees) * centred
    # Without degrees of freedom the variance is 0/0 or x/0.
    return slopes * torchere.where(centred == 0, float("nan"), float("inf")).to(input.dtype)


def _std_gradient(
    grad: Tensor, input: Tensor, out: Tensor, dim: tuple[int, ...] | None, correction: Number, keepdim: bool
) -> Tensor:
    # At zero deviation the slope is infinite in every direction; PyTorch takes the subgradient 0.
    through_root = (grad / (out * 2)).masked_fill(out == 0, 0)
    return _var_gradient(through_root, input, dim, correction, keepdim)


@operator(result="real", check=_check)
def _var(input: Tensor, dim: Dims | None, correction: Number, keepdim: bool) -> Tensor:
    """Variance over `dim` with divisor ``max(0, n - correction)``; of complex input that of both parts together."""
    centred = _centred(input, dim)
    squares = (centred * centred.conj()).real if input.dtype.is_complex else centred * centred
    total = squares.sum(dim, keepdim)
    degrees = _degrees(input.shape, dim, correction)
    # One element without degrees of freedom is 0/0, more of them x/0.
    return total / degrees


_var.gradient(input=_var_gradient)


@operator(result="real", check=_check)
def _std(input: Tensor, dim: Dims | None, correction: Number, keepdim: bool) -> Tensor:
    """Square root of `_var`."""
    return _var(input, dim, correction, keepdim).sqrt()


_std.gradient(input=_std_gradient)


def _form(
    dim: int | Sequence[int] | bool | None, unbiased: bool | None, correction: Number | None
) -> tuple[int | Sequence[int] | None, Number]:
    """Axes and correction of PyTorch's overloads."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(
                f"var and std take either unbiased or correction, not both (got unbiased={unbiased} and "
                f"correction={correction}). Use correction={int(unbiased)}."
            )
        return dim, int(unbiased)
    return dim, 1 if correction is None else correction


@operator(method=True)
def var(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> Tensor:
    """Variance over `dim` (all elements by default): squared deviations divided by ``max(0, n - correction)``.

    `correction` is 1 unless given; ``unbiased=False`` means ``correction=0``. NaN for too few elements.
    Dtype: floating, or complex with a real result. Raises: RuntimeError for integers.
    Source: https://pytorch.org/docs/stable/generated/torch.var.html
    """
    axes, divisor = _form(dim, unbiased, correction)
    return _var(input, axes, divisor, keepdim)


@operator(method=True)
def std(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> Tensor:
    """Standard deviation over `dim`: the square root of `var`, with the same arguments.

    Source: https://pytorch.org/docs/stable/generated/torch.std.html
    """
    axes, divisor = _form(dim, unbiased, correction)
    return _std(input, axes, divisor, keepdim)


@operator(out=False)
def var_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """Variance and mean over `dim`, with the arguments of `var`.

    Source: https://pytorch.org/docs/stable/generated/torch.var_mean.html
    """
    axes, divisor = _form(dim, unbiased, correction)
    return _var(input, axes, divisor, keepdim), input.mean(axes, keepdim)


@operator(out=False)
def std_mean(
    input: Tensor,
    dim: int | Sequence[int] | bool | None = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """Standard deviation and mean over `dim`, with the arguments of `var`.

    Source: https://pytorch.org/docs/stable/generated/torch.std_mean.html
    """
    axes, divisor = _form(dim, unbiased, correction)
    return _std(input, axes, divisor, keepdim), input.mean(axes, keepdim)
