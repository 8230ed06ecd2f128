"""Tensor methods of sparse tensors: their parts, conversions, and changes of size."""

from __future__ import annotations

from typing import Any

import numpy as np

import torchere
from torchere import Tensor
from torchere.backend import key_for
from torchere.errors import ArgumentError, GradientError, ShapeError
from torchere.layouts import strided
from torchere.operators import composite
from torchere.operators.general import bump
from torchere.tensors.tensor import wrap
from torchere_sparse.arrays import COMPRESSED, CooArray

from .pattern import coalesce_sums, converted, densified, masked_like, stored_values, values_at, with_values

_LAYOUT_NAMES = {
    "strided": "Strided",
    "sparse_coo": "Sparse",
    "sparse_csr": "SparseCsr",
    "sparse_csc": "SparseCsc",
    "sparse_bsr": "SparseBsr",
    "sparse_bsc": "SparseBsc",
}


def _require_coo(input: Tensor, name: str) -> CooArray:
    if not input.is_sparse:
        raise RuntimeError(
            f"{name} expected sparse coordinate tensor layout but got {_LAYOUT_NAMES[input.layout.name]}. "
            f"Convert first: "
            "x.to_sparse()."
        )
    array: CooArray = input._array
    return array


def _require_sparse(input: Tensor, name: str) -> Any:
    if input.layout is strided:
        raise NotImplementedError(
            f"Could not run '{name}' with arguments from the 'CPU' backend: the tensor is dense. Convert first: "
            "x.to_sparse()."
        )
    return input._array


def _index_tensor(array: np.ndarray[Any, Any], like: Tensor) -> Tensor:
    return wrap(array, key_for(like.device, torchere.int32 if array.dtype == np.int32 else torchere.int64))


# --- parts -------------------------------------------------------------------------------------------------------


@composite(namespace=(), method=True)
def indices(input: Tensor) -> Tensor:
    """The indices ``(sparse_dim, nnz)`` of a coalesced COO tensor. RuntimeError for an uncoalesced one."""
    array = _require_coo(input, "indices")
    if not array.coalesced:
        raise RuntimeError("Cannot get indices on an uncoalesced tensor, please call .coalesce() first")
    return _index_tensor(array.indices, input)


@composite(namespace=(), method=True)
def values(input: Tensor) -> Tensor:
    """The values ``(nnz, *)`` of a coalesced COO or a compressed tensor, sharing its memory. Differentiable."""
    if input.layout is strided:
        raise RuntimeError("values expected sparse tensor layout but got Strided. Convert first: x.to_sparse().")
    if input.is_sparse and not input._array.coalesced:
        raise RuntimeError("Cannot get values on an uncoalesced tensor, please call .coalesce() first")
    return stored_values(input)


@composite(namespace=(), method=True)
def _indices(input: Tensor) -> Tensor:
    """The indices of a COO tensor, coalesced or not."""
    _require_sparse(input, "aten::_indices")
    return _index_tensor(_require_coo(input, "_indices").indices, input)


@composite(namespace=(), method=True)
def _values(input: Tensor) -> Tensor:
    """The values of a sparse tensor, coalesced or not, outside the graph."""
    array = _require_sparse(input, "aten::_values")
    return wrap(array.values, key_for(input.device, input.dtype))


@composite(namespace=(), method=True)
def _nnz(input: Tensor) -> int:
    """The number of specified elements (blocks of BSR and BSC)."""
    return int(_require_sparse(input, "aten::_nnz").nnz)


def _compressed_part(input: Tensor, name: str, axis: int, field: str) -> Tensor:
    layout = input.layout.name
    if layout not in COMPRESSED or COMPRESSED[layout][0] != axis:
        kind = "row" if axis == 0 else "column"
        raise RuntimeError(
            f"{name} expected sparse {kind} compressed tensor layout but got {_LAYOUT_NAMES[layout]}. Convert first: "
            f"x.to_sparse_{'csr' if axis == 0 else 'csc'}()."
        )
    return _index_tensor(getattr(input._array, field), input)


@composite(namespace=(), method=True)
def crow_indices(input: Tensor) -> Tensor:
    """Where each row of a CSR or BSR tensor begins."""
    return _compressed_part(input, "crow_indices", 0, "compressed")


@composite(namespace=(), method=True)
def col_indices(input: Tensor) -> Tensor:
    """The column of each element of a CSR or BSR tensor."""
    return _compressed_part(input, "col_indices", 0, "plain")


@composite(namespace=(), method=True)
def ccol_indices(input: Tensor) -> Tensor:
    """Where each column of a CSC or BSC tensor begins."""
    return _compressed_part(input, "ccol_indices", 1, "compressed")


@composite(namespace=(), method=True)
def row_indices(input: Tensor) -> Tensor:
    """The row of each element of a CSC or BSC tensor."""
    return _compressed_part(input, "row_indices", 1, "plain")


