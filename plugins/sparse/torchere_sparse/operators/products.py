"""Products that know patterns: ``torch.sparse.mm``, `sampled_addmm`, `addmm`, and their elder forms."""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import ShapeError
from torchere.layouts import strided
from torchere.operators import composite, operator, primitive

from .methods import to_sparse
from .pattern import compressed_from, masked_like, with_values

__all__ = ["addmm", "mm", "sampled_addmm", "solve"]


def _adjoint(tensor: Tensor) -> Tensor:
    turned = tensor.transpose(-2, -1)
    return turned.conj_physical() if tensor.dtype.is_complex else turned


@operator(name="sparse_product", namespace=(), out=False, result="array")
def product(input: Tensor, mat2: Tensor) -> Tensor:
    """``input @ mat2``; the gradient of a sparse operand has its pattern."""
    return input.matmul(mat2)


def _places(pattern: Tensor) -> tuple[Tensor, Tensor] | None:
    """Row and column of each value of a matrix; None for blocks."""
    if pattern.is_sparse:
        where = pattern._indices()
        return where[0], where[1]
    if pattern.layout in (torchere.sparse_csr, torchere.sparse_csc) and pattern.ndim == 2:
        rows, columns = pattern._array.expanded()
        return torchere.from_numpy(rows), torchere.from_numpy(columns)
    return None


def sampled(left: Tensor, right: Tensor, pattern: Tensor) -> Tensor:
    """``left @ right`` where `pattern` specifies elements, and nowhere else computed if both are dense."""
    pattern = pattern.detach()
    if pattern.is_sparse:
        pattern = pattern.coalesce()
    places = _places(pattern) if left.layout is strided and right.layout is strided else None
    if places is None:
        return masked_like(left @ right, pattern)
    rows, columns = places
    values = (left.index_select(0, rows) * right.transpose(0, 1).index_select(0, columns)).sum(1)
    return with_values(pattern, values)


def _to_first(grad: Tensor, input: Tensor, mat2: Tensor) -> Tensor:
    other = _adjoint(mat2)
    return grad @ other if input.layout is strided else sampled(grad, other, input)


def _to_second(grad: Tensor, input: Tensor, mat2: Tensor) -> Tensor:
    other = _adjoint(input)
    return other @ grad if mat2.layout is strided else sampled(other, grad, mat2)


product.gradient(input=_to_first, mat2=_to_second)


def _check_matrices(mat1: Tensor, mat2: Tensor, name: str) -> None:
    for tensor in (mat1, mat2):
        if tensor.ndim != 2:
            raise ShapeError(
                f"{name}: Expected 2D matrices, got shapes {list(mat1.shape)} and {list(mat2.shape)}. Use "
                f"matmul or bmm."
            )


@composite(namespace="sparse")
def mm(mat1: Tensor, mat2: Tensor, reduce: str = "sum") -> Tensor:
    """The product of two matrices, of which at least one is sparse; sparse if both are.

    The gradient of a sparse operand is sparse, with its pattern. `reduce` (``"sum"``, ``"mean"``, ``"amax"``,
    ``"amin"``; CSR times dense) combines the terms of each sum in another way.
    Source: https://pytorch.org/docs/stable/generated/torch.sparse.mm.html
    """
    _check_matrices(mat1, mat2, "sparse.mm")
    if reduce != "sum":
        return _reduced_product(mat1, mat2, reduce)
    return product(mat1, mat2)


def _reduced_product(mat1: Tensor, mat2: Tensor, reduce: str) -> Tensor:
    if reduce not in ("mean", "amax", "amin"):
        raise RuntimeError(f"sparse.mm: reduce must be 'sum', 'mean', 'amax' or 'amin', got {reduce!r}")
    if mat1.layout is not torchere.sparse_csr or mat2.layout is not strided:
        raise RuntimeError("sparse.mm: reduce needs a CSR matrix and a dense one. Convert: x.to_sparse_csr().")
    rows, columns = _places(mat1)  # type: ignore[misc]
    terms = mat1.values().unsqueeze(1) * mat2.index_select(0, columns)
    start = torchere.zeros((mat1.shape[0], mat2.shape[1]), dtype=terms.dtype)
    places = rows.unsqueeze(1).expand(terms.shape)
    return start.scatter_reduce(0, places, terms, reduce, include_self=False)  # type: ignore[no-any-return]


@composite(namespace="sparse")
def addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1.0, alpha: Any = 1.0) -> Tensor:
    """``beta·mat + alpha·(mat1 @ mat2)`` with `mat1` sparse; gradients as of `mm`."""
    _check_matrices(mat1, mat2, "sparse.addmm")
    result = product(mat1, mat2)
    if mat.layout is strided and result.layout is not strided:
        raise RuntimeError("sparse.addmm: the product of two sparse matrices is added to a sparse one only")
    return (mat if beta == 1 else mat * beta) + (result if alpha == 1 else result * alpha)


