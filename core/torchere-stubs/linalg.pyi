"""Made by scripts/make_stubs.py; edit the sources instead."""


from builtins import bool as _bool, bytes as _bytes, complex as _complex, float as _float, int as _int
from builtins import object as _object, property as _property, slice as _slice, str as _str, tuple as _tuple
from builtins import dict as _dict, list as _list, type as _type
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from torchere.devices import device as _device
from torchere.dtypes import DType
from torchere.random import Generator
from torchere.size import Size

_Number = _bool | _int | _float | _complex

from torchere.tensors.tensor import Tensor

class _linalg_svd_result(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor

def cross(input: Tensor, other: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
    """Cross product of vectors of three elements along `dim`; the other dimensions broadcast."""
    ...

def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Determinants of square matrices: ``(*, n, n)`` to ``(*)``; 1 for matrices of size 0."""
    ...

def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverses of square matrices ``(*, n, n)``."""
    ...

def matrix_norm(A: Tensor, ord: _str | _Number = 'fro', dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Norm of the matrices that the two axes `dim` hold."""
    ...

def matrix_power(A: Tensor, n: _int) -> Tensor:
    """The n-th power of square matrices ``(*, m, m)``; see `matrix_power`."""
    ...

def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Product of two or more matrices in the order that needs the fewest multiplications."""
    ...

def norm(A: Tensor, ord: _str | _Number | None = None, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Vector or matrix norm: over all elements without `ord` and `dim`, of vectors for one axis, of matrices for two."""
    ...

def solve(A: Tensor, B: Tensor, *, left: _bool = True) -> Tensor:
    """The X with ``A @ X == B``, or ``X @ A == B`` with ``left=False``."""
    ...

def svd(A: Tensor, full_matrices: _bool = True, *, out: _tuple[Tensor, ...] | None = None) -> _linalg_svd_result:
    """Singular value decomposition ``A = U @ diag(S) @ Vh`` of matrices ``(*, m, n)``; S is real and descending."""
    ...

def svdvals(A: Tensor) -> Tensor:
    """Singular values of matrices ``(*, m, n)``, descending: ``(*, min(m, n))``."""
    ...

def vector_norm(x: Tensor, ord: _Number = 2, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """``(Σ|x|^ord)^(1/ord)`` over `dim` (all axes by default), real."""
    ...

