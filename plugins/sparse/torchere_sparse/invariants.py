"""What parts of a sparse tensor must satisfy, and the switch that says whether it is checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.errors import ShapeError

from .arrays import COMPRESSED

__all__ = ["check_compressed", "check_coo", "check_coo_sizes", "check_sparse_tensor_invariants"]

Array = np.ndarray[Any, Any]


class check_sparse_tensor_invariants:
    """Whether constructors of sparse tensors check their arguments' values; off unless switched on.

    Use it as a context manager or decorator, ``with check_sparse_tensor_invariants(enable=True):``, or call `enable`,
    `disable` and `is_enabled`.
    """

    _enabled = False

    def __init__(self, enable: bool = True) -> None:
        self.state = enable
        self.saved: bool | None = None

    @staticmethod
    def is_enabled() -> bool:
        """Whether checks are on."""
        return check_sparse_tensor_invariants._enabled

    @staticmethod
    def enable() -> None:
        """Switch checks on."""
        check_sparse_tensor_invariants._enabled = True

    @staticmethod
    def disable() -> None:
        """Switch checks off."""
        check_sparse_tensor_invariants._enabled = False

    def __enter__(self) -> None:
        if self.saved is not None:
            raise RuntimeError(
                "This context manager instance is already activated. Use a different context manager instance for "
                "context nesting."
            )
        self.saved = self.is_enabled()
        check_sparse_tensor_invariants._enabled = self.state

    def __exit__(self, *_: object) -> None:
        assert self.saved is not None
        check_sparse_tensor_invariants._enabled = self.saved
        self.saved = None

    def __call__(self, function: Any) -> Any:
        import functools

        @functools.wraps(function)
        def checked(*args: Any, **kwargs: Any) -> Any:
            with type(self)(self.state):
                return function(*args, **kwargs)

        return checked


def check_coo_sizes(indices: Array, values: Array, size: tuple[int, ...] | None) -> None:
    """Raise unless the parts' shapes agree; always checked."""
    if indices.ndim != 2:
        raise ShapeError(f"indices must be sparse_dim x nnz, but got: {list(indices.shape)}")
    if values.ndim < 1 or values.shape[0] != indices.shape[1]:
        found = values.shape[0] if values.ndim else 0
        raise ShapeError(
            f"indices and values must have same nnz, but got nnz from indices: {indices.shape[1]}, nnz from values: "
            f"{found}"
        )
    if size is None:
        return
    sparse, dense = indices.shape[0], values.ndim - 1
    if len(size) != sparse + dense:
        raise ShapeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(size)}, sparse_dim = {sparse}, "
            f"dense_dim = {dense}"
        )


def check_coo(indices: Array, values: Array, size: tuple[int, ...]) -> None:
    """Raise unless every index is inside `size` and the values fit it."""
    sparse = indices.shape[0]
    if tuple(values.shape[1:]) != tuple(size[sparse:]):
        raise ShapeError(
            f"values has incorrect size, expected {[indices.shape[1], *size[sparse:]]}, got {list(values.shape)}"
        )
    if not indices.shape[1]:
        return
    for dim in range(sparse):
        low, high = int(indices[dim].min()), int(indices[dim].max())
        if low < 0:
            raise ShapeError(f"found negative index {low} for dim {dim}")
        if high >= size[dim]:
            raise ShapeError(
                f"size is inconsistent with indices: for dim {dim}, size is {size[dim]} but found index {high}"
            )


def check_compressed(layout: str, compressed: Array, plain: Array, values: Array, size: tuple[int, ...]) -> None:
    """Raise unless the parts make a compressed tensor of `size`."""
    axis, blocked = COMPRESSED[layout]
    first, second = ("crow_indices", "col_indices") if axis == 0 else ("ccol_indices", "row_indices")
    batch = compressed.ndim - 1
    if batch < 0 or plain.ndim != batch + 1:
        raise ShapeError(
            f"{first} and {second} dimensionalities must be equal but got {compressed.ndim} and {plain.ndim}, "
            f"respectively"
        )
    least = batch + 1 + (2 if blocked else 0)
    if values.ndim < least:
        raise ShapeError(
            f"values must have dimensionality > sum of batch and block dimensionalities, got {values.ndim}"
        )
    dense = values.ndim - least
    if len(size) != batch + 2 + dense:
        raise ShapeError(
            f"tensor dimensionality must be sum of batch, base, and dense dimensionalities (={batch} + 2 + "
            f"{dense}) but "
            f"got {len(size)}"
        )
    height, width = (values.shape[batch + 1], values.shape[batch + 2]) if blocked else (1, 1)
    if size[batch] % max(height, 1) or size[batch + 1] % max(width, 1):
        raise ShapeError(f"tensor shape[{batch}] (={size[batch]}) must be divisible with blocksize ({height}, {width})")
    blocks = (size[batch] // max(height, 1), size[batch + 1] // max(width, 1))
    count, other = blocks[axis], blocks[1 - axis]
    nnz = plain.shape[-1]
    names = ("nrows", "ncols") if axis == 0 else ("ncols", "nrows")
    if compressed.shape[-1] != count + 1:
        raise ShapeError(
            f"{first}.shape[-1] must be equal to the number of {'rows' if axis == 0 else 'columns'} + 1 "
            f"(={count + 1}), "
            f"but got {compressed.shape[-1]}"
        )
    if values.shape[batch] != nnz:
        raise ShapeError(
            f"the number of specified elements in {second} and values must match, but got {nnz} and "
            f"{values.shape[batch]}"
        )
    if tuple(values.shape[least:]) != tuple(size[batch + 2 :]):
        raise ShapeError(f"values.shape[{least}:] must be equal to size[{batch + 2}:], got {list(values.shape)}")
    if compressed.dtype != plain.dtype or compressed.dtype.itemsize < 4 or compressed.dtype.kind != "i":
        raise ShapeError(f"{first} and {second} must be an int32 or int64 type, but got {compressed.dtype}")
    if (compressed[..., 0] != 0).any():
        raise ShapeError(f"`{first}[..., 0] == 0` is not satisfied.")
    if (compressed[..., -1] != nnz).any():
        raise ShapeError(f"`{first}[..., -1] == nnz` is not satisfied.")
    steps = np.diff(compressed, axis=-1)
    if ((steps < 0) | (steps > other)).any():
        raise ShapeError(f"`0 <= {first}[..., 1:] - {first}[..., :-1] <= {names[1]}` is not satisfied.")
    if ((plain < 0) | (plain >= other)).any():
        raise ShapeError(f"`0 <= {second} < {names[1]}` is not satisfied.")
    for place in np.ndindex(*plain.shape[:-1]):
        falls = np.flatnonzero(np.diff(plain[place]) <= 0) + 1
        if not np.isin(falls, compressed[place]).all():  # the plain indices fall within a row
            raise ShapeError(
                f"`{second}[..., {first}[..., i - 1]:{first}[..., i]] for all i = 1, ..., {names[0]} are sorted and "
                "distinct along the last dimension values` is not satisfied."
            )
