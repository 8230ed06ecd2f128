"""Cases of joining."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]


def _block_diag(*matrices: Array) -> Array:
    blocks = [np.atleast_2d(x) for x in matrices]
    out = np.zeros([sum(block.shape[axis] for block in blocks) for axis in (0, 1)], blocks[0].dtype)
    row = column = 0
    for block in blocks:
        out[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return out


CASES = [
    Case("cat", [A(2, 3), A(1, 3), A(4, 3)], reference=lambda parts: np.concatenate(parts), dtypes=ALL),
    Case("cat", [A(2, 3), A(2, 1)], -1, reference=np.concatenate),
    Case("cat", [A(2, 0), A(2, 3)], dim=1, reference=lambda parts, dim: np.concatenate(parts, dim)),
    Case("cat", [A(0, gradient=False), A(2, 3)], -1, reference=lambda parts, dim: parts[1]),
    Case("cat", [A(3)], reference=lambda parts: parts[0]),
    Case(
        "cat",
        [A(2), Values([1, 2], dtype="int32")],
        reference=lambda parts: np.concatenate(parts),
        dtypes=("float32", "float64", "int64"),
    ),
    Case("stack", [A(2, 3), A(2, 3)], reference=lambda parts: np.stack(parts), dtypes=ALL),
    Case("stack", [A(2, 3), A(2, 3), A(2, 3)], -1, reference=np.stack),
    Case("stack", [A(2, 3), A(2, 3)], dim=1, reference=lambda parts, dim: np.stack(parts, dim)),
    Case("stack", [A(), A()], reference=lambda parts: np.stack(parts)),
    Case("hstack", [A(2, 3), A(2, 1)], reference=np.hstack),
    Case("hstack", [A(2), A()], reference=np.hstack),
    Case("vstack", [A(2, 3), A(3)], reference=np.vstack),
    Case("vstack", [A(), A()], reference=lambda parts: np.vstack([p.reshape(1, 1) for p in parts])),
    Case("dstack", [A(2, 3), A(2, 3)], reference=np.dstack),
    Case("dstack", [A(3), A(3)], reference=np.dstack),
    Case("column_stack", [A(3), A(3, 2)], reference=np.column_stack),
    Case("column_stack", [A(), A()], reference=lambda parts: np.array([parts])),
    Case("block_diag", A(2, 3), A(), A(2), reference=_block_diag, dtypes=("float32", "complex64")),
    Case("block_diag", A(2, 0), A(1, 1), reference=_block_diag),
]

ERRORS = [
    ErrorCase("cat", [], raises=ValueError, match="expected a non-empty list of Tensors"),
    ErrorCase(
        "cat", [A(2, 3), A(2, 2)], raises=RuntimeError, match="Expected size 3 but got size 2 for tensor number 1"
    ),
    ErrorCase("cat", [A(2, 3), A(2)], raises=RuntimeError, match="same number of dimensions: got 2 and 1"),
    ErrorCase("cat", [A(), A()], raises=RuntimeError, match="zero-dimensional tensor"),
    ErrorCase("cat", [A(2), A(2)], 1, raises=IndexError, match="Dimension out of range"),
    ErrorCase("cat", A(2, 3), raises=TypeError, match="must be tuple of Tensors, not Tensor"),
    ErrorCase("stack", [], raises=RuntimeError, match="expects a non-empty TensorList"),
    ErrorCase("stack", [A(2), A(3)], raises=RuntimeError, match="expects each tensor to be equal size"),
    ErrorCase("stack", [A(2), A(2)], 2, raises=IndexError, match="Dimension out of range"),
    ErrorCase("hstack", [A(2, 3), A(4)], raises=RuntimeError, match="same number of dimensions"),
    ErrorCase("block_diag", A(1, 1, 1), raises=RuntimeError, match="must have 2 or fewer dimensions"),
]
