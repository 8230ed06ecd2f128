"""Cases of matrix and vector products."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, FLOATING, INTEGRAL, NUMERIC, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase, Values

Array = np.ndarray[Any, Any]

nan, inf = float("nan"), float("inf")


def _blend(product: Any) -> Any:
    def reference(x: Array, a: Array, b: Array, *, beta: complex = 1, alpha: complex = 1) -> Array:
        result = alpha * product(a, b)
        return result if beta == 0 else beta * x + result

    return reference


def _outer(a: Array, b: Array) -> Array:
    return a[:, None] * b[None, :]


def _inner(a: Array, b: Array) -> Array:
    return a * b if not a.ndim or not b.ndim else np.tensordot(a, b, (-1, -1))


_addmm, _addr = _blend(np.matmul), _blend(_outer)
_addbmm = _blend(lambda a, b: np.matmul(a, b).sum(axis=0))

CASES = [
    Case("matmul", A(2, 3), A(3, 4), reference=np.matmul, dtypes=NUMERIC),
    Case("matmul", A(3), A(3), reference=np.matmul, dtypes=FLOATING + COMPLEX),
    Case("matmul", A(3), A(3, 4), reference=np.matmul, dtypes=FLOATING + COMPLEX),
    Case("matmul", A(2, 3), A(3), reference=np.matmul, dtypes=FLOATING + COMPLEX),
    Case("matmul", A(5, 2, 3), A(3, 4), reference=np.matmul, dtypes=FLOATING + COMPLEX),
    Case("matmul", A(2, 3), A(5, 3, 4), reference=np.matmul),
    Case("matmul", A(5, 2, 3), A(3), reference=np.matmul),
    Case("matmul", A(3), A(5, 3, 4), reference=np.matmul),
    Case("matmul", A(1, 4, 2, 3), A(5, 1, 3, 2), reference=np.matmul),
    Case("matmul", A(0, 3), A(3, 4), reference=np.matmul),
    Case("matmul", A(2, 0), A(0, 4), reference=np.matmul),
    Case("matmul", A(2, 0, 3), A(3, 4), reference=np.matmul),
    # Enough work for integers to be multiplied in floating point, with sums beyond the narrow dtypes' range.
    Case("matmul", A(20, 30, low=0, high=100), A(30, 20, low=0, high=100), reference=np.matmul, dtypes=INTEGRAL),
    Case(
        "matmul",
        Values([[1.0, inf], [nan, 0.0]]),
        Values([[1.0, 0.0], [1.0, 2.0]]),
        reference=np.matmul,
        gradient=False,
    ),
    Case("mm", A(2, 3), A(3, 4), reference=np.matmul, dtypes=NUMERIC),
    Case("mm", A(2, 0), A(0, 4), reference=np.matmul),
    Case("matmul_nt", A(2, 3), A(4, 3), reference=lambda a, b: a @ b.conj().T, dtypes=FLOATING + COMPLEX),
    Case("matmul_tn", A(3, 2), A(3, 4), reference=lambda a, b: a.conj().T @ b, dtypes=FLOATING + COMPLEX),
    Case("bmm", A(4, 2, 3), A(4, 3, 5), reference=np.matmul, dtypes=NUMERIC),
    Case("bmm", A(0, 2, 3), A(0, 3, 5), reference=np.matmul),
    Case("mv", A(2, 3), A(3), reference=np.matmul, dtypes=NUMERIC),
    Case("mv", A(2, 0), A(0), reference=np.matmul),
    Case("dot", A(4), A(4), reference=np.dot, dtypes=NUMERIC),
    Case("dot", A(0), A(0), reference=np.dot),
    Case("vdot", A(4), A(4), reference=lambda a, b: (a.conj() * b).sum(dtype=a.dtype), dtypes=NUMERIC),
    Case("inner", A(2, 3), A(4, 3), reference=_inner, dtypes=FLOATING + COMPLEX),
    Case("inner", A(2, 3), A(3), reference=_inner),
    Case("inner", A(), A(2, 3), reference=_inner),
    Case("inner", A(2, 0), A(4, 0), reference=_inner),
    Case("outer", A(3), A(4), reference=_outer, dtypes=NUMERIC),
    Case("outer", A(3), A(0), reference=_outer),
    Case("addmm", A(2, 4), A(2, 3), A(3, 4), reference=_addmm, dtypes=NUMERIC),
    Case("addmm", A(4), A(2, 3), A(3, 4), beta=0.5, alpha=2, reference=_addmm, dtypes=FLOATING + COMPLEX),
    Case("addmm", Values([nan, inf], gradient=False), A(3, 2), A(2, 2), beta=0, reference=_addmm),
    Case("addmm", A(2, 1), A(2, 0), A(0, 4), beta=2, reference=lambda x, a, b, beta: np.repeat(x * beta, 4, axis=1)),
    Case("addmv", A(2), A(2, 3), A(3), reference=_addmm, dtypes=NUMERIC),
    Case("addmv", A(), A(2, 3), A(3), beta=0.5, alpha=3, reference=_addmm),
    Case(
        "addbmm", A(2, 5), A(4, 2, 3), A(4, 3, 5), beta=0.5, alpha=2, reference=_addbmm, dtypes=WIDE_FLOATING + COMPLEX
    ),
    Case("addbmm", A(5), A(0, 2, 3), A(0, 3, 5), reference=_addbmm),
    Case("baddbmm", A(4, 2, 5), A(4, 2, 3), A(4, 3, 5), reference=_addmm, dtypes=NUMERIC),
    Case("baddbmm", A(2, 1), A(4, 2, 3), A(4, 3, 5), beta=0.5, alpha=2, reference=_addmm),
    Case("addr", A(2, 3), A(2), A(3), reference=_addr, dtypes=NUMERIC),
    Case("addr", A(3), A(2), A(3), beta=0.5, alpha=2, reference=_addr, dtypes=FLOATING + COMPLEX),
    Case("addr", Values([nan, inf, 0.0], gradient=False), A(2), A(3), beta=0, reference=_addr),
]

ERRORS = [
    ErrorCase("matmul", A(2, 3), A(4, 5), raises=RuntimeError, match=r"cannot be multiplied \(2x3 and 4x5\)"),
    ErrorCase("matmul", A(3), A(4, 5), raises=RuntimeError, match=r"cannot be multiplied \(1x3 and 4x5\)"),
    ErrorCase("matmul", A(3), A(4), raises=RuntimeError, match="inconsistent tensor size"),
    ErrorCase("matmul", A(2, 3), A(4), raises=RuntimeError, match=r"mat \(2x3\), vec \(4\)"),
    ErrorCase("matmul", A(), A(3), raises=RuntimeError, match="at least 1D"),
    ErrorCase("matmul", A(2, 2, 3), A(3, 3, 4), raises=RuntimeError, match=r"size of tensor a \(2\) must match"),
    ErrorCase("matmul", A(2, 2, 3), A(2, 5, 4), raises=RuntimeError, match=r"Expected size .* \[2, 3\]"),
    ErrorCase("matmul", A(2, 3), A(3, 4), raises=NotImplementedError, match="not implemented for 'Bool'", dtype="bool"),
    ErrorCase("matmul", A(2, 3), A(3, 4, dtype="float64"), raises=RuntimeError, match="same dtype"),
    ErrorCase("mm", A(2, 3), A(4, 5), raises=RuntimeError, match="cannot be multiplied"),
    ErrorCase("mm", A(3), A(3, 5), raises=RuntimeError, match="self must be a matrix"),
    ErrorCase("mm", A(2, 3), A(3), raises=RuntimeError, match="mat2 must be a matrix"),
    ErrorCase("bmm", A(2, 3), A(4, 5), raises=RuntimeError, match="batch1 must be a 3D tensor"),
    ErrorCase("bmm", A(2, 3, 4), A(4, 4), raises=RuntimeError, match="batch2 must be a 3D tensor"),
    ErrorCase("bmm", A(2, 3, 4), A(1, 4, 6), raises=RuntimeError, match=r"Expected size .* \[2, 4\]"),
    ErrorCase("mv", A(2, 3), A(4), raises=RuntimeError, match="size mismatch"),
    ErrorCase("mv", A(3), A(3), raises=RuntimeError, match="vector \\+ matrix @ vector"),
    ErrorCase("dot", A(3), A(4), raises=RuntimeError, match="inconsistent tensor size"),
    ErrorCase("dot", A(3, 1), A(3), raises=RuntimeError, match="1D tensors expected, but got 2D and 1D"),
    ErrorCase("vdot", A(3), A(4), raises=RuntimeError, match="inconsistent tensor size"),
    ErrorCase("inner", A(2, 3), A(4), raises=RuntimeError, match="last dimension must match"),
    ErrorCase("outer", A(3, 1), A(4), raises=RuntimeError, match="Expected 1-D argument self, but got 2-D"),
    ErrorCase("addmm", A(3, 3), A(2, 3), A(3, 2), raises=RuntimeError, match=r"expanded size of the tensor \(2\)"),
    ErrorCase("addmm", A(2, 2), A(2, 3), A(4, 5), raises=RuntimeError, match="cannot be multiplied"),
    ErrorCase("addmm", A(2), A(2, 3), A(3), raises=RuntimeError, match="mat2 must be a matrix, got 1-D"),
    ErrorCase("addmv", A(3), A(2, 3), A(3), raises=RuntimeError, match="size mismatch"),
    ErrorCase("addbmm", A(2, 5), A(4, 2, 3), A(3, 3, 5), raises=RuntimeError, match="same number of batches"),
    ErrorCase("addbmm", A(2, 5), A(4, 2, 3), A(4, 4, 5), raises=RuntimeError, match="Incompatible matrix sizes"),
    ErrorCase("baddbmm", A(3, 2, 5), A(4, 2, 3), A(4, 3, 5), raises=RuntimeError, match=r"expanded size"),
    ErrorCase("addr", A(2, 4), A(2), A(3), raises=RuntimeError, match="expanded size"),
    ErrorCase(
        "addr", A(2, 3), A(2), A(3), alpha=0.5, raises=RuntimeError, match="must not be a floating", dtype="int64"
    ),
]
