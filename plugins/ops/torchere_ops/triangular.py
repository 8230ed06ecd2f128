"""Triangles of matrices, and the indices of their elements."""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import ShapeError
from torchere.operators import composite, operator

from .creation import arange

__all__ = ["tril", "tril_indices", "triu", "triu_indices"]


def _check_triangle(name: str) -> Any:
    def check(input: Tensor, diagonal: int) -> None:
        if diagonal.__class__ is bool:
            raise TypeError(f"{name}(): argument 'diagonal' (position 2) must be int, not bool")
        if input.ndim < 2:
            raise ShapeError(f"{name}: input tensor must have at least 2 dimensions, got shape {list(input.shape)}")

    return check


def _band(input: Tensor) -> Tensor:
    """Column minus row, for the last two dimensions."""
    rows, columns = input.shape[-2:]
    return arange(columns, device=input.device) - arange(rows, device=input.device).unsqueeze(1)


@operator(method=True, inplace=True, check=_check_triangle("tril"), out="exact")
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix, on and below the `diagonal`-th diagonal; zero elsewhere."""
    return input.masked_fill(_band(input) > diagonal, 0)


tril.gradient(input=lambda grad, diagonal: grad.tril(diagonal))


@operator(method=True, inplace=True, check=_check_triangle("triu"), out="exact")
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix, on and above the `diagonal`-th diagonal; zero elsewhere."""
    return input.masked_fill(_band(input) < diagonal, 0)


triu.gradient(input=lambda grad, diagonal: grad.triu(diagonal))


def _triangle_indices(row: int, col: int, dtype: DType, device: Any, keep: Any) -> Tensor:
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            raise ShapeError(f"{name} must be non-negative, got {size}")
    band = arange(col, device=device) - arange(row, device=device).unsqueeze(1)
    return keep(band).nonzero().t().contiguous().to(dtype)


@composite()
def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Rows and columns, as a ``(2, n)`` tensor, of a matrix' elements on and below diagonal `offset`."""
    return _triangle_indices(row, col, dtype or torchere.int64, device, lambda band: band <= offset)


@composite()
def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: DType | None = None,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Rows and columns, as a ``(2, n)`` tensor, of a matrix' elements on and above diagonal `offset`."""
    return _triangle_indices(row, col, dtype or torchere.int64, device, lambda band: band >= offset)
