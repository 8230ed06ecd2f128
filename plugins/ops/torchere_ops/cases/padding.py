"""Cases of padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]

_NUMPY_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(x: Array, pad: tuple[int, ...], mode: str = "constant", value: float | None = None) -> Array:
    if not x.ndim:
        return x.copy()
    widths = [(0, 0)] * x.ndim
    for pair in range(len(pad) // 2):
        widths[x.ndim - 1 - pair] = (pad[2 * pair], pad[2 * pair + 1])
    cuts = tuple(slice(max(0, -a), n - max(0, -b)) for (a, b), n in zip(widths, x.shape, strict=True))
    grown = [(max(0, a), max(0, b)) for a, b in widths]
    if mode == "constant":
        return np.pad(x[cuts], grown, constant_values=value or 0)
    if mode == "circular":
        return np.pad(x[cuts], grown, mode="wrap")
    return np.pad(x, grown, mode=_NUMPY_MODES[mode])[tuple(slice(max(0, -a), None if b >= 0 else b) for a, b in widths)]


def _constant(x: Array, pad: tuple[int, ...], value: float = 0) -> Array:
    return _pad(x, pad, "constant", value)


CASES = [
    Case("constant_pad_nd", A(2, 3), (1, 2), reference=_constant, dtypes=ALL),
    Case("constant_pad_nd", A(2, 3, 4), (1, 0, 0, 2, 1, 1), 1, reference=_constant),
    Case("constant_pad_nd", A(2, 6), (-2, 3, 1, -1), 2.5, reference=_constant),
    Case("constant_pad_nd", A(0, 3), (1, 1, 2, 0), 1, reference=_constant),
    Case("constant_pad_nd", A(), (), reference=_constant),
    Case("pad", A(2, 3), (1, 2), reference=_pad),
    Case("pad", A(2, 3), (1, 2, 0, 1), value=-1.5, reference=_pad),
    *(
        case
        for mode in ("reflect", "replicate", "circular")
        for case in (
            Case("pad", A(2, 3, 4), (2, 1), mode=mode, reference=_pad),
            Case("pad", A(2, 4), (-1, 3), mode=mode, reference=_pad),
            Case("pad", A(2, 3, 4), (2, 1, 0, 2), mode=mode, reference=_pad),
            Case("pad", A(1, 2, 3, 2, 4), (1, 1, 1, 0, 2, 1), mode=mode, reference=_pad),
        )
    ),
]

ERRORS = [
    ErrorCase("constant_pad_nd", A(2, 3), (1,), raises=RuntimeError, match="must be divisible by 2"),
    ErrorCase("constant_pad_nd", A(2), (1, 1, 1, 1), raises=RuntimeError, match="less than or equal to two times"),
    ErrorCase("constant_pad_nd", A(2, 3), (3, -4), raises=RuntimeError, match="length must be non-negative"),
    ErrorCase("pad", A(1, 1, 6), (6, 0), mode="reflect", raises=RuntimeError, match="less than the corresponding"),
    ErrorCase("pad", A(1, 1, 6), (7, 0), mode="circular", raises=RuntimeError, match="wrapping around more than once"),
    ErrorCase("pad", A(1, 1, 6), (-4, -3), mode="replicate", raises=RuntimeError, match="is too small"),
    ErrorCase("pad", A(6), (1, 1), mode="reflect", raises=NotImplementedError, match="Padding size 2 is not supported"),
    ErrorCase("pad", A(2, 0, 6), (1, 1), mode="reflect", raises=RuntimeError, match="non-zero dimensions"),
    ErrorCase("pad", A(2, 3), (1, 1), mode="foo", raises=NotImplementedError, match="Unrecognised padding mode foo"),
    ErrorCase("pad", A(2, 3), (1, 1), mode="reflect", value=1.0, raises=RuntimeError, match="doesn't take in value"),
]
