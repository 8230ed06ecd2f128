"""Grids and combinations of the elements of vectors."""

from __future__ import annotations

import warnings
from itertools import pairwise

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite

from .creation import arange

__all__ = ["cartesian_prod", "combinations", "meshgrid", "vander"]


@composite()
def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Coordinate grids of 1-d (or 0-d) tensors: views of shape ``(len(t0), len(t1), …)``.

    ``indexing="xy"`` exchanges the first two dimensions. RuntimeError for other ranks or differing dtypes.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if not tensors:
        raise ShapeError("meshgrid expects a non-empty TensorList")
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=2,
        )
    elif indexing not in ("ij", "xy"):
        raise ShapeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for tensor in tensors:
        if tensor.ndim > 1:
            raise ShapeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: shape {list(tensor.shape)}"
            )
        if tensor.dtype is not tensors[0].dtype:
            raise DTypeError("meshgrid expects all tensors to have the same dtype")
    swap = indexing == "xy" and len(tensors) >= 2
    ordered = (tensors[1], tensors[0], *tensors[2:]) if swap else tensors
    shape = tuple(tensor.numel() for tensor in ordered)
    grids = []
    for axis, tensor in enumerate(ordered):
        place = [1] * len(shape)
        place[axis] = shape[axis]
        grids.append(tensor.reshape(place).expand(shape))
    if swap:
        grids[:2] = grids[1], grids[0]
    return tuple(grids)


@composite()
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of one element of each 1-d tensor, a row each; one tensor alone is returned as it is."""
    for tensor in tensors:
        if tensor.ndim != 1:
            raise ShapeError(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return torchere.stack([grid.reshape(-1) for grid in grids], 1)


@composite()
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All sets of `r` elements of a 1-d tensor, in order of position, a row each (``itertools.combinations``)."""
    if input.ndim != 1:
        raise ShapeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise ShapeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    places = arange(input.numel(), device=input.device)
    grids = meshgrid(*[places] * r, indexing="ij")
    keep = torchere.ones(grids[0].shape, dtype=torchere.bool, device=input.device)
    for before, after in pairwise(grids):
        keep = keep & ((before <= after) if with_replacement else (before < after))
    chosen = torchere.stack([grid.masked_select(keep) for grid in grids], 1)
    return input.index_select(0, chosen.reshape(-1)).reshape(chosen.shape)


@composite()
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The Vandermonde matrix: powers ``x ** (N - 1) … x ** 0`` of a 1-d tensor, a row for each element."""
    if x.ndim != 1:
        raise ShapeError(f"x must be a one-dimensional tensor, got shape {list(x.shape)}.")
    count = x.numel() if N is None else N
    if count < 0:
        raise ShapeError(f"N must be non-negative, got {count}.")
    dtype = x.dtype if x.dtype.category > 1 else torchere.int64
    columns = [torchere.ones(x.shape, dtype=dtype, device=x.device)] if count else []
    powers = x.to(dtype)
    for _ in range(count - 1):
        columns.append(columns[-1] * powers)
    if not columns:
        return torchere.empty((x.numel(), 0), dtype=dtype, device=x.device)
    return torchere.stack(columns if increasing else columns[::-1], 1)
