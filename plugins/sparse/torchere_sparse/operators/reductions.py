"""``torch.sparse.sum``, `softmax` and `log_softmax`, and `spdiags`: of specified elements only."""

from __future__ import annotations

from typing import Any

import numpy as np

import torchere
from torchere import Tensor
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim, wrap_dims
from torchere.tensors.tensor import wrap
from torchere_sparse.arrays import CooArray, flat_places

from .methods import coalesce, values
from .pattern import coo_from

__all__ = ["log_softmax", "softmax", "spdiags", "sum"]


@composite(namespace="sparse")
def sum(input: Tensor, dim: Any = None, dtype: Any = None) -> Tensor:
    """The sum of a COO tensor over all elements, or over dimensions `dim`; of dense result when none is left sparse.

    The gradient has the pattern of `input`. `dtype`: to convert to first.
    Source: https://pytorch.org/docs/stable/generated/torch.sparse.sum.html
    """
    whole = coalesce(input if dtype is None else input.to(dtype))
    held = values(whole)
    if dim is None:
        return held.sum() if dtype is None else held.sum(dtype=dtype)
    dims = wrap_dims(dim, input.ndim, "sparse.sum")
    if not dims:
        return input
    array: CooArray = whole._array
    sparse = array.sparse_dim
    inner = tuple(item - sparse + 1 for item in dims if item >= sparse)
    if inner:
        held = held.sum(inner)
    kept = [item for item in range(sparse) if item not in dims]
    if not kept:
        return held.sum(0)
    shape = tuple(size for item, size in enumerate(array.shape) if item not in dims)
    where = wrap(np.ascontiguousarray(array.indices[kept]), torchere.zeros(0, dtype=torchere.int64)._key)
    return coalesce(coo_from(held, where, shape, len(kept) == sparse))


def _normalised(input: Tensor, dim: int, dtype: Any, log: bool) -> Tensor:
    name = "sparse.log_softmax" if log else "sparse.softmax"
    if not input.is_sparse:
        raise NotImplementedError(
            f"{name}: expected a COO tensor, got {input.layout}. Convert first: x.to_sparse_coo()."
        )
    dim = wrap_dim(dim, input.ndim, name)
    whole = coalesce(input if dtype is None else input.to(dtype))
    held = values(whole)
    array: CooArray = whole._array
    where = wrap(array.indices, torchere.zeros(0, dtype=torchere.int64)._key)
    if dim >= array.sparse_dim:
        function = torchere.log_softmax if log else torchere.softmax
        result = function(held, dim - array.sparse_dim + 1)
    else:
        rest = [item for item in range(array.sparse_dim) if item != dim]
        others = CooArray(array.indices[rest], array.values, tuple(array.shape[item] for item in rest))
        _, group = np.unique(flat_places(others), return_inverse=True)
        count = int(group.max()) + 1 if group.size else 0
        highest = np.full((count, *array.values.shape[1:]), -np.inf, array.values.dtype)
        np.maximum.at(highest, group, array.values)
        places = torchere.from_numpy(group.reshape(-1).astype(np.int64))
        shifted = held - wrap(highest, held._key).index_select(0, places)
        exponentials = shifted.exp()
        sums = torchere.zeros(highest.shape, dtype=held.dtype).index_add(0, places, exponentials)
        if log:
            result = shifted - sums.log().index_select(0, places)
        else:
            result = exponentials / sums.index_select(0, places)
    return coo_from(result, where, array.shape, True)


@composite(namespace="sparse")
def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Softmax along `dim` of a COO tensor over the specified elements: the others count as minus infinity."""
    return _normalised(input, dim, dtype, False)


@composite(namespace="sparse")
def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`."""
    return _normalised(input, dim, dtype, True)


@composite(namespace="sparse")
def spdiags(diagonals: Tensor, offsets: Tensor, shape: Any, layout: Any = None) -> Tensor:
    """A matrix of `shape` with the rows of `diagonals` on the diagonals `offsets`: element j of a row in column j.

    Shape: diagonals ``(k, n)`` or ``(n,)``, offsets ``(k,)`` or 0-d, distinct. `layout`: of the result, COO by default.
    Source: https://pytorch.org/docs/stable/generated/torch.sparse.spdiags.html
    """
    rows = diagonals.unsqueeze(0) if diagonals.ndim == 1 else diagonals
    if rows.ndim != 2:
        raise RuntimeError(f"Diagonals must be vector or matrix, got shape {list(diagonals.shape)}")
    if len(shape) != 2:
        raise RuntimeError(f"Output shape must be 2d, got {list(shape)}")
    ends = offsets.reshape(-1)
    if offsets.ndim > 1:
        raise RuntimeError(f"Offsets must be scalar or vector, got shape {list(offsets.shape)}")
    if ends.dtype is not torchere.int64:
        raise RuntimeError(f"Offset Tensor must have dtype Long but got {offsets.dtype}. Use offsets.long().")
    if ends.shape[0] != rows.shape[0]:
        raise RuntimeError(
            f"Number of diagonals ({rows.shape[0]}) does not match the number of offsets ({ends.shape[0]})"
        )
    if len(set(ends.tolist())) != ends.shape[0]:
        raise RuntimeError("Offset tensor contains duplicate values")
    if layout is not None and layout.name not in ("sparse_coo", "sparse_csr", "sparse_csc"):
        raise RuntimeError(f"Only output layouts (Sparse, SparseCsc, and SparseCsr) are supported, got {layout}")
    height, width = (int(size) for size in shape)
    places, taken = [], []
    for number, offset in enumerate(ends.tolist()):
        column = np.arange(max(offset, 0), min(width, height + offset, rows.shape[1]), dtype=np.int64)
        places.append(np.stack((column - offset, column)))
        taken.append(number * rows.shape[1] + column)
    chosen = torchere.from_numpy(np.concatenate(taken)) if taken else torchere.zeros(0, dtype=torchere.int64)
    where = np.concatenate(places, axis=1) if places else np.zeros((2, 0), np.int64)
    held = rows.reshape(-1).index_select(0, chosen)
    made = coo_from(held, wrap(where, chosen._key), (height, width), False)
    return made if layout is None else made.to_sparse(layout=layout)
