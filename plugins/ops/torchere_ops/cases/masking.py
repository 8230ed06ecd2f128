"""Cases of masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, FLOATING, INTEGRAL
from torchere.testing import A, Case, ErrorCase, I, Values

Array = np.ndarray[Any, Any]

REAL = INTEGRAL + FLOATING
inf, nan = float("inf"), float("nan")


def _fill(x: Array, mask: Array, value: Any) -> Array:
    return np.where(mask, np.asarray(value).astype(x.dtype), x)


def _select(x: Array, mask: Array) -> Array:
    x, mask = np.broadcast_arrays(x, mask)
    return np.array([value for value, keep in zip(x.reshape(-1), mask.reshape(-1), strict=True) if keep], x.dtype)


def _scatter(x: Array, mask: Array, source: Array) -> Array:
    x, mask = (np.array(part) for part in np.broadcast_arrays(x, mask))
    values = iter(source.reshape(-1))
    out = x.reshape(-1)
    for place, replace in enumerate(mask.reshape(-1)):
        if replace:
            out[place] = next(values)
    return out.reshape(x.shape)


def _nonzero(x: Array, as_tuple: bool = False) -> Any:
    found = [place for place in np.ndindex(*x.shape) if x[place]]
    rows = np.array(found, dtype=np.int64).reshape(len(found), x.ndim)
    return tuple(rows.T) if as_tuple else rows


def _isin(x: Array, test: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    test = np.atleast_1d(test).reshape(-1).tolist()
    found = [any(value == other for other in test) for value in x.reshape(-1).tolist()]
    return np.array(found, dtype=bool).reshape(x.shape) != invert


MASK = Values([[True, False, True], [False, False, True]], dtype="bool")
ROW = Values([False, True, True], dtype="bool")
YES, NO = Values(True, dtype="bool"), Values(False, dtype="bool")

CASES = [
    Case(
        "nonzero_static",
        A(3, 4),
        size=14,
        reference=lambda x, size: np.concatenate([np.argwhere(x), np.full((size - len(np.argwhere(x)), 2), -1)]),
        gradient=False,
    ),
    Case(
        "nonzero_static",
        I(6),
        size=2,
        fill_value=9,
        reference=lambda x, size, fill_value: np.concatenate([np.argwhere(x), np.full((8, 1), fill_value)])[:size],
        gradient=False,
    ),
    Case("masked_fill", A(2, 3), MASK, 1, reference=_fill, dtypes=ALL),
    Case("masked_fill", A(2, 3), MASK, -inf, reference=_fill),
    Case("masked_fill", A(2, 3), ROW, A(), reference=_fill),
    Case("masked_fill", A(3), MASK, 0.5, reference=_fill),
    Case("masked_fill", A(), YES, 2, reference=_fill, dtypes=ALL),
    Case("masked_fill", Values([nan, inf, 1.0]), ROW, 0.0, reference=_fill, gradient=False),
    Case("masked_fill_value", A(2, 3), MASK, 2, reference=_fill, dtypes=ALL),
    Case("masked_fill_value", A(3), MASK, 0.5, reference=_fill),
    Case("masked_fill_", A(2, 3), MASK, 2, reference=_fill, dtypes=ALL),
    Case("masked_fill_", A(2, 3), ROW, -inf, reference=_fill),
    Case("masked_fill_", A(2, 3), MASK, A(), reference=_fill),
    # Large tensors are filled by operations on bits.
    Case(
        "masked_fill",
        A(70, 64),
        Values(np.eye(70, 64).astype(bool), dtype="bool"),
        1,
        reference=_fill,
        dtypes=ALL,
        gradient=False,
    ),
    Case(
        "masked_fill",
        A(3, 64, 64),
        Values(np.tri(64).astype(bool), dtype="bool"),
        -1.5,
        reference=_fill,
        gradient=False,
    ),
    Case("masked_select", A(2, 3), MASK, reference=_select, dtypes=ALL),
    Case("masked_select", A(2, 3), ROW, reference=_select),
    Case("masked_select", A(3), MASK, reference=_select),
    Case("masked_select", A(), NO, reference=_select),
    Case("masked_scatter", A(2, 3), MASK, A(3), reference=_scatter, dtypes=ALL),
    Case("masked_scatter", A(2, 3), ROW, A(2, 4), reference=_scatter),
    Case("masked_scatter", A(3), MASK, A(5), reference=_scatter),
    Case("nonzero", A(3, 4, low=0.0), reference=_nonzero, dtypes=ALL),
    Case("nonzero", Values([[[0, 1], [2, 0]], [[0, 0], [0, 3]]]), reference=_nonzero, dtypes=("float32", "int64")),
    Case("nonzero", Values([0.0, nan, -0.0, inf]), reference=_nonzero),
    Case("nonzero", A(0, 3), reference=_nonzero),
    Case("nonzero", Values(2.0), reference=_nonzero),
    Case("nonzero", Values(0.0), reference=_nonzero),
    Case("nonzero", MASK, as_tuple=True, reference=_nonzero, dtypes=("float32",)),
    Case("argwhere", MASK, reference=_nonzero, dtypes=("float32",)),
    Case("isin", Values([[1, 2], [3, 4]]), Values([2, 4, 9]), reference=_isin, dtypes=REAL),
    Case("isin", Values([[1, 2], [3, 4]]), Values([2, 4, 9]), invert=True, reference=_isin),
    Case("isin", Values([1, 2, 3]), Values([[3, 5]]), assume_unique=True, reference=_isin),
    Case("isin", Values([1, 2, 3]), 2, reference=_isin, dtypes=("int64", "float32")),
    Case("isin", Values([nan, 1.0]), Values([nan]), reference=_isin),
    Case("isin", Values([1.0]), Values([]), reference=_isin),
]

ERRORS = [
    ErrorCase("masked_fill", A(2, 3), A(2, 3), 1.0, raises=RuntimeError, match="only supports boolean masks"),
    ErrorCase("masked_fill", A(2, 3), ROW, A(1), raises=RuntimeError, match="only supports a 0-dimensional value"),
    ErrorCase("masked_fill", A(2, 4), ROW, 1.0, raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("masked_fill", A(3), ROW, 1j, raises=RuntimeError, match="without overflow"),
    ErrorCase("masked_fill_", A(3), MASK, 1.0, raises=RuntimeError, match="doesn't match the broadcast shape"),
    ErrorCase("masked_select", A(2, 3), A(2, 3), raises=RuntimeError, match="expected BoolTensor for mask"),
    ErrorCase("masked_select", A(2, 4), ROW, raises=RuntimeError, match="must match the size of tensor b"),
    ErrorCase("masked_scatter", A(2, 3), MASK, A(2), raises=RuntimeError, match="Number of elements of source"),
    ErrorCase(
        "masked_scatter", A(2, 3), MASK, I(5), raises=RuntimeError, match="expected self and source to have same"
    ),
    ErrorCase(
        "isin", Values([True], dtype="bool"), Values([True], dtype="bool"), raises=RuntimeError, match="Unsupported"
    ),
]
ERRORS += [
    ErrorCase("nonzero", A(3), out=Values([True], dtype="bool"), raises=RuntimeError, match="nonzero"),
    ErrorCase("nonzero", [1.0], raises=TypeError, match="must be Tensor, not list"),
]
