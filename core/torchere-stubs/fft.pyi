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

def fft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The discrete Fourier transform ``Σ x[j] exp(-2πi jk/n)`` along `dim`, complex."""
    ...

def fft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fftn` over the last two dimensions, or those of `dim`."""
    ...

def fftfreq(n: _int, d: _float = 1.0, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = ..., device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """The frequencies of the `n` coefficients of `fft` for samples `d` apart: 0, 1, …, -2, -1 over ``n * d``."""
    ...

def fftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fft` along each of `dim`; by default all, or with `s` the last ``len(s)``. Lengths `s`: -1 keeps the input's."""
    ...

def fftshift(input: Tensor, dim: _int | _tuple[_int, ...] | None = None) -> Tensor:
    """The coefficients of `fftn` with frequency 0 moved to the middle of each of `dim` (all by default)."""
    ...

def hfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fft` of a signal whose second half is the conjugate of its first, which `input` holds: `n` real numbers."""
    ...

def hfft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`hfftn` over the last two dimensions, or those of `dim`."""
    ...

def hfftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fftn` of a Hermitian signal of which the last dimension holds the first half: a real tensor."""
    ...

def ifft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `fft`: ``1/n Σ x[k] exp(2πi jk/n)``. Arguments and errors as there."""
    ...

def ifft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`ifftn` over the last two dimensions, or those of `dim`."""
    ...

def ifftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`ifft` along each of `dim`; arguments as `fftn`."""
    ...

def ifftshift(input: Tensor, dim: _int | _tuple[_int, ...] | None = None) -> Tensor:
    """The inverse of `fftshift`."""
    ...

def ihfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `hfft`: ``n // 2 + 1`` complex numbers of a real spectrum."""
    ...

def ihfft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`ihfftn` over the last two dimensions, or those of `dim`."""
    ...

def ihfftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `hfftn`."""
    ...

def irfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `rfft`: `n` real numbers, by default ``2 * (input.shape[dim] - 1)``."""
    ...

def irfft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`irfftn` over the last two dimensions, or those of `dim`."""
    ...

def irfftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `rfftn`; the last of `s` is that of the result."""
    ...

def rfft(input: Tensor, n: _int | None = None, dim: _int = -1, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fft` of a real tensor: the first ``n // 2 + 1`` coefficients, which determine the rest."""
    ...

def rfft2(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = ..., norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`rfftn` over the last two dimensions, or those of `dim`."""
    ...

def rfftfreq(n: _int, d: _float = 1.0, *, out: Tensor | None = None, dtype: DType | None = None, layout: Any = ..., device: Any = None, pin_memory: _bool = False, requires_grad: _bool = False) -> Tensor:
    """The frequencies of the ``n // 2 + 1`` coefficients of `rfft`, all non-negative."""
    ...

def rfftn(input: Tensor, s: Sequence[_int] | None = None, dim: _int | Sequence[_int] | None = None, norm: _str | None = None, *, out: Tensor | None = None) -> Tensor:
    """`fftn` of a real tensor, without the redundant half of the last dimension transformed."""
    ...

