"""Cases of copies, conversions, reversal, rotation, repetition and diagonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL, FLOATING, INTEGRAL
from torchere.dtypes import bool_, complex128, float32, float64, int64
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

COPY = ("clone", "contiguous", "resolve_conj", "resolve_neg")


def _diag_embed(x: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    side = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], side, side), x.dtype)
    for place in range(x.shape[-1]):
        out[..., place + max(-offset, 0), place + max(offset, 0)] = x[..., place]
    return np.moveaxis(out, (-2, -1), (dim1 % out.ndim, dim2 % out.ndim))


def _interleave(x: Array, repeats: Any, dim: int | None = None, output_size: int | None = None) -> Array:
    return np.repeat(x, repeats, dim)


def _converted(kind: type) -> Any:
    return lambda x, dtype: x.astype(kind)


REPEATS = Values([2, 0, 1], dtype="int64")

CASES = [
    *[Case(name, A(*shape), reference=lambda x: x, dtypes=ALL) for name in COPY for shape in ((2, 3), (), (0, 2))],
    Case("clone", A(2, 3), memory_format="contiguous_format", reference=lambda x, **_: x),
    Case("to_dtype", A(2, 3), dtype=float64, reference=_converted(np.float64), dtypes=INTEGRAL + FLOATING),
    Case("to_dtype", A(2, 3, low=0.0), dtype=int64, reference=_converted(np.int64), dtypes=FLOATING, gradient=False),
    Case(
        "to_dtype", Values([0.0, 0.25, float("nan"), -1.0]), dtype=bool_, reference=_converted(np.bool_), gradient=False
    ),
    Case("to_dtype", A(2, 3), dtype=complex128, reference=_converted(np.complex128), dtypes=("float64",)),
    Case("to_dtype", A(), dtype=float32, reference=_converted(np.float32), dtypes=("float32", "int64", "bool")),
    Case("flip", A(2, 3, 4), (0, 2), reference=lambda x, dims: np.flip(x, dims), dtypes=ALL),
    Case("flip", A(2, 3), (-1,), reference=lambda x, dims: np.flip(x, dims)),
    Case("flip", A(2, 3), (), reference=lambda x, dims: x),
    Case("flip", A(0, 3), (1,), reference=lambda x, dims: x),
    Case("fliplr", A(2, 3), reference=np.fliplr),
    Case("flipud", A(2, 3), reference=np.flipud),
    Case("roll", A(3, 4), 2, reference=np.roll, dtypes=ALL),
    Case("roll", A(3, 4), -5, 1, reference=np.roll),
    Case("roll", A(3, 4), (1, 2), (0, 1), reference=np.roll),
    Case("roll", A(3, 4), (1, 1), (0, 0), reference=lambda x, *_: np.roll(x, 2, 0)),
    Case("roll", A(), 1, reference=lambda x, shift: x),
    Case("roll", A(0, 3), 1, 0, reference=lambda x, *_: x),
    *[
        Case(
            "rot90", A(2, 3), k, (0, 1), reference=lambda x, k, dims: np.rot90(x, k, dims), dtypes=("float32", "int64")
        )
        for k in (0, 1, 2, 3, -1, 5)
    ],
    Case("rot90", A(2, 3, 4), 1, (2, 0), reference=lambda x, k, dims: np.rot90(x, k, dims)),
    Case("repeat", A(2, 3), (2, 1, 3), reference=np.tile, dtypes=ALL),
    Case("repeat", A(2, 3), (1, 0), reference=np.tile),
    Case("repeat", A(), (3,), reference=np.tile),
    Case("tile", A(2, 3), (2,), reference=np.tile),
    Case("tile", A(3), (2, 2), reference=np.tile),
    Case("repeat_interleave", A(2, 3), 2, reference=_interleave),
    Case("repeat_interleave", A(2, 3), 2, 1, reference=_interleave, dtypes=ALL),
    Case("repeat_interleave", A(3, 2), REPEATS, 0, reference=_interleave, dtypes=ALL),
    Case("repeat_interleave", A(2, 3), REPEATS, dim=-1, output_size=3, reference=_interleave),
    Case("repeat_interleave", REPEATS, reference=lambda x: np.repeat(np.arange(3), x), dtypes=("float32",)),
    Case("diag", A(3), reference=np.diag, dtypes=ALL),
    Case("diag", A(3), -2, reference=np.diag),
    Case("diag", A(3, 4), 1, reference=np.diag),
    Case("diag_embed", A(2, 3), reference=_diag_embed, dtypes=ALL),
    Case("diag_embed", A(2, 3), 1, 0, 2, reference=_diag_embed),
    Case("diag_embed", A(2, 3), -1, 2, 0, reference=_diag_embed),
    Case("diagflat", A(2, 2), 1, reference=lambda x, offset: np.diagflat(x, offset)),
    *[
        Case(name, A(*shape), reference=lambda x, shape=result: x.reshape(shape), dtypes=("float32", "int64"))
        for name, shape, result in (
            ("atleast_1d", (), (1,)),
            ("atleast_1d", (2, 3), (2, 3)),
            ("atleast_2d", (), (1, 1)),
            ("atleast_2d", (3,), (1, 3)),
            ("atleast_3d", (3,), (1, 3, 1)),
            ("atleast_3d", (2, 3), (2, 3, 1)),
            ("atleast_3d", (), (1, 1, 1)),
        )
    ],
    Case("atleast_1d", A(), A(2), reference=lambda x, y: (x.reshape(1), y)),
]

ERRORS = [
    ErrorCase("clone", A(2, 3), memory_format="channels_last", raises=RuntimeError, match="required rank 4 tensor"),
    ErrorCase("flip", A(2, 3), (0, 0), raises=RuntimeError, match="appears multiple times"),
    ErrorCase("flip", A(2, 3), (2,), raises=IndexError, match="Dimension out of range"),
    ErrorCase("fliplr", A(3), raises=RuntimeError, match="Input must be >= 2-d"),
    ErrorCase("flipud", A(), raises=RuntimeError, match="Input must be >= 1-d"),
    ErrorCase("roll", A(2, 3), (1, 2), raises=RuntimeError, match="shifts and dimensions must align"),
    ErrorCase("roll", A(2, 3), (), (), raises=RuntimeError, match="`shifts` required"),
    ErrorCase("rot90", A(2, 3), 1, (0,), raises=RuntimeError, match="expected total rotation dims == 2"),
    ErrorCase("rot90", A(2, 3), 1, (0, -2), raises=RuntimeError, match="rotation dims to be different"),
    ErrorCase("rot90", A(2), raises=RuntimeError, match="expected total dims >= 2"),
    ErrorCase("repeat", A(2, 3), (2,), raises=RuntimeError, match="can not be smaller than number of dimensions"),
    ErrorCase("repeat", A(2, 3), (2, -1), raises=RuntimeError, match="negative dimension"),
    ErrorCase("repeat_interleave", A(2, 3), -2, raises=RuntimeError, match="Repeats must be non-negative"),
    ErrorCase(
        "repeat_interleave", A(2), Values([1, -2], dtype="int64"), raises=RuntimeError, match="can not be negative"
    ),
    ErrorCase(
        "repeat_interleave",
        A(2, 3),
        Values([1, 2], dtype="int64"),
        1,
        raises=RuntimeError,
        match="must have the same size",
    ),
    ErrorCase("diag", A(1, 1, 1), raises=RuntimeError, match="Supports 1D or 2D tensors. Got 3D"),
    ErrorCase("diag_embed", A(2, 3), 0, 1, 1, raises=RuntimeError, match="diagonal dimensions cannot be identical"),
]
ERRORS += [
    ErrorCase("to_dtype", A(2), "a", raises=TypeError, match="'dtype' .*must be DType, not str"),
]
