"""Cases of indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, COMPLEX, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

NUMBERS = INTEGRAL + FLOATING + COMPLEX


def _gather(x: Array, dim: int, index: Array, **_: Any) -> Array:
    if x.ndim == 0:
        return np.full(index.shape, x)
    out = np.empty(index.shape, x.dtype)
    for place in np.ndindex(*index.shape):
        source = list(place)
        source[dim] = index[place]
        out[place] = x[tuple(source)]
    return out


def _slices(how: str) -> Any:
    """`index_add`, `index_copy` or `index_fill`, one slice after the other."""

    def reference(x: Array, dim: int, index: Array, source: Any, alpha: complex = 1) -> Array:
        out = np.array(x).reshape(x.shape or (1,))
        moved = np.moveaxis(out, dim, 0)
        parts = source if np.ndim(source) == 0 else np.moveaxis(np.reshape(source, np.shape(source) or (1,)), dim, 0)
        for place, row in enumerate(index.reshape(-1)):
            part = parts if np.ndim(parts) == 0 else parts[place]
            moved[row] = moved[row] + alpha * part if how == "add" else part
        return out.reshape(x.shape)

    return reference


def _index(x: Array, indices: list[Array | None]) -> Array:
    return x[tuple(slice(None) if item is None else item for item in indices)]


def _index_put(x: Array, indices: list[Array | None], values: Array, accumulate: bool = False) -> Array:
    out = x.copy()
    where = tuple(slice(None) if item is None else item for item in indices)
    if accumulate:
        np.add.at(out, where, values)
    else:
        out[where] = values
    return out


def _put(x: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    out = x.copy().reshape(-1)
    for place, value in zip(index.reshape(-1), source.reshape(-1), strict=True):
        out[place] = out[place] + value if accumulate else value
    return out.reshape(x.shape)


def _along(x: Array, indices: Array, dim: int | None = None) -> Array:
    return x.reshape(-1)[indices.reshape(-1)] if dim is None else np.take_along_axis(x, indices, dim)


MASK = Values([[True, False, True], [False, False, True]], dtype="bool")
ROWS = Values([0, 2, 0, 3], dtype="int64")

CASES = [
    Case("index_select", A(4, 3), 0, I(5, high=4), reference=lambda x, d, i: x[i], dtypes=ALL),
    Case("index_select", A(2, 4, 3), -2, I(2, high=4, dtype="int32"), reference=lambda x, d, i: x[:, i]),
    Case("index_select", A(3), 0, I(1, high=3), reference=lambda x, d, i: x[i]),
    Case("index_select", A(3), 0, I(high=3), reference=lambda x, d, i: x[i].reshape(1)),
    Case("index_select", A(), 0, I(1, high=1), reference=lambda x, d, i: x),
    Case("index_select", A(4, 3), 1, I(0), reference=lambda x, d, i: x[:, :0]),
    Case("gather", A(3, 4), 1, I(3, 2, high=4), reference=_gather, dtypes=ALL),
    Case("gather", A(3, 4), 0, I(5, 2, high=3), reference=_gather),
    Case("gather", A(2, 3, 4), -2, I(2, 2, 3, high=3, dtype="int32"), reference=_gather),
    Case("gather", A(2, 3, 4), 2, I(1, 3, 7, high=4), sparse_grad=True, reference=_gather),
    Case("gather", A(), 0, I(high=1), reference=_gather),
    Case("gather", A(3, 4), 1, I(3, 0), reference=_gather),
    Case("index_add", A(4, 3), 0, ROWS, A(4, 3), reference=_slices("add"), dtypes=NUMBERS),
    Case("index_add", A(2, 4), 1, ROWS, A(2, 4), alpha=2.5, reference=_slices("add")),
    Case("index_add", A(4, 2, 3), 0, ROWS, A(4, 2, 3), alpha=-1, reference=_slices("add"), dtypes=("int64", *FLOATING)),
    Case("index_add", A(), 0, I(1, high=1), A(1), reference=_slices("add")),
    # Long rows are added by groups or in rounds, not element by element.
    Case("index_add", A(5, 20), 0, I(40, high=5), A(40, 20), reference=_slices("add"), second=False),
    Case("index_add", A(30, 17), 0, I(25, high=30), A(25, 17), reference=_slices("add"), second=False),
    Case("index_copy", A(4, 3), 0, I(3, high=4, unique=True), A(3, 3), reference=_slices("copy"), dtypes=ALL),
    Case("index_copy", A(2, 4), -1, I(2, high=4, unique=True), A(2, 2), reference=_slices("copy")),
    Case("index_copy", A(), 0, I(1, high=1), A(), reference=_slices("copy")),
    Case("index_fill", A(4, 3), 0, Values([1, -1], dtype="int64"), 1, reference=_slices("fill"), dtypes=ALL),
    Case("index_fill", A(2, 4), 1, I(2, high=4), 0.5, reference=_slices("fill")),
    Case("index_fill", A(2, 4), 1, I(2, high=4), A(), reference=_slices("fill")),
    Case("index_fill_value", A(2, 4), 1, Values([-1, 0], dtype="int64"), 2, reference=_slices("fill"), dtypes=ALL),
    Case("index_fill_value", A(), 0, I(1, high=1), 2, reference=_slices("fill")),
    Case("index_fill_", A(2, 4), 1, Values([-1, 0], dtype="int64"), 2, reference=_slices("fill"), dtypes=ALL),
    Case("index_fill_", A(2, 4), 1, I(2, high=4), A(), reference=_slices("fill")),
    Case("index", A(4, 3), [ROWS], reference=_index, dtypes=ALL),
    Case("index", A(2, 3, 4), [None, I(2, 2, low=-3, high=3)], reference=_index),
    Case("index", A(2, 3, 4), [I(3), I(3, high=3)], reference=_index),
    Case("index", A(2, 3, 4), [None, I(3, 1, high=3), I(2, high=4)], reference=_index),
    Case("index", A(2, 3, 4), [I(3), None, I(3, high=4)], reference=_index),
    Case("index", A(2, 3), [MASK], reference=_index, dtypes=ALL),
    Case("index", A(2, 3, 2), [MASK, I(3)], reference=_index),
    Case("index", A(3), [I(high=3)], reference=_index),
    Case("index", A(3, 2), [I(0)], reference=_index),
    Case("index_put", A(4, 3), [I(2, high=4, unique=True)], A(3), reference=_index_put, dtypes=ALL),
    Case("index_put", A(2, 3, 4), [None, I(2, high=3, unique=True)], A(2, 2, 4), reference=_index_put),
    Case("index_put", A(2, 3), [MASK], A(), reference=_index_put),
    Case("index_put", A(2, 3), [MASK], A(3), reference=_index_put),
    Case("index_put", A(4, 3), [ROWS], A(4, 3), True, reference=_index_put, dtypes=NUMBERS),
    Case("index_put", A(4, 3), [ROWS, Values([1, 1, 1, 0], dtype="int64")], A(1), True, reference=_index_put),
    Case("index_put", A(2, 3, 4), [I(3), None, I(3, high=4)], A(3, 3), accumulate=True, reference=_index_put),
    Case("index_put", A(6, 16), [I(40, high=6)], A(40, 16), True, reference=_index_put, second=False),
    Case("take", A(3, 4), I(2, 3, low=-12, high=12), reference=lambda x, i: x.reshape(-1)[i], dtypes=ALL),
    Case("take", A(), I(high=1), reference=lambda x, i: x),
    Case("put", A(3, 4), I(6, high=12, unique=True), A(2, 3), reference=_put, dtypes=ALL),
    Case("put", A(3, 4), Values([0, -1, 0], dtype="int64"), A(3), True, reference=_put, dtypes=NUMBERS),
    Case("put", A(2, 2), I(0), A(0), reference=_put),
    Case("take_along_dim", A(3, 4), I(3, 2, high=4), 1, reference=_along),
    Case("take_along_dim", A(3, 4), I(1, 2, high=4), 1, reference=lambda x, i, d: _along(x, i.repeat(3, 0), d)),
    Case("take_along_dim", A(3, 4), I(5, high=12), reference=_along),
]

BEYOND = Values([7], dtype="int64")
ERRORS = [
    ErrorCase("index_select", A(2, 3), 0, BEYOND, raises=IndexError, match="index out of range"),
    ErrorCase("index_select", A(2, 3), 0, I(1, 1), raises=IndexError, match="supposed to be a vector"),
    ErrorCase("index_select", A(2, 3), 0, A(1), raises=RuntimeError, match="Expected dtype int32 or int64 for index"),
    ErrorCase(
        "gather", A(2, 3), 1, Values([[5]], dtype="int64"), raises=RuntimeError, match="index 5 is out of bounds"
    ),
    ErrorCase("gather", A(2, 3), 1, I(2), raises=RuntimeError, match="same number of dimensions as input"),
    ErrorCase("gather", A(2, 3), 0, I(1, 4), raises=RuntimeError, match="to be no larger than self"),
    ErrorCase("gather", A(2, 3), 1, A(2, 3), raises=RuntimeError, match="Expected dtype int32/int64 for index"),
    ErrorCase("index_add", A(2, 3), 0, BEYOND, A(1, 3), raises=RuntimeError, match="index 7 is out of bounds"),
    ErrorCase("index_add", A(2, 3), 0, I(2), A(1, 3), raises=RuntimeError, match="Number of indices"),
    ErrorCase("index_add", A(2, 3), 0, I(1), I(1, 3), raises=RuntimeError, match="must have the same scalar type"),
    ErrorCase("index_copy", A(2, 3), 0, BEYOND, A(1, 3), raises=IndexError, match="index 7 is out of bounds"),
    ErrorCase("index_copy", A(2, 3), 0, I(1), A(2, 3), raises=IndexError, match="Number of indices"),
    ErrorCase("index_fill", A(2, 3), 0, BEYOND, 1.0, raises=IndexError, match="index 7 is out of bounds"),
    ErrorCase("index_fill", A(2, 3), 0, I(1), A(1), raises=RuntimeError, match="only supports a 0-dimensional value"),
    ErrorCase("index", A(2, 3), [BEYOND], raises=IndexError, match="index 7 is out of bounds for dimension 0"),
    ErrorCase("index", A(4, 3), [I(2), I(3)], raises=IndexError, match="could not be broadcast together with shapes"),
    ErrorCase("index_put", A(2, 3), [BEYOND], A(), raises=IndexError, match="index 7 is out of bounds"),
    ErrorCase("index_put", A(2, 3), [I(1)], I(3), raises=RuntimeError, match="source and destination dtypes match"),
    ErrorCase("index_put", A(4, 3), [I(2)], A(2), raises=RuntimeError, match="cannot be broadcast to indexing result"),
    ErrorCase("take", A(2, 3), BEYOND, raises=IndexError, match="tried to access index 7 on a tensor of 6 elements"),
    ErrorCase("take", A(2, 3), A(1), raises=RuntimeError, match="Expected a long tensor for index"),
    ErrorCase("put", A(2, 3), BEYOND, A(1), raises=IndexError, match="tried to access index 7"),
    ErrorCase("put", A(2, 3), I(2), A(1), raises=IndexError, match="same number of elements"),
    ErrorCase("take_along_dim", A(2, 3), A(2, 1), 1, raises=RuntimeError, match="dtype of indices should be Long"),
]
