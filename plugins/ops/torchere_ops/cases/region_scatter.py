"""Cases of copies with a region replaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import ALL
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _with(x: Array, src: Array, where: Any) -> Array:
    out = x.copy()
    out[where] = src
    return out


def _diagonal(x: Array, src: Array, offset: int = 0) -> Array:
    out = x.copy()
    for place in range(len(src)):
        out[place + max(-offset, 0), place + max(offset, 0)] = src[place]
    return out


CASES = [
    Case("select_scatter", A(2, 3), A(2), 1, -1, reference=lambda x, src, *_: _with(x, src, np.s_[:, -1]), dtypes=ALL),
    Case("slice_scatter", A(5, 3), A(2, 3), reference=lambda x, src, **_: _with(x, src, np.s_[1:5:2]), start=1, step=2),
    Case("slice_scatter", A(2, 5), A(2, 3), 1, 2, reference=lambda x, src, *_: _with(x, src, np.s_[:, 2:]), dtypes=ALL),
    Case("slice_scatter", A(4), A(0), 0, 3, 1, reference=lambda x, src, *_: x),
    Case("diagonal_scatter", A(3, 4), A(3), 1, reference=_diagonal, dtypes=ALL),
    Case("diagonal_scatter", A(3, 4), A(2), -1, reference=_diagonal),
    Case("as_strided_scatter", A(2, 3), A(2), (2,), (3,), 1, reference=lambda x, s, *_: _with(x, s, np.s_[:, 1])),
    Case("narrow_copy", A(4, 3), 0, 1, 2, reference=lambda x, *_: x[1:3], dtypes=ALL),
]

ERRORS = [
    ErrorCase("select_scatter", A(2, 3), A(3), 1, 0, raises=RuntimeError, match="expected src to have a size equal"),
    ErrorCase("slice_scatter", A(4), A(4), 0, 0, 4, 0, raises=RuntimeError, match="step must be positive"),
    ErrorCase("diagonal_scatter", A(3, 3), A(2), raises=RuntimeError, match="expected src to have a size equal"),
    ErrorCase("narrow_copy", A(4), 0, 3, 2, raises=RuntimeError, match="exceeds dimension size"),
]
