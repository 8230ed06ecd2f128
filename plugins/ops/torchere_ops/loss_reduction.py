"""What all losses share: the reduction, its deprecated spellings, and the warning about unequal shapes."""

from __future__ import annotations

import warnings

from torchere import Tensor
from torchere.errors import ArgumentError, UnsupportedDTypeError

__all__ = ["chosen_reduction", "reduced", "require_floating", "require_reduction", "warn_unless_same_size"]


def chosen_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """`reduction`, or what the deprecated `size_average` and `reduce` mean (with a warning). Checks it."""
    if size_average is None and reduce is None:
        require_reduction(reduction)
        return reduction
    if reduce is False:
        meant = "none"
    else:
        meant = "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.", stacklevel=4
    )
    return meant


def require_reduction(reduction: str) -> None:
    """ValueError unless `reduction` is one of the three."""
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f"{reduction} is not a valid value for reduction. Use 'none', 'mean' or 'sum'.")


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The mean, the sum or all elements of `loss`. ValueError: another `reduction`."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    require_reduction(reduction)
    return loss


def require_floating(name: str, *tensors: Tensor) -> None:
    """NotImplementedError unless some operand is floating, and none complex."""
    if any(x.dtype.is_complex for x in tensors) or not any(x.dtype.is_floating_point for x in tensors):
        raise UnsupportedDTypeError(f'"{name}" not implemented for {tensors[0].dtype}. Convert first: input.float().')


def warn_unless_same_size(input: Tensor, target: Tensor) -> None:
    """UserWarning where the shapes differ: broadcasting a loss is usually a mistake."""
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            "This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=4,
        )