@composite(namespace=(), method=True)
def sparse_dim(input: Tensor) -> int:
    """The number of sparse dimensions; 0 of a dense tensor."""
    if input.layout is strided:
        return 0
    return input._array.sparse_dim if input.is_sparse else 2


@composite(namespace=(), method=True)
def dense_dim(input: Tensor) -> int:
    """The number of dense dimensions; all of a dense tensor."""
    if input.layout is strided:
        return input.ndim
    return input.ndim - input._array.sparse_dim if input.is_sparse else int(input._array.dense_dim)


@composite(namespace=(), method=True)
def is_coalesced(input: Tensor) -> bool:
    """Whether the indices of a COO tensor are known to be unique and sorted."""
    return _require_coo(input, "is_coalesced").coalesced


@composite(namespace=(), method=True)
def _coalesced_(input: Tensor, coalesced: bool) -> Tensor:
    """Say of a COO tensor, in place, whether it is coalesced."""
    _require_coo(input, "_coalesced_").coalesced = bool(coalesced)
    return input


@composite(namespace=(), method=True)
def coalesce(input: Tensor) -> Tensor:
    """The COO tensor with unique, sorted indices, equal ones summed; itself if it is so. Differentiable."""
    return input if _require_coo(input, "coalesce").coalesced else coalesce_sums(input)


# --- conversions -------------------------------------------------------------------------------------------------


