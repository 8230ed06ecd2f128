"""Matrix products on NumPy arrays.

Floating and complex products go to BLAS. Integers have no BLAS: they are multiplied in floating point when every
partial sum is exactly representable there (about 50 times faster for 512 x 512), in NumPy's integer loop otherwise.
"""

import numpy as np

from torchere.dtype_sets import INTEGRAL, WIDE
from torchere_dispatch import KernelTable

__all__ = ["table"]

table = KernelTable(device="cpu")

#: Below this many multiply-adds NumPy's integer loop is faster than the conversions.
_SMALL = 4096


def _blas_ready(x: np.ndarray) -> bool:
    """Whether BLAS can read the last two axes in place: one of them must be contiguous and none repeated."""
    *_, rows, columns = x.strides
    size = x.itemsize
    return (columns == size and rows >= size * x.shape[-1]) or (rows == size and columns >= size * x.shape[-2])


@table.kernel("matmul", dtypes=WIDE)
def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim == 2 and b.ndim == 2:
        return np.dot(a, b)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul of a 0-d array")  # np.dot would multiply
    if a.ndim <= 2 and b.ndim <= 2:
        return np.dot(a, b)
    if b.ndim == 1:
        return np.dot(a, b)
    if b.ndim == 2:
        # One large product instead of a loop of small ones.
        return np.dot(a.reshape(-1 if a.size else _lead(a), a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
    if a.ndim > 1 and not _blas_ready(a):
        a = np.ascontiguousarray(a)
    if not _blas_ready(b):
        b = np.ascontiguousarray(b)
    return np.matmul(a, b)


def _lead(a: np.ndarray) -> int:
    return int(np.prod(a.shape[:-1]))


@table.kernel("matmul", dtypes=INTEGRAL)
def matmul_integer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    wide = _exact_float(a, b)
    if wide is None:
        return np.matmul(a, b)
    product = matmul(a.astype(wide), b.astype(wide))
    # Through int64: casting a float outside the target's range is undefined, integers wrap around.
    return product.astype(np.int64).astype(a.dtype) if a.dtype != np.int64 else product.astype(np.int64)


def _exact_float(a: np.ndarray, b: np.ndarray) -> type[np.floating] | None:
    """The narrowest float in which the integer product is exact, or None."""
    if a.size == 0 or b.size == 0 or a.size * (b.shape[-1] if b.ndim > 1 else 1) < _SMALL:
        return None
    largest = max(int(a.max()), -int(a.min())) * max(int(b.max()), -int(b.min())) * a.shape[-1]
    if largest < 2**24:
        return np.float32
    return np.float64 if largest < 2**53 else None


@table.kernel("matmul_nt", dtypes=WIDE)
def matmul_nt(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.dot(a, b.T if b.dtype.kind == "f" else b.conj().T)


@table.kernel("matmul_tn", dtypes=WIDE)
def matmul_tn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.dot(a.T if a.dtype.kind == "f" else a.conj().T, b)


@table.kernel("mm", dtypes=WIDE)
def mm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError("mm: shapes")  # the operator's check says what is wrong
    return np.dot(a, b)


@table.kernel("mv", dtypes=WIDE)
def mv(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != 2 or b.ndim != 1:
        raise ValueError("mv: shapes")  # the operator's check says what is wrong
    return np.dot(a, b)


@table.kernel("dot", dtypes=WIDE)
def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError("dot: shapes")  # the operator's check says what is wrong
    return np.dot(a, b)


@table.kernel("vdot", dtypes=WIDE)
def vdot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError("vdot: shapes")  # the operator's check says what is wrong
    return np.vdot(a, b)


@table.kernel("bmm", dtypes=WIDE)
def bmm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim != 3 or b.ndim != 3 or len(a) != len(b):
        raise ValueError("bmm: shapes")  # the operator's check says what is wrong
    return matmul(a, b)


@table.kernel("addmm", dtypes=WIDE)
def addmm(input: np.ndarray, a: np.ndarray, b: np.ndarray, beta: complex, alpha: complex) -> np.ndarray:
    out = np.dot(a, b)
    if alpha != 1:
        out *= alpha
    if beta == 1:
        out += input
    elif beta != 0:
        out += input * out.dtype.type(beta)
    return out
