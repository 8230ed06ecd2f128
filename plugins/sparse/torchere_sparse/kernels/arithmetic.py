"""Sums, products and quotients of sparse arrays with sparse arrays, dense arrays and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.errors import ShapeError
from torchere_sparse.arrays import CompressedArray, CooArray, SparseArray, coalesced, flat_places
from torchere_sparse.layouts_between import compressed_of, coo_of

from .conversion import values_at
from .values import on_values

__all__ = ["KERNELS"]

Array = np.ndarray[Any, Any]
Operand = Any


def _same_shape(x: Any, y: Any, name: str) -> None:
    if tuple(x.shape) != tuple(y.shape):
        raise ShapeError(
            f"{name}: expected 'self' and 'other' to have same size, but self has size {list(x.shape)} while other has "
            f"size {list(y.shape)} ({name} of sparse tensors does not broadcast). Expand the dense equivalent: "
            "x.to_dense()."
        )


def _in_layout_of(result: CooArray, *operands: Operand) -> SparseArray:
    """`result` as the first sparse operand is held."""
    like = next(item for item in operands if not isinstance(item, np.ndarray))
    if isinstance(like, CooArray):
        return result
    found: SparseArray = compressed_of(result, like.layout, like.blocksize, like.dense_dim)
    return found


def _aligned(x: CooArray, y: CooArray) -> CooArray:
    """`y` with as many sparse dimensions as `x`."""
    if x.sparse_dim != y.sparse_dim:
        raise ShapeError(
            f"add: expected 'self' and 'other' to have same number of sparse dimensions, but 'self' has {x.sparse_dim} "
            f"while 'other' has {y.sparse_dim}. Convert one: x.to_dense().to_sparse(k)."
        )
    return y


def add(x: Operand, y: Operand) -> Any:
    """dense + sparse is dense; sparse + sparse joins the patterns, coalesced if both are."""
    x_sparse, y_sparse = isinstance(x, (CooArray, CompressedArray)), isinstance(y, (CooArray, CompressedArray))
    if isinstance(x, CompressedArray) and isinstance(y, np.ndarray) and y.ndim:
        return add(y, x)
    if x_sparse and not y_sparse:
        raise ShapeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    if not x_sparse:
        if not isinstance(x, np.ndarray):
            raise ShapeError("add(number, sparse) is not supported: the result is dense. Use number + x.to_dense().")
        _same_shape(x, y, "add")
        whole = coalesced(coo_of(y))
        result = x.copy()
        if whole.sparse_dim:
            places = tuple(whole.indices)
            result[places] = on_values("add", x[places], whole.values)
        elif whole.nnz:
            result = on_values("add", x, whole.values[0])
        return result
    _same_shape(x, y, "add")
    first, second = coo_of(x), _aligned(coo_of(x), coo_of(y))
    if not second.nnz:
        return x.copy()
    both = CooArray(
        np.concatenate((first.indices, second.indices), axis=1),
        np.concatenate((first.values, second.values)),
        first.shape,
    )
    if first.coalesced and second.coalesced:
        both = coalesced(both)
    return _in_layout_of(both, x)


def sub(x: Operand, y: Operand) -> Any:
    """``x + (-y)``."""
    if not isinstance(y, (CooArray, CompressedArray)):
        return add(x, y)
    return add(x, y.with_values(on_values("neg", y.values)))


def mul(x: Operand, y: Operand) -> Any:
    """Zero where either is: the pattern of the sparse operand, or of both."""
    x_sparse, y_sparse = isinstance(x, (CooArray, CompressedArray)), isinstance(y, (CooArray, CompressedArray))
    if x_sparse and y_sparse:
        return _mul_sparse(x, y)
    sparse, other = (x, y) if x_sparse else (y, x)
    if not isinstance(other, np.ndarray):
        return sparse.with_values(on_values("mul", sparse.values, other))
    if other.ndim == 0:
        return sparse.with_values(on_values("mul", sparse.values, other))
    try:
        dense = np.broadcast_to(other, sparse.shape)
    except ValueError:
        raise ShapeError(
            f"mul(sparse, dense): the dense operand of shape {list(other.shape)} does not broadcast to the "
            f"sparse one's "
            f"shape {list(sparse.shape)}. Use x.to_dense()."
        ) from None
    whole = coo_of(sparse)
    picked = dense[tuple(whole.indices)] if whole.sparse_dim else dense[None]
    product = whole.with_values(on_values("mul", whole.values, np.ascontiguousarray(picked)))
    return _in_layout_of(product, sparse)


def _mul_sparse(x: SparseArray, y: SparseArray) -> SparseArray:
    if not x.shape or not y.shape:  # 0-d: a number
        number, other = (x, y) if not x.shape else (y, x)
        value = coalesced(coo_of(number)).values.sum(axis=0)
        return other.with_values(on_values("mul", other.values, np.asarray(value)))
    _same_shape(x, y, "mul")
    first, second = coalesced(coo_of(x)), _aligned(coo_of(x), coalesced(coo_of(y)))
    joined = CooArray(np.concatenate((first.indices, second.indices), axis=1), first.values, first.shape)
    flat = flat_places(joined)
    _, left, right = np.intersect1d(flat[: first.nnz], flat[first.nnz :], assume_unique=True, return_indices=True)
    order = np.argsort(left, kind="stable")
    left, right = left[order], right[order]
    product = on_values("mul", first.values[left], second.values[right])
    return _in_layout_of(CooArray(first.indices[:, left], product, first.shape, True), x, y)


def div(x: Operand, y: Operand) -> Any:
    """Values divided by a number or a 0-d tensor."""
    if not isinstance(x, (CooArray, CompressedArray)) or getattr(y, "shape", ()) != ():
        shape = list(getattr(y, "shape", ()))
        if not isinstance(x, (np.ndarray, CooArray, CompressedArray)):
            raise NotImplementedError(
                "div: a number divided by a sparse tensor is infinite where nothing is specified. Use number / "
                "x.to_dense()."
            )
        raise ShapeError(
            f"Sparse division requires a scalar or zero-dim dense tensor divisor (got shape {shape} for divisor). "
            "Use x.to_dense()."
        )
    return x.with_values(on_values("div", x.values, y))


def floor_divide(x: Operand, y: Operand) -> Any:
    """Values, summed, divided by a number and rounded down."""
    if not isinstance(x, (CooArray, CompressedArray)) or getattr(y, "shape", ()) != ():
        return div(x, y)
    whole = coalesced(x) if isinstance(x, CooArray) else x
    return whole.with_values(on_values("floor_divide", whole.values, y))


def power(x: Operand, y: Operand) -> Any:
    """Values, summed, to a power that is a number other than zero."""
    if isinstance(y, (CooArray, CompressedArray)) or getattr(y, "shape", ()) != ():
        raise NotImplementedError("pow: a sparse tensor can be raised to a number only. Use x.to_dense().")
    if not y:
        raise ShapeError("cannot raise to zeroth power on sparse tensor; it would make the result tensor dense")
    whole = coalesced(x) if isinstance(x, CooArray) else x
    return whole.with_values(on_values("pow", whole.values, y))


def threshold_backward(grad: Operand, out: Operand, threshold: Any) -> Any:
    """The gradient where `out` is above the threshold."""
    if isinstance(out, np.ndarray):
        raise NotImplementedError("threshold_backward: a sparse gradient of a dense result. Use grad.to_dense().")
    return out.with_values(on_values("threshold_backward", values_at(out, grad), out.values, threshold))


KERNELS = {
    "add": add,
    "div": div,
    "floor_divide": floor_divide,
    "mul": mul,
    "pow": power,
    "sub": sub,
    "threshold_backward": threshold_backward,
}