@composite(namespace=(), method=True)
def to_dense(input: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The dense equivalent. `masked_grad`: the gradient of a sparse tensor has its pattern (the default)."""
    if input.layout is strided:
        return input if dtype is None else input.to(dtype)
    if dtype is not None:
        raise RuntimeError(
            "dtype argument is not supported by sparse_to_dense. Convert the result: x.to_dense().to(dtype)"
        )
    return densified(input, masked_grad is not False)


def _pair(blocksize: Any, name: str) -> tuple[int, int] | None:
    if blocksize is None:
        return None
    sizes = tuple(int(size) for size in blocksize)
    if len(sizes) != 2:
        raise ArgumentError(f"{name}: blocksize must be a pair of ints, got {blocksize!r}")
    return sizes  # type: ignore[return-value]


def _to_layout(input: Tensor, layout: str, blocksize: Any, dense_dim: int | None, name: str) -> Tensor:
    if layout == input.layout.name and (blocksize is None or tuple(blocksize) == input._array.blocksize):
        return input
    if dense_dim is None:
        dense_dim = 0 if input.layout is strided else globals()["dense_dim"](input)
    rest = input.ndim - 2
    if not 0 <= dense_dim <= max(rest, 0):
        raise RuntimeError(f"{name}: dense_dim must be in 0 … {rest}, got {dense_dim}, for shape {list(input.shape)}")
    return converted(input, layout, None, _pair(blocksize, name), dense_dim)


@composite(namespace=(), method=True)
def to_sparse(
    input: Tensor,
    *args: Any,
    sparse_dim: int | None = None,
    layout: Any = None,
    blocksize: Any = None,
    dense_dim: int | None = None,
) -> Tensor:
    """The tensor in a sparse layout: ``to_sparse(sparse_dim)``, or ``to_sparse(layout=…, blocksize=…, dense_dim=…)``.

    Without arguments COO with every dimension sparse; the elements that are not zero are specified.
    """
    if args:
        (sparse_dim,) = args
    if layout is not None and layout.name in COMPRESSED:
        return _to_layout(input, layout.name, blocksize, dense_dim, "to_sparse")
    if layout is not None and layout.name != "sparse_coo":
        raise RuntimeError(f"to_sparse: unexpected layout {layout}. Use x.to_dense() for a strided tensor.")
    if blocksize is not None:
        raise RuntimeError("to_sparse: blocksize is for the layouts torch.sparse_bsr and torch.sparse_bsc only")
    if sparse_dim is not None:
        if not (0 < sparse_dim <= input.ndim or input.ndim == sparse_dim == 0):
            raise RuntimeError(f"sparse_dim argument must be in >0 and <={input.ndim} range, but got {sparse_dim}")
        if input.is_sparse and sparse_dim == input._array.sparse_dim:
            return input
    elif input.is_sparse:
        return input
    if dense_dim is not None and sparse_dim is None:
        sparse_dim = input.ndim - dense_dim
    return converted(input, "sparse_coo", sparse_dim, None, 0)


@composite(namespace=(), method=True)
def to_sparse_coo(input: Tensor) -> Tensor:
    """The tensor in COO format."""
    return to_sparse(input)


@composite(namespace=(), method=True)
def to_sparse_csr(input: Tensor, dense_dim: int | None = None) -> Tensor:
    """The tensor in CSR format; a batch of matrices needs equally many elements in each."""
    return _to_layout(input, "sparse_csr", None, dense_dim, "to_sparse_csr")


@composite(namespace=(), method=True)
def to_sparse_csc(input: Tensor, dense_dim: int | None = None) -> Tensor:
    """The tensor in CSC format."""
    return _to_layout(input, "sparse_csc", None, dense_dim, "to_sparse_csc")


@composite(namespace=(), method=True)
def to_sparse_bsr(input: Tensor, blocksize: Any, dense_dim: int | None = None) -> Tensor:
    """The tensor in BSR format with blocks of `blocksize` (rows, columns)."""
    return _to_layout(input, "sparse_bsr", blocksize, dense_dim, "to_sparse_bsr")


@composite(namespace=(), method=True)
def to_sparse_bsc(input: Tensor, blocksize: Any, dense_dim: int | None = None) -> Tensor:
    """The tensor in BSC format with blocks of `blocksize` (rows, columns)."""
    return _to_layout(input, "sparse_bsc", blocksize, dense_dim, "to_sparse_bsc")


@composite(namespace=(), method=True)
def sparse_mask(input: Tensor, mask: Tensor) -> Tensor:
    """`input`, dense or sparse, where the sparse tensor `mask` specifies elements. Differentiable in `input`.

    Raises: RuntimeError for other shapes than the mask's, or a dense mask.
    """
    if mask.layout is strided:
        raise RuntimeError("sparse_mask: expected mask to have a sparse layout, but got Strided. Use mask.to_sparse().")
    if input.shape != mask.shape:
        raise ShapeError(
            f"sparse_mask(): operands have incompatible sizes; self has size {list(input.shape)} but mask has size "
            f"{list(mask.shape)}"
        )
    pattern = mask.detach()
    return with_values(pattern, values_at(pattern, input))


@composite(namespace=(), method=True)
def _sparse_mask_helper(input: Tensor, indices: Tensor) -> Tensor:
    """The elements of a sparse tensor at COO `indices`."""
    found: Tensor = masked_like(
        input, torchere.sparse_coo_tensor(indices, torchere.ones(indices.shape[1]), input.shape)
    )
    return stored_values(found)


# --- changes of size ---------------------------------------------------------------------------------------------


def _resized(input: Tensor, size: Any, sparse: int, dense: int, name: str) -> tuple[CooArray, tuple[int, ...]]:
    array = _require_coo(input, name)
    shape = tuple(int(item) for item in size)
    if input.requires_grad and torchere.is_grad_enabled():
        raise GradientError(f"{name}: cannot resize variables that require grad")
    if len(shape) != sparse + dense:
        raise ShapeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(shape)}, sparse_dim = {sparse}, "
            f"dense_dim = {dense}"
        )
    return array, shape


_OPTIONS = (
    "You could try the following options: 1. If you need an empty sparse tensor of this size, call "
    "`x = torch.sparse_coo_tensor(size)`. 2. If you need to resize this tensor, you have the following options: for "
    "both sparse and dense dimensions, keep the number of them constant and the size of them non-shrinking, or clear "
    "it first: x.sparse_resize_and_clear_(...)."
)


@composite(namespace=(), method=True)
def sparse_resize_(input: Tensor, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
    """Change the size of a COO tensor in place; with elements specified, sizes only grow."""
    array, shape = _resized(input, size, sparse_dim, dense_dim, "sparse_resize_")
    old_sparse = array.sparse_dim
    old_dense = len(array.shape) - old_sparse
    if array.nnz:
        for kind, old, new in (("sparse", old_sparse, sparse_dim), ("dense", old_dense, dense_dim)):
            if old != new:
                raise RuntimeError(
                    f"changing the number of {kind} dimensions (from {old} to {new}) on a non-empty sparse "
                    f"tensor is not "
                    f"supported. {_OPTIONS}"
                )
        for kind, old, new in (
            ("sparse", array.shape[:old_sparse], shape[:sparse_dim]),
            ("dense", array.shape[old_sparse:], shape[sparse_dim:]),
        ):
            if any(b < a for a, b in zip(old, new, strict=True)):
                raise RuntimeError(
                    f"shrinking the size of {kind} dimensions (from {list(old)} to {list(new)}) on a non-empty sparse "
                    f"tensor is not supported. {_OPTIONS}"
                )
    if array.nnz:
        held = np.zeros((array.nnz, *shape[sparse_dim:]), array.values.dtype)
        held[tuple(slice(size) for size in array.values.shape)] = array.values
        array.values = held
    else:
        array.indices = np.zeros((sparse_dim, 0), np.int64)
        array.values = np.zeros((0, *shape[sparse_dim:]), array.values.dtype)
    array.shape = shape
    bump(input)
    return input


@composite(namespace=(), method=True)
def sparse_resize_and_clear_(input: Tensor, size: Any, sparse_dim: int, dense_dim: int) -> Tensor:
    """Change the size of a COO tensor in place, and specify no element."""
    array, shape = _resized(input, size, sparse_dim, dense_dim, "sparse_resize_and_clear_")
    array.indices = np.zeros((sparse_dim, 0), np.int64)
    array.values = np.zeros((0, *shape[sparse_dim:]), array.values.dtype)
    array.shape, array.coalesced = shape, True
    bump(input)
    return input