@composite(namespace="sparse")
def sampled_addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1.0, alpha: Any = 1.0, out: Any = None
) -> Tensor:
    """``beta·input + alpha·(mat1 @ mat2)`` where the CSR matrix `input` specifies elements.

    Shape: input ``(m, n)`` CSR, mat1 ``(m, k)``, mat2 ``(k, n)`` dense. Differentiable in all.
    """
    if input.layout is not torchere.sparse_csr:
        raise RuntimeError(
            f"sampled_addmm: Expected input to have sparse csr layout, but got {input.layout}. Use x.to_sparse_csr()."
        )
    if mat1.layout is not strided or mat2.layout is not strided:
        raise RuntimeError("sampled_addmm: Expected mat1 and mat2 to have strided layout. Use x.to_dense().")
    if mat1.ndim != 2 or mat2.ndim != 2 or mat1.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"sampled_addmm: mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, mat1.shape))} and "
            f"{'x'.join(map(str, mat2.shape))})"
        )
    if (mat1.shape[0], mat2.shape[1]) != tuple(input.shape):
        raise RuntimeError(
            f"sampled_addmm: the product of shape {[mat1.shape[0], mat2.shape[1]]} and input of shape "
            f"{list(input.shape)} differ"
        )
    rows, columns = _places(input)  # type: ignore[misc]
    inner = (mat1.index_select(0, rows) * mat2.transpose(0, 1).index_select(0, columns)).sum(1)
    array = input._array
    values = input.values() * beta + inner * alpha
    result = compressed_from(values, input.crow_indices(), input.col_indices(), array.shape, array.layout)
    if out is not None:
        out.copy_(result)
        return out  # type: ignore[no-any-return]
    return result


@composite(method=True)
def smm(input: Tensor, mat: Tensor) -> Tensor:
    """The product of a sparse and a dense matrix, as a sparse one."""
    _check_matrices(input, mat, "smm")
    return to_sparse(product(input, mat))


@composite(method=True)
def sspaddmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """``beta·input + alpha·(mat1 @ mat2)`` with `input` and `mat1` sparse, `mat2` dense; the result is sparse."""
    _check_matrices(mat1, mat2, "sspaddmm")
    if not input.is_sparse or not mat1.is_sparse:
        raise RuntimeError("sspaddmm: Argument 'input' and 'mat1' must be sparse COO tensors. Use x.to_sparse().")
    return input * beta + to_sparse(product(mat1, mat2)) * alpha


@composite()
def hspmm(mat1: Tensor, mat2: Tensor) -> Tensor:
    """The product of a sparse COO and a dense matrix as a hybrid tensor: one sparse dimension, one dense."""
    _check_matrices(mat1, mat2, "hspmm")
    if not mat1.is_sparse:
        raise RuntimeError(f"hspmm: Argument 'mat1' must be a sparse COO tensor, got {mat1.layout}. Use x.to_sparse().")
    return to_sparse(product(mat1, mat2), 1)


@primitive(name="sparse_solve", namespace=(), out=False, result="array")
def solve(input: Tensor, other: Tensor) -> Tensor:
    """The solution of ``input @ x = other`` with a sparse square matrix."""
    ...


def _solve_matrix_gradient(grad: Tensor, input: Tensor, out: Tensor) -> Tensor:
    right = solve(_adjoint(input), grad)
    if right.ndim == 1:
        right, out = right.unsqueeze(1), out.unsqueeze(1)
    return -sampled(right, _adjoint(out), input)


solve.gradient(input=_solve_matrix_gradient, other=lambda grad, input: solve(_adjoint(input), grad))


@composite(namespace="sparse")
def spsolve(input: Tensor, other: Tensor, *, left: bool = True) -> Tensor:
    """The solution ``x`` of ``input @ x = other``: `input` ``(n, n)`` CSR, `other` ``(n,)`` or ``(n, k)`` dense.

    Differentiable; the gradient of the matrix has its pattern. Raises: RuntimeError for a singular matrix, or shapes
    that do not fit.
    """
    if not left:
        raise RuntimeError("sparse.spsolve: only left=True is supported. Transpose both sides.")
    if input.layout is not torchere.sparse_csr or other.layout is not strided:
        raise RuntimeError(
            f"sparse.spsolve: expected a CSR matrix and a dense right side, got {input.layout} and {other.layout}. Use "
            "x.to_sparse_csr()."
        )
    return solve(input, other)
