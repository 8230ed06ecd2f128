"""Constructors of sparse tensors from their parts."""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite
from torchere.tensors.tensor import wrap
from torchere_sparse.arrays import COMPRESSED
from torchere_sparse.invariants import check_compressed, check_coo, check_coo_sizes

from .pattern import compressed_from, coo_from

__all__ = [
    "sparse_bsc_tensor",
    "sparse_bsr_tensor",
    "sparse_compressed_tensor",
    "sparse_coo_tensor",
    "sparse_csc_tensor",
    "sparse_csr_tensor",
]


def _part(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A part as a tensor: tensors keep their history, other data are copied."""
    if isinstance(data, Tensor):
        data = data if dtype is None else data.to(dtype)
        return data if device is None else data.to(device)
    return torchere.tensor(data, dtype=dtype, device=device)


def _indices(data: Any) -> Tensor:
    made = _part(data).detach()
    if made.dtype.is_complex or made.dtype is torchere.bool:
        raise DTypeError(f"indices must be an int64 tensor, got {made.dtype}")
    made = made.to(torchere.int64)
    return made.cpu()


def _size(size: Any) -> tuple[int, ...]:
    return tuple(int(item) for item in size)


def _finished(made: Tensor, requires_grad: bool) -> Tensor:
    return made.detach().requires_grad_() if requires_grad else made


@composite()
def sparse_coo_tensor(
    *args: Any,
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> Tensor:
    """A tensor in COO format: ``values[i]`` stands at ``indices[:, i]``; equal indices are summed.

    Forms: ``(indices, values)``, ``(indices, values, size)``, ``(size)`` (nothing specified). `indices`
    ``(sparse_dim, nnz)``; `values` ``(nnz, *dense dims)``; without `size` the smallest that holds all indices. The
    result is differentiable in `values`. `is_coalesced` promises unique, sorted indices.
    Raises: RuntimeError for parts that do not fit and for indices outside `size`; they are always checked, as if by
    `check_invariants` (PyTorch's default leaves them unchecked).
    Source: https://pytorch.org/docs/stable/generated/torch.sparse_coo_tensor.html
    """
    if len(args) == 1 and indices is None and values is None and not isinstance(args[0], Tensor):
        args, size = (), args[0]
    elif args and all(isinstance(item, int) for item in args) and indices is None:
        args, size = (), args
    else:
        names = ("indices", "values", "size")
        given = dict(zip(names, args, strict=False))
        if len(args) > 3:
            raise TypeError(f"sparse_coo_tensor(): takes indices, values and size, got {len(args)} arguments")
        indices, values = given.get("indices", indices), given.get("values", values)
        size = given.get("size", size)
    if indices is None:
        if size is None or values is not None:
            raise TypeError("sparse_coo_tensor(): pass indices and values, or a size")
        return torchere.zeros(  # type: ignore[no-any-return]
            _size(size), dtype=dtype, layout=torchere.sparse_coo, device=device, requires_grad=requires_grad
        )
    if values is None:
        raise TypeError("sparse_coo_tensor(): pass values beside indices")
    held = _part(values, dtype, device)
    if not held.ndim:
        held = held.expand(_indices(indices).shape[-1])
    places = _indices(indices)
    where = places._array
    if where.ndim == 1 and not where.size and isinstance(indices, (list, tuple)):
        where = where.reshape(len(indices), 0)
    wanted = None if size is None else _size(size)
    if wanted is not None and where.ndim == 1:
        # PyTorch reads a vector of indices as so many sparse dimensions without elements.
        raise ShapeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(wanted)}, sparse_dim = "
            f"{where.shape[0]}, dense_dim = {held.ndim - 1}. indices must be sparse_dim x nnz."
        )
    check_coo_sizes(where, held._array, wanted)
    if wanted is None:
        if not where.shape[1] and where.shape[0]:
            wanted = (*(0 for _ in range(where.shape[0])), *held.shape[1:])
        else:
            wanted = (*(int(row.max()) + 1 for row in where), *held.shape[1:])
        check_coo(where, held._array, wanted)
    else:
        # Checked whatever check_invariants says: kernels trust indices, and reading outside an array is no answer.
        check_coo(where, held._array, wanted)
    coalesced = bool(is_coalesced) or not where.shape[1]
    made = coo_from(held.detach() if requires_grad else held, wrap(where, places._key), wanted, coalesced)
    return _finished(made, requires_grad)


def _compressed(
    layout: str,
    compressed: Any,
    plain: Any,
    values: Any,
    size: Any,
    dtype: Any,
    device: Any,
    requires_grad: bool,
) -> Tensor:
    held = _part(values, dtype, device)

    def indices(data: Any) -> Tensor:
        made = _part(data).detach()
        return made if made.dtype in (torchere.int32, torchere.int64) else made.to(torchere.int64)

    first, second = indices(compressed), indices(plain)
    axis, blocked = COMPRESSED[layout]
    if size is None:
        batch = first.ndim - 1
        if held.ndim < batch + 1 + (2 if blocked else 0) or batch < 0:
            raise ShapeError(f"{layout}: values of shape {list(held.shape)} are too few-dimensional for the indices")
        height, width = (held.shape[batch + 1], held.shape[batch + 2]) if blocked else (1, 1)
        long = first.shape[-1] - 1
        short = int(second._array.max()) + 1 if second.numel() else 0
        rows, columns = (long, short) if axis == 0 else (short, long)
        tail = held.shape[batch + (3 if blocked else 1) :]
        wanted = (*first.shape[:-1], rows * height, columns * width, *tail)
    else:
        wanted = _size(size)
    # Always checked: kernels trust the parts, and reading outside an array is no answer.
    check_compressed(layout, first._array, second._array, held._array, wanted)
    made = compressed_from(held.detach() if requires_grad else held, first, second, wanted, layout)
    return _finished(made, requires_grad)


@composite()
def sparse_compressed_tensor(
    compressed_indices: Any,
    plain_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> Tensor:
    """A tensor in the format `layout`: ``torch.sparse_csr``, ``sparse_csc``, ``sparse_bsr`` or ``sparse_bsc``.

    `compressed_indices` ``(*batch, n + 1)`` says where each row's (column's) elements begin; `plain_indices`
    ``(*batch, nnz)`` their columns (rows); `values` ``(*batch, nnz, *block, *dense dims)``.
    Raises: RuntimeError for parts that do not fit one another.
    Source: https://pytorch.org/docs/stable/generated/torch.sparse_compressed_tensor.html
    """
    name = getattr(layout, "name", None)
    if name not in COMPRESSED:
        raise RuntimeError(
            f"sparse_compressed_tensor: expected layout torch.sparse_csr, sparse_csc, sparse_bsr or sparse_bsc, "
            f"got {layout}"
        )
    return _compressed(name, compressed_indices, plain_indices, values, size, dtype, device, requires_grad)


def _constructor(layout: str) -> Any:
    axis = COMPRESSED[layout][0]
    names = ("crow_indices", "col_indices") if axis == 0 else ("ccol_indices", "row_indices")

    def construct(*args: Any, **kwargs: Any) -> Tensor:
        given = dict(zip((*names, "values", "size"), args, strict=False))
        for name in set(given) & set(kwargs):
            raise TypeError(f"{layout}_tensor() got multiple values for argument '{name}'")
        given |= kwargs
        kwargs = {key: given.pop(key) for key in list(given) if key not in (*names, "values", "size")}
        known = {"dtype", "device", "pin_memory", "requires_grad", "check_invariants", "layout"}
        for key in kwargs.keys() - known:
            raise TypeError(f"{layout}_tensor() got an unexpected keyword argument '{key}'")
        for name in (*names, "values"):
            if name not in given:
                raise TypeError(f"{layout}_tensor() missing required argument '{name}'")
        return _compressed(
            layout,
            given[names[0]],
            given[names[1]],
            given["values"],
            given.get("size"),
            kwargs.get("dtype"),
            kwargs.get("device"),
            bool(kwargs.get("requires_grad", False)),
        )

    construct.__name__ = construct.__qualname__ = f"{layout}_tensor"
    construct.__module__ = __name__
    construct.__doc__ = (
        f"A tensor in the layout torch.{layout}: ``({names[0]}, {names[1]}, values, size=None, *, dtype, device, "
        "pin_memory, requires_grad, check_invariants)``; see `sparse_compressed_tensor`."
    )
    return composite(construct)


sparse_csr_tensor = _constructor("sparse_csr")
sparse_csc_tensor = _constructor("sparse_csc")
sparse_bsr_tensor = _constructor("sparse_bsr")
sparse_bsc_tensor = _constructor("sparse_bsc")
