"""Checks that operators on square matrices share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchere import Tensor
from torchere.dtype_sets import WIDE
from torchere.errors import ShapeError, UnsupportedDTypeError
from torchere.promotion import scalar_type_name

__all__ = ["check_square", "checked_inexact", "checked_matrix", "checked_square"]


def checked_matrix(operator_name: str, A: Tensor) -> None:
    """Raise ShapeError unless `A` has two axes or more."""
    if A.ndim < 2:
        raise ShapeError(
            f"{operator_name}: The input tensor A must have at least 2 dimensions, but got shape {tuple(A.shape)}."
        )


def checked_inexact(operator_name: str, A: Tensor) -> None:
    """Raise UnsupportedDTypeError for integers and for floats of 16 bits or fewer (unless there is no element)."""
    if not (A.dtype.is_floating_point or A.dtype.is_complex):
        raise UnsupportedDTypeError(
            f"{operator_name}: Expected a floating point or complex tensor as input. Got "
            f"{scalar_type_name(A.dtype)}. Convert first: A.double()."
        )
    if A.dtype.name not in WIDE and A.numel():
        raise UnsupportedDTypeError(
            f"{operator_name}: Low precision dtypes not supported. Got {scalar_type_name(A.dtype)}. "
            "Convert first: A.float()."
        )


def checked_square(operator_name: str, A: Tensor) -> None:
    """Raise unless `A` holds square matrices of a dtype that can be factorised."""
    checked_matrix(operator_name, A)
    rows, columns = A.shape[-2:]
    if rows != columns:
        raise ShapeError(
            f"{operator_name}: A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    checked_inexact(operator_name, A)


def check_square(operator_name: str) -> Callable[..., None]:
    """`checked_square` as the ``check`` of a declaration."""

    def check(A: Tensor, *arguments: Any, **options: Any) -> None:
        checked_square(operator_name, A)

    return check
