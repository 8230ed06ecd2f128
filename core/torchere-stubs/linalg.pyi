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

class _linalg_cholesky_ex_result(NamedTuple):
    L: Tensor
    info: Tensor

class _linalg_eig_result(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor

class _linalg_eigh_result(NamedTuple):
    eigenvalues: Tensor
    eigenvectors: Tensor

class _linalg_inv_ex_result(NamedTuple):
    inverse: Tensor
    info: Tensor

class _linalg_ldl_factor_result(NamedTuple):
    LD: Tensor
    pivots: Tensor

class _linalg_ldl_factor_ex_result(NamedTuple):
    LD: Tensor
    pivots: Tensor
    info: Tensor

class _linalg_lstsq_result(NamedTuple):
    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor

class _linalg_lu_result(NamedTuple):
    P: Tensor
    L: Tensor
    U: Tensor

class _linalg_lu_factor_result(NamedTuple):
    LU: Tensor
    pivots: Tensor

class _linalg_lu_factor_ex_result(NamedTuple):
    LU: Tensor
    pivots: Tensor
    info: Tensor

class _linalg_qr_result(NamedTuple):
    Q: Tensor
    R: Tensor

class _linalg_slogdet_result(NamedTuple):
    sign: Tensor
    logabsdet: Tensor

class _linalg_solve_ex_result(NamedTuple):
    result: Tensor
    info: Tensor

class _linalg_svd_result(NamedTuple):
    U: Tensor
    S: Tensor
    Vh: Tensor

def cholesky(A: Tensor, *, upper: _bool = False, out: Tensor | None = None) -> Tensor:
    """Lower triangular L with ``A = L @ L.mH`` (`upper`: U with ``A = U.mH @ U``) of Hermitian ``(*, n, n)``."""
    ...

def cholesky_ex(A: Tensor, *, upper: _bool = False, check_errors: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_cholesky_ex_result:
    """As `linalg.cholesky`, with an int32 ``info`` instead of an error: 0, or the order of the failing minor."""
    ...

def cond(A: Tensor, p: _str | _Number | None = None, *, out: Tensor | None = None) -> Tensor:
    """Condition number: norm of A times that of its inverse; for `p` None, 2 and -2 a quotient of singular values."""
    ...

def cross(input: Tensor, other: Tensor, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
    """Cross product of vectors of three elements along `dim`; the other dimensions broadcast."""
    ...

def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Determinants of square matrices: ``(*, n, n)`` to ``(*)``; 1 for matrices of size 0."""
    ...

def diagonal(A: Tensor, *, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """View of the diagonals of the matrices on axes `dim1` and `dim2`, as the last axis; see `diagonal`."""
    ...

def eig(A: Tensor, *, out: _tuple[Tensor, ...] | None = None) -> _linalg_eig_result:
    """Complex eigenvalues ``(*, n)`` and eigenvectors of norm 1 ``(*, n, n)`` of ``(*, n, n)``, in no order."""
    ...

def eigh(A: Tensor, UPLO: _str = 'L', *, out: _tuple[Tensor, ...] | None = None) -> _linalg_eigh_result:
    """Real ascending eigenvalues ``(*, n)`` and orthonormal eigenvectors ``(*, n, n)`` of Hermitian ``(*, n, n)``."""
    ...

def eigvals(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex eigenvalues ``(*, n)`` of square matrices ``(*, n, n)``, in no order."""
    ...

def eigvalsh(A: Tensor, UPLO: _str = 'L', *, out: Tensor | None = None) -> Tensor:
    """Real ascending eigenvalues ``(*, n)`` of Hermitian matrices ``(*, n, n)``."""
    ...

def householder_product(A: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first n columns of the product of k reflections: A ``(*, m, n)``, tau ``(*, k)`` to ``(*, m, n)``."""
    ...

def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Inverses of square matrices ``(*, n, n)``."""
    ...

def inv_ex(A: Tensor, *, check_errors: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_inv_ex_result:
    """Inverses, and an int32 ``info``: the place, from 1, of a zero on U's diagonal, or 0."""
    ...

def ldl_factor(A: Tensor, *, hermitian: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_ldl_factor_result:
    """L and block-diagonal D of symmetric (`hermitian`: Hermitian) A ``(*, n, n)`` in one matrix, and pivots."""
    ...

def ldl_factor_ex(A: Tensor, *, hermitian: _bool = False, check_errors: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_ldl_factor_ex_result:
    """As `linalg.ldl_factor`, with an int32 ``info`` instead of an error: the place of a zero in D, from 1, or 0."""
    ...

def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: _bool = False, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B``, A as `linalg.ldl_factor` stores it: B ``(*, n, k)``."""
    ...

def lstsq(A: Tensor, B: Tensor, rcond: _float | None = None, *, driver: _str | None = None, out: _tuple[Tensor, ...] | None = None) -> _linalg_lstsq_result:
    """The X of least norm that minimises ``|A @ X - B|``: A ``(*, m, n)``, B ``(*, m, k)`` to ``(*, n, k)``."""
    ...

def lu(A: Tensor, *, pivot: _bool = True, out: _tuple[Tensor, ...] | None = None) -> _linalg_lu_result:
    """P a permutation, L lower with ones on its diagonal, U upper triangular with ``A = P @ L @ U``."""
    ...

def lu_factor(A: Tensor, *, pivot: _bool = True, out: _tuple[Tensor, ...] | None = None) -> _linalg_lu_factor_result:
    """L (below the diagonal) and U of ``(*, m, n)`` in one matrix, and int32 row swaps counted from 1."""
    ...

def lu_factor_ex(A: Tensor, *, pivot: _bool = True, check_errors: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_lu_factor_ex_result:
    """As `linalg.lu_factor`, with an int32 ``info``: the place of the first zero on U's diagonal, from 1, or 0."""
    ...

def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: _bool = True, adjoint: _bool = False, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B`` (``X @ A == B`` without `left`; ``A.mH`` with `adjoint`), A as `lu_factor` stores it."""
    ...

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Matrix product; see `matmul`."""
    ...

def matrix_exp(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Exponential ``sum(A^k / k!)`` of square matrices ``(*, n, n)``."""
    ...

def matrix_norm(A: Tensor, ord: _str | _Number = 'fro', dim: _int | Sequence[_int] = ..., keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Norm of the matrices that the two axes `dim` hold."""
    ...

def matrix_power(A: Tensor, n: _int, *, out: Tensor | None = None) -> Tensor:
    """The n-th power of square matrices ``(*, m, m)``; see `matrix_power`."""
    ...

def matrix_rank(A: Tensor, tol: Any = None, hermitian: _bool = False, *, atol: Any = None, rtol: Any = None, out: Tensor | None = None) -> Tensor:
    """Number of singular values above ``max(atol, rtol * largest)``: ``(*, m, n)`` to int64 ``(*)``."""
    ...

def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Product of two or more matrices in the order that needs the fewest multiplications."""
    ...

def norm(A: Tensor, ord: _str | _Number | None = None, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """Vector or matrix norm: over all elements without `ord` and `dim`, of vectors for one axis, of matrices for two."""
    ...

def pinv(A: Tensor, rcond: Any = None, hermitian: _bool = False, *, atol: Any = None, rtol: Any = None, out: Tensor | None = None) -> Tensor:
    """Moore-Penrose pseudoinverse: ``(*, m, n)`` to ``(*, n, m)``."""
    ...

def qr(A: Tensor, mode: _str = 'reduced', *, out: _tuple[Tensor, ...] | None = None) -> _linalg_qr_result:
    """Q with orthonormal columns and upper triangular R with ``A = Q @ R``, of ``(*, m, n)``."""
    ...

def slogdet(A: Tensor, *, out: _tuple[Tensor, ...] | None = None) -> _linalg_slogdet_result:
    """Sign (of modulus 1; 0 where singular) and logarithm of the modulus of determinants: ``(*, n, n)`` to ``(*)``."""
    ...

def solve(A: Tensor, B: Tensor, *, left: _bool = True, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B``, or ``X @ A == B`` with ``left=False``."""
    ...

def solve_ex(A: Tensor, B: Tensor, *, left: _bool = True, check_errors: _bool = False, out: _tuple[Tensor, ...] | None = None) -> _linalg_solve_ex_result:
    """As `linalg.solve`, with an int32 ``info`` instead of an error: 0, or the place of a zero on U's diagonal."""
    ...

def solve_triangular(A: Tensor, B: Tensor, *, upper: _bool, left: _bool = True, unitriangular: _bool = False, out: Tensor | None = None) -> Tensor:
    """The X with ``A @ X == B`` (``X @ A == B`` without `left`) for triangular A, of which one triangle is read."""
    ...

def svd(A: Tensor, full_matrices: _bool = True, *, driver: _str | None = None, out: _tuple[Tensor, ...] | None = None) -> _linalg_svd_result:
    """Singular value decomposition ``A = U @ diag(S) @ Vh`` of matrices ``(*, m, n)``; S is real and descending."""
    ...

def svdvals(A: Tensor, *, driver: _str | None = None, out: Tensor | None = None) -> Tensor:
    """Singular values of matrices ``(*, m, n)``, descending: ``(*, min(m, n))``."""
    ...

def tensorinv(A: Tensor, ind: _int = 2, *, out: Tensor | None = None) -> Tensor:
    """Inverse of the linear map from the last axes of A to its first `ind`: shape ``A.shape[ind:] + A.shape[:ind]``."""
    ...

def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[_int] | None = None, *, out: Tensor | None = None) -> Tensor:
    """The X with ``tensordot(A, X, X.ndim) == B``; axes `dims` of A are moved to its end first."""
    ...

def vander(x: Tensor, *, N: _int | None = None) -> Tensor:
    """Powers 0 to ``N - 1`` (the length of x by default) of ``(*, n)``: ``(*, n, N)``."""
    ...

def vecdot(x: Tensor | _Number, y: Tensor | _Number, *, dim: _int = -1, out: Tensor | None = None) -> Tensor:
    """Sum of ``conj(x) * y`` along `dim`; the other axes broadcast."""
    ...

def vector_norm(x: Tensor, ord: _Number = 2, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False, *, dtype: DType | None = None, out: Tensor | None = None) -> Tensor:
    """``(Σ|x|^ord)^(1/ord)`` over `dim` (all axes by default), real."""
    ...

