"""Cases of views: shapes, broadcasting, order of dimensions, regions, windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from torchere.dtype_sets import ALL
from torchere.dtypes import float32, float64, int16, int32
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _shape(*rest: int) -> Any:
    return lambda x, *_, **__: x.reshape(rest)


def _strided(x: Array, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> Array:
    flat = np.ascontiguousarray(x).reshape(-1)
    picked = np.full(size, 0, flat.dtype)
    for place in np.ndindex(*size):
        picked[place] = flat[offset + sum(n * step for n, step in zip(place, stride, strict=True))]
    return picked


def _unfold(x: Array, dimension: int, size: int, step: int) -> Array:
    if x.ndim == 0:
        return x.reshape(1)[:size]
    dimension %= x.ndim
    windows = sliding_window_view(x, size, axis=dimension) if size else None
    if windows is None:
        shape = list(x.shape)
        shape[dimension] = x.shape[dimension] // step + 1
        return np.empty((*shape, 0), x.dtype)
    return np.take(windows, range(0, windows.shape[dimension], step), axis=dimension)


def _placed(size: tuple[int, ...], index: Any) -> Any:
    def reference(grad: Array, *_: Any) -> Array:
        out = np.zeros(size, grad.dtype)
        out[index] = grad
        return out

    return reference


def _diagonal_backward(grad: Array, size: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Array:
    out = np.zeros(size, grad.dtype)
    moved = np.moveaxis(out, (dim1, dim2), (-2, -1))
    for place in range(grad.shape[-1]):
        moved[..., place + max(-offset, 0), place + max(offset, 0)] = grad[..., place]
    return out


def _unfold_backward(grad: Array, size: tuple[int, ...], dim: int, window: int, step: int) -> Array:
    out = np.zeros(size, grad.dtype)
    moved, parts = np.moveaxis(out, dim, 0), np.moveaxis(grad, dim, 0)
    for place in range(parts.shape[0]):
        for inner in range(window):
            moved[place * step + inner] += parts[place][..., inner]
    return out


CASES = [
    Case("reshape", A(2, 6), (3, 4), reference=_shape(3, 4), dtypes=ALL),
    Case("reshape", A(2, 6), (3, -1), reference=_shape(3, 4)),
    Case("reshape", A(2, 3), 6, reference=_shape(6)),
    Case("reshape", A(), (1, 1), reference=_shape(1, 1)),
    Case("reshape", A(1), (), reference=_shape()),
    Case("reshape", A(0, 3), (3, 0, 2), reference=_shape(3, 0, 2)),
    Case("view", A(2, 6), (4, 3), reference=_shape(4, 3), dtypes=ALL),
    Case("view", A(0, 3), (0,), reference=_shape(0)),
    Case("view", A(), (), reference=_shape()),
    Case("view_as", A(2, 6), A(4, 3, gradient=False), reference=lambda x, other: x.reshape(4, 3)),
    Case("reshape_as", A(2, 6), A(4, 3, gradient=False), reference=lambda x, other: x.reshape(4, 3)),
    *[
        Case(
            "view_dtype",
            Values([[1.0, -2.0, 0.5, 3.0]], dtype="float32"),
            dtype=wanted,
            reference=lambda x, dtype, name=name: x.astype(np.float32).view(name),
            gradient=False,
            dtypes=("float32",),
        )
        for wanted, name in ((int32, np.int32), (int16, np.int16), (float64, np.float64), (float32, np.float32))
    ],
    Case("flatten", A(2, 3, 4), reference=_shape(24), dtypes=ALL),
    Case("flatten", A(2, 3, 4), 1, reference=_shape(2, 12)),
    Case("flatten", A(2, 3, 4), start_dim=0, end_dim=-2, reference=_shape(6, 4)),
    Case("flatten", A(), reference=_shape(1)),
    Case("flatten", A(0, 3), reference=_shape(0)),
    Case("ravel", A(2, 3), reference=_shape(6)),
    Case("unflatten", A(2, 6), 1, (2, -1), reference=_shape(2, 2, 3)),
    Case("unflatten", A(6), -1, (3, 2), reference=_shape(3, 2)),
    Case("squeeze", A(1, 2, 1, 3), reference=_shape(2, 3), dtypes=ALL),
    Case("squeeze", A(1, 2, 1, 3), 0, reference=_shape(2, 1, 3)),
    Case("squeeze", A(1, 2, 1, 3), 1, reference=_shape(1, 2, 1, 3)),
    Case("squeeze", A(1, 2, 1, 3), dim=(0, -2), reference=_shape(2, 3)),
    Case("squeeze", A(), 0, reference=_shape()),
    Case("unsqueeze", A(2, 3), 0, reference=_shape(1, 2, 3), dtypes=ALL),
    Case("unsqueeze", A(2, 3), -1, reference=_shape(2, 3, 1)),
    Case("unsqueeze", A(), 0, reference=_shape(1)),
    Case("expand", A(2, 1, 3), (4, 2, 5, 3), reference=lambda x, size: np.broadcast_to(x, size), dtypes=ALL),
    Case("expand", A(), (2, 3), reference=lambda x, size: np.broadcast_to(x, size)),
    Case("expand", A(1, 3), (0, 3), reference=lambda x, size: np.broadcast_to(x, size)),
    Case("expand_as", A(1, 3), A(2, 3, gradient=False), reference=lambda x, other: np.broadcast_to(x, (2, 3))),
    Case("broadcast_to", A(3, 1), (3, 4), reference=lambda x, size: np.broadcast_to(x, size)),
    Case("broadcast_to", A(3, 1), (2, -1, 4), reference=lambda x, size: np.broadcast_to(x, (2, 3, 4))),
    Case("broadcast_tensors", A(2, 1), A(3), reference=lambda *x: tuple(np.broadcast_arrays(*x))),
    Case("permute", A(2, 3, 4), (2, 0, 1), reference=lambda x, dims: x.transpose(dims), dtypes=ALL),
    Case("permute", A(), (), reference=lambda x, dims: x),
    Case("transpose", A(2, 3, 4), 0, -1, reference=lambda x, a, b: x.swapaxes(a, b), dtypes=ALL),
    Case("transpose", A(), 0, -1, reference=lambda x, a, b: x),
    Case("swapaxes", A(2, 3, 4), -1, 1, reference=lambda x, a, b: x.swapaxes(a, b)),
    Case("t", A(2, 3), reference=lambda x: x.T),
    Case("t", A(3), reference=lambda x: x),
    Case("adjoint", A(2, 3, 4), reference=lambda x: x.conj().swapaxes(-2, -1), dtypes=("float32", "complex64")),
    Case("movedim", A(2, 3, 4), 0, 2, reference=lambda x, a, b: np.moveaxis(x, a, b), dtypes=ALL),
    Case("movedim", A(2, 3, 4), (0, -1), (1, 0), reference=lambda x, a, b: np.moveaxis(x, a, b)),
    Case("select", A(2, 3, 4), 1, -1, reference=lambda x, dim, index: x[:, -1], dtypes=ALL),
    Case("select", A(3), 0, 1, reference=lambda x, dim, index: x[1]),
    Case("narrow", A(2, 5), 1, 1, 3, reference=lambda x, *_: x[:, 1:4], dtypes=ALL),
    Case("narrow", A(2, 5), -1, -2, 2, reference=lambda x, *_: x[:, 3:]),
    Case("narrow", A(2, 5), 0, 2, 0, reference=lambda x, *_: x[2:]),
    *[
        Case("index_view", A(4, 3, 5), index, reference=lambda x, index: x[index], dtypes=ALL)
        for index in (
            (1,),
            (slice(1, None, 2),),
            (..., slice(None), -1),
            (None, 2, slice(0, 0)),
            (0, 1, 2),
            (slice(-3, None), None, ..., slice(None, None, 3)),
        )
    ],
    Case("index_view", A(), (...,), reference=lambda x, index: x),
    Case("index_view_backward", A(2, 3), (5, 3), (slice(1, None, 2),), reference=_placed((5, 3), slice(1, None, 2))),
    Case("index_view_backward", A(), (2, 3), (1, -1), reference=_placed((2, 3), (1, -1))),
    Case("as_strided", A(3, 4), (3, 3), (1, 2), 1, reference=_strided),
    Case("as_strided", A(6), (2, 0), (3, 1), reference=_strided),
    Case("as_strided", A(6), (), (), 4, reference=_strided),
    Case("as_strided", A(2, 3), (3, 2), (1, 3), reference=lambda x, *_: x.T),
    Case("diagonal", A(3, 4), reference=lambda x: x.diagonal(), dtypes=ALL),
    Case("diagonal", A(3, 4), -1, reference=lambda x, offset: x.diagonal(offset)),
    Case("diagonal", A(3, 4, 5), 1, 0, -1, reference=lambda x, *where: x.diagonal(where[0], 0, 2)),
    Case("diagonal", A(3, 4), 7, reference=lambda x, offset: x.diagonal(offset)),
    Case("diagonal_backward", A(2, 3), (3, 2, 4), 1, 0, 2, reference=_diagonal_backward),
    Case("diagonal_backward", A(2), (3, 3), -1, 0, 1, reference=_diagonal_backward),
    Case("unfold", A(2, 7), 1, 3, 2, reference=_unfold, dtypes=ALL),
    Case("unfold", A(5, 2), 0, 2, 1, reference=_unfold),
    Case("unfold", A(5), -1, 5, 3, reference=_unfold),
    Case("unfold", A(), 0, 1, 1, reference=_unfold),
    Case("unfold", A(2, 3), 1, 0, 2, reference=_unfold, gradient=False),
    Case("unfold_backward", A(2, 3, 3), (2, 7), 1, 3, 2, reference=_unfold_backward),
]

ERRORS = [
    ErrorCase("reshape", A(2, 3), (4,), raises=RuntimeError, match="is invalid for input of size 6"),
    ErrorCase("reshape", A(2, 3), (-1, -1), raises=RuntimeError, match="only one dimension can be inferred"),
    ErrorCase("reshape", A(2, 3), (2, -3), raises=RuntimeError, match="invalid shape dimension -3 at index 1"),
    ErrorCase("reshape", A(0), (0, -1), raises=RuntimeError, match="is ambiguous"),
    ErrorCase("view", A(2, 3), (5,), raises=RuntimeError, match="is invalid for input of size 6"),
    ErrorCase("flatten", A(2, 3), 1, 0, raises=RuntimeError, match="start_dim cannot come after end_dim"),
    ErrorCase("flatten", A(2, 3), 0, 5, raises=IndexError, match="Dimension out of range"),
    ErrorCase("unflatten", A(2, 3), 1, (2, 2), raises=RuntimeError, match="don't multiply up to the size of dim 1"),
    ErrorCase("unflatten", A(2, 3), 1, (), raises=RuntimeError, match="sizes must be non-empty"),
    ErrorCase("squeeze", A(2, 3), 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("unsqueeze", A(2, 3), 3, raises=IndexError, match=r"expected to be in range of \[-3, 2\], but got 3"),
    ErrorCase("expand", A(2, 3), (4, 3), raises=RuntimeError, match="must match the existing size"),
    ErrorCase("expand", A(2, 3), (3,), raises=RuntimeError, match="must be greater or equal to the number of dim"),
    ErrorCase("broadcast_tensors", A(3), A(4), raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("permute", A(2, 3), (0, 0), raises=RuntimeError, match="duplicate dims are not allowed"),
    ErrorCase("permute", A(2, 3), (0,), raises=RuntimeError, match="does not match the length of the desired ordering"),
    ErrorCase("transpose", A(2, 3), 0, 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("t", A(2, 3, 4), raises=RuntimeError, match="expects a tensor with <= 2 dimensions, but self is 3D"),
    ErrorCase("adjoint", A(3), raises=RuntimeError, match="only supported on matrices"),
    ErrorCase("movedim", A(2, 3), (0, 0), (0, 1), raises=RuntimeError, match="repeated dim in `source`"),
    ErrorCase("movedim", A(2, 3), (0, 1), (0,), raises=RuntimeError, match="Invalid source or destination dims"),
    ErrorCase("select", A(2, 3), 0, 2, raises=IndexError, match="index 2 out of range for tensor of size"),
    ErrorCase("select", A(), 0, 0, raises=IndexError, match="cannot be applied to a 0-dim tensor"),
    ErrorCase("narrow", A(2, 3), 0, 1, 2, raises=RuntimeError, match="exceeds dimension size"),
    ErrorCase("narrow", A(2, 3), 0, 3, 0, raises=IndexError, match="start out of range"),
    ErrorCase("index_view", A(2, 3), (0, 5), raises=IndexError, match="index 5 is out of bounds for dimension 1"),
    ErrorCase("index_view", A(2), (0, 0), raises=IndexError, match="too many indices for tensor of dimension 1"),
    ErrorCase("as_strided", A(6), (3, 4), (4, 1), raises=RuntimeError, match="out of bounds for storage of size 24"),
    ErrorCase("as_strided", A(6), (2, 2), (1,), raises=RuntimeError, match="mismatch in length of strides and shape"),
    ErrorCase("as_strided", A(6), (2,), (-1,), raises=RuntimeError, match="Negative strides are not supported"),
    ErrorCase("diagonal", A(3, 3), 0, 1, 1, raises=RuntimeError, match="diagonal dimensions cannot be identical"),
    ErrorCase("unfold", A(2, 3), 1, 4, 1, raises=RuntimeError, match="maximum size for tensor at dimension 1 is 3"),
    ErrorCase("unfold", A(2, 3), 1, 2, 0, raises=RuntimeError, match="step is 0 but must be > 0"),
]
