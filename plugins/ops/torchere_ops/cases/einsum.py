"""Cases of einsum and tensordot."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, NUMERIC, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _einsum(*args: Any) -> Array:
    return np.asarray(np.einsum(*args))


def _tensordot(a: Array, b: Array, dims: Any = 2) -> Array:
    return np.asarray(np.tensordot(a, b, dims))


CASES = [
    Case("einsum", "ij,jk->ik", A(2, 3), A(3, 4), reference=_einsum, dtypes=NUMERIC),
    Case("einsum", "ij,jk", A(2, 3), A(3, 4), reference=_einsum),
    Case("einsum", "ba", A(2, 3), reference=_einsum),
    Case("einsum", "ii->i", A(3, 3), reference=_einsum),
    Case("einsum", "ii", A(3, 3), reference=_einsum),
    Case("einsum", "...ij,...jk->...ik", A(5, 1, 2, 3), A(4, 3, 2), reference=_einsum, dtypes=WIDE_FLOATING + COMPLEX),
    Case("einsum", "i...j->j...", A(2, 4, 3), reference=_einsum),
    Case("einsum", "i,j->ij", A(2), A(3), reference=_einsum),
    Case("einsum", "ij,ij->", A(2, 3), A(2, 3), reference=_einsum, dtypes=WIDE_FLOATING),
    Case("einsum", "bn,anm,bm->ba", A(2, 3), A(5, 3, 4), A(2, 4), reference=_einsum, dtypes=WIDE_FLOATING),
    Case("einsum", "ab,bc,cd,de->ae", A(2, 3), A(3, 4), A(4, 2), A(2, 5), reference=_einsum, dtypes=WIDE_FLOATING),
    Case("einsum", "bhld,bhmd->bhlm", A(2, 2, 3, 4), A(2, 2, 5, 4), reference=_einsum, dtypes=WIDE_FLOATING),
    Case("einsum", "ij,kl->il", A(2, 3), A(4, 5), reference=_einsum, dtypes=WIDE_FLOATING),
    Case("einsum", "i,->i", A(3), A(), reference=_einsum),
    Case("einsum", "ij,jk->ik", A(2, 0), A(0, 4), reference=_einsum),
    Case("einsum", A(2, 3), [0, 1], A(3, 4), [1, 2], [0, 2], reference=_einsum, dtypes=FLOATING),
    Case("einsum", A(2, 3, 4), [..., 0], [0, ...], reference=_einsum, dtypes=FLOATING),
    Case("tensordot", A(2, 3, 4), A(3, 4, 5), reference=_tensordot, dtypes=WIDE_FLOATING + COMPLEX),
    Case("tensordot", A(2, 3), A(4, 3), dims=([1], [1]), reference=_tensordot),
    Case("tensordot", A(2, 3), A(3, 2, 4), dims=([1, 0], [0, 1]), reference=_tensordot),
    Case("tensordot", A(2, 3), A(4), dims=0, reference=_tensordot),
    Case("tensordot", A(2, 0), A(0, 4), dims=1, reference=_tensordot),
]

ERRORS = [
    ErrorCase("einsum", "ij,jk", A(2, 3), A(4, 4), raises=RuntimeError, match="subscript j has size 4 for operand 1"),
    ErrorCase("einsum", "ij->ji", A(2, 3), A(2), raises=RuntimeError, match="more operands were provided"),
    ErrorCase("einsum", "ij,jk->ik", A(2, 3), raises=RuntimeError, match="fewer operands were provided"),
    ErrorCase("einsum", "i->ii", A(3), raises=RuntimeError, match="appears more than once in the output"),
    ErrorCase("einsum", "ii->i", A(3, 4), raises=RuntimeError, match="sizes don't match, 4 != 3"),
    ErrorCase("einsum", "i1->i", A(2, 3), raises=RuntimeError, match="invalid subscript given at index 1"),
    ErrorCase("einsum", "ij->k", A(2, 3), raises=RuntimeError, match="output subscript k does not appear"),
    ErrorCase("einsum", "...ij->...", A(3), raises=RuntimeError, match=r"is more than the number of dimensions \(1\)"),
    ErrorCase("einsum", "ij", A(2, 3, 4), raises=RuntimeError, match="no ellipsis was given"),
    ErrorCase("einsum", "i..->i", A(2, 3), raises=RuntimeError, match="not part of any ellipsis"),
    ErrorCase("einsum", "i", raises=ValueError, match="must specify the equation string"),
    ErrorCase("einsum", A(2, 3), [0, 60], raises=ValueError, match="not within the valid range"),
    ErrorCase("tensordot", A(2, 3), A(4, 3), dims=1, raises=RuntimeError, match="first has size 3 in dim 1"),
    ErrorCase("tensordot", A(2, 3), A(4, 3), dims=-1, raises=RuntimeError, match="expects dims >= 0"),
    ErrorCase("tensordot", A(2, 3), A(4, 3), dims=([1, 0], [1]), raises=RuntimeError, match="same length"),
    ErrorCase("tensordot", A(2, 3), A(4, 3), dims=([5], [0]), raises=IndexError, match="out of range"),
    ErrorCase(
        "tensordot", A(2, 3), A(2, 3), dims=([0, 0], [0, 0]), raises=RuntimeError, match="appears multiple times"
    ),
]
