"""Kronecker and cross products, chains of matrix products and matrix powers."""

from __future__ import annotations

from collections.abc import Sequence

import torchere
from torchere import Tensor
from torchere.deprecation import warn_once
from torchere.dtype_sets import NUMERIC
from torchere.errors import ShapeError
from torchere.operators import composite, operator

from .creation import placed
from .matmul import matmul

__all__ = ["chain_matmul", "cross", "kron", "linalg_cross", "linalg_matrix_power", "linalg_multi_dot", "matrix_power"]


@operator(method=True, promote="same")
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker product: every element of `input` times all of `other`.

    Shape: sizes multiply dimension by dimension, the operand with fewer dimensions being padded with ones in front.
    """
    rank = max(input.ndim, other.ndim)
    a = (1,) * (rank - input.ndim) + tuple(input.shape)
    b = (1,) * (rank - other.ndim) + tuple(other.shape)
    # Interleave the dimensions: (a0, 1, a1, 1, …) * (1, b0, 1, b1, …), then merge each pair.
    left = input.reshape([size for n in a for size in (n, 1)])
    right = other.reshape([size for n in b for size in (1, n)])
    return (left * right).reshape([n * m for n, m in zip(a, b, strict=True)])


# ------------------------------------------------------------------------------------------------------ cross product


def _cross(input: Tensor, other: Tensor, dim: int) -> Tensor:
    if input.ndim != other.ndim:
        raise ShapeError(
            "linalg.cross: inputs must have the same number of dimensions. Got shapes "
            f"{tuple(input.shape)} and {tuple(other.shape)}: add dimensions with unsqueeze()."
        )
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got {dim})"
        )
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ShapeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[dim]} and {other.shape[dim]}"
        )
    dim %= input.ndim
    a, b = torchere.broadcast_tensors(input, other)
    return a.roll(-1, dim) * b.roll(-2, dim) - a.roll(-2, dim) * b.roll(-1, dim)


@operator(namespace="linalg", dtypes=NUMERIC, same_dtype="strict")
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """Cross product of vectors of three elements along `dim`; the other dimensions broadcast.

    Raises RuntimeError unless both have length 3 along `dim` and the same number of dimensions.
    """
    return _cross(input, other, dim)


@operator(method=True, dtypes=NUMERIC, same_dtype="strict")
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Cross product along `dim`, by default the first dimension of size 3 (`linalg.cross` takes the last one).

    Raises RuntimeError unless both have length 3 along `dim`, or no dimension has.
    """
    if dim is None:
        dim = next((axis for axis, size in enumerate(input.shape) if size == 3), None)
        if dim is None:
            raise ShapeError(f"no dimension of size 3 in input: cross() got shape {tuple(input.shape)}")
    return _cross(input, other, dim)


# ------------------------------------------------------------------------------------------------------------- chains


def _cheapest_split(sizes: list[int]) -> list[list[int]]:
    """For every stretch of a matrix chain the place to split it that multiplies least (Cormen et al., 15.2)."""
    count = len(sizes) - 1
    cost = [[0] * count for _ in range(count)]
    split = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            options = [
                (cost[first][k] + cost[k + 1][last] + sizes[first] * sizes[k + 1] * sizes[last + 1], k)
                for k in range(first, last)
            ]
            cost[first][last], split[first][last] = min(options)
    return split


def _multiply_chain(matrices: list[Tensor]) -> Tensor:
    sizes = [matrices[0].shape[0], *(matrix.shape[1] for matrix in matrices)]
    split = _cheapest_split(sizes)

    def product(first: int, last: int) -> Tensor:
        if first == last:
            return matrices[first]
        at = split[first][last]
        return matmul(product(first, at), product(at + 1, last))

    return product(0, len(matrices) - 1)


@composite(namespace="linalg")
def linalg_multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Product of two or more matrices in the order that needs the fewest multiplications.

    The first may be a row vector and the last a column vector (1-d), whose dimension the result then lacks.
    Raises RuntimeError for fewer than two tensors, other ranks, or sizes that do not fit.
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise ShapeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for number, tensor in enumerate(tensors):
        outer = number in (0, len(tensors) - 1)
        if tensor.ndim != 2 and not (outer and tensor.ndim == 1):
            which = {0: "the first tensor", len(tensors) - 1: "the last tensor"}.get(number, f"tensor {number}")
            ranks = "1D or 2D" if outer else "2D"
            raise ShapeError(f"multi_dot(): {which} must be {ranks} but got {tensor.ndim}D")
        if tensor.dtype is not tensors[0].dtype:
            raise ShapeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {tensors[0].dtype} and tensor "
                f"{number} {tensor.dtype}"
            )
    matrices = list(tensors)
    if tensors[0].ndim == 1:
        matrices[0] = tensors[0].unsqueeze(0)
    if tensors[-1].ndim == 1:
        matrices[-1] = tensors[-1].unsqueeze(1)
    for number in range(len(matrices) - 1):
        if matrices[number].shape[1] != matrices[number + 1].shape[0]:
            raise ShapeError(
                f"multi_dot(): tensors {number} and {number + 1} with shapes {list(tensors[number].shape)} and "
                f"{list(tensors[number + 1].shape)} cannot be multiplied"
            )
    result = _multiply_chain(matrices)
    if tensors[-1].ndim == 1:
        result = result.squeeze(1)
    return placed(result.squeeze(0) if tensors[0].ndim == 1 else result, out)


@composite
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """Product of one or more matrices in the cheapest order; `linalg.multi_dot` is the newer name.

    Raises RuntimeError without matrices or when sizes do not fit.
    """
    warn_once("chain_matmul", "Use torch.linalg.multi_dot([...]), which takes the matrices as a list.")
    if len(matrices) == 1 and isinstance(matrices[0], list | tuple):
        matrices = tuple(matrices[0])
    if not matrices:
        raise ShapeError("chain_matmul(): Expected one or more matrices")
    for matrix in matrices:
        if matrix.ndim != 2:
            raise ShapeError(f"chain_matmul(): expected 2D tensors, but got shape {tuple(matrix.shape)}")
    return placed(matrices[0] if len(matrices) == 1 else linalg_multi_dot(matrices), out)


# ------------------------------------------------------------------------------------------------------------- powers


def _matrix_power(input: Tensor, n: int) -> Tensor:
    if input.ndim < 2:
        raise ShapeError(
            "linalg.matrix_power: The input tensor A must have at least 2 dimensions, but got shape "
            f"{tuple(input.shape)}."
        )
    rows, columns = input.shape[-2:]
    if rows != columns:
        raise ShapeError(
            f"linalg.matrix_power: A must be batches of square matrices, but they are {rows} by {columns} matrices"
        )
    if n < 0:
        input, n = torchere.linalg.inv(input), -n
    if n == 0:
        unit = torchere.eye(rows, dtype=input.dtype, device=input.device)
        return unit.expand(input.shape).clone()
    result: Tensor | None = None
    square = input
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        if n:
            square = matmul(square, square)
    assert result is not None
    return result.clone() if result is input else result


@operator(method=True, dtypes=NUMERIC)
def matrix_power(input: Tensor, n: int) -> Tensor:
    """The n-th power of square matrices ``(*, m, m)`` by repeated squaring; a negative `n` inverts first.

    Raises RuntimeError for matrices that are not square.
    """
    return _matrix_power(input, n)


@composite(namespace="linalg")
def linalg_matrix_power(A: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of square matrices ``(*, m, m)``; see `matrix_power`."""
    return placed(_matrix_power(A, n), out)
