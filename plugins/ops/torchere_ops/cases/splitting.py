"""Cases of splitting."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _split(x: Array, size: Any, dim: int = 0) -> tuple[Array, ...]:
    if isinstance(size, int):
        edges = list(range(size, x.shape[dim], size))
    else:
        edges = np.cumsum(size)[:-1].tolist()
    return tuple(np.split(x, edges, dim))


def _tensor_split(x: Array, where: Any, dim: int = 0) -> tuple[Array, ...]:
    if isinstance(where, np.ndarray):
        where = where.tolist()
    return tuple(np.array_split(x, where, dim))


CASES = [
    Case("split", A(5, 3), 2, reference=_split, dtypes=ALL),
    Case("split", A(5, 3), [1, 0, 2], 1, reference=_split),
    Case("split", A(5, 3), split_size=3, reference=lambda x, split_size: _split(x, split_size)),
    Case("split", A(4), 9, reference=_split),
    Case("split", A(0, 2), 3, reference=lambda x, size: (x,)),
    Case("split_with_sizes", A(5, 3), [4, 1], reference=_split),
    Case("unsafe_split", A(5, 3), 2, reference=_split),
    Case("unsafe_split_with_sizes", A(3, 5), [4, 1], 1, reference=_split),
    Case("unsafe_chunk", A(5, 3), 3, reference=lambda x, n: (x[:2], x[2:4], x[4:])),
    Case("chunk", A(5, 3), 3, reference=lambda x, n: (x[:2], x[2:4], x[4:]), dtypes=ALL),
    Case("chunk", A(5, 4), 3, dim=1, reference=lambda x, n, dim: (x[:, :2], x[:, 2:])),
    Case("chunk", A(0), 3, reference=lambda x, n: (x, x, x)),
    Case("tensor_split", A(7, 2), 3, reference=_tensor_split),
    Case("tensor_split", A(2, 7), (2, 3, -1), 1, reference=_tensor_split),
    Case("tensor_split", A(4), (3, 1, 9), reference=_tensor_split),
    Case("tensor_split", A(7), Values([2, 5], dtype="int64"), reference=_tensor_split),
    Case("hsplit", A(2, 6), 3, reference=lambda x, n: tuple(np.hsplit(x, n))),
    Case("hsplit", A(6), [1, 4], reference=lambda x, n: tuple(np.hsplit(x, n))),
    Case("vsplit", A(6, 2), 2, reference=lambda x, n: tuple(np.vsplit(x, n))),
    Case("dsplit", A(2, 3, 4), [1], reference=lambda x, n: tuple(np.dsplit(x, n))),
    Case("unbind", A(3, 2), reference=lambda x: tuple(x), dtypes=ALL),
    Case("unbind", A(3, 2), -1, reference=lambda x, dim: (x[:, 0], x[:, 1])),
]

ERRORS = [
    ErrorCase("split", A(4), -1, raises=RuntimeError, match="split_size be non-negative"),
    ErrorCase("split", A(4), 0, raises=RuntimeError, match="split_size can only be 0 if dimension size is 0"),
    ErrorCase("split", A(4), [1, 1], raises=RuntimeError, match="sum exactly to 4"),
    ErrorCase("split", A(), 1, raises=RuntimeError, match="at least a 1-dimensional tensor"),
    ErrorCase("split_with_sizes", A(4), [5, -1], raises=RuntimeError, match="only non-negative entries"),
    ErrorCase("chunk", A(4), 0, raises=RuntimeError, match="chunks` to be greater than 0"),
    ErrorCase("tensor_split", A(4), 0, raises=RuntimeError, match="number of sections must be larger than 0"),
    ErrorCase("hsplit", A(2, 3), 2, raises=RuntimeError, match="not divisible by the split_size 2"),
    ErrorCase("vsplit", A(3), 1, raises=RuntimeError, match="at least 2 dimension"),
    ErrorCase("dsplit", A(3, 3), 1, raises=RuntimeError, match="at least 3 dimension"),
    ErrorCase("unbind", A(), raises=IndexError, match="tensor has no dimensions"),
]
