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

def airy_ai(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Airy function Ai, the solution of ``y'' = x y`` that vanishes for large x."""
    ...

def bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind of order 0."""
    ...

def bessel_j1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the first kind of order 1."""
    ...

def bessel_y0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind of order 0; -inf at 0, nan below."""
    ...

def bessel_y1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Bessel function of the second kind of order 1; -inf at 0, nan below."""
    ...

def chebyshev_polynomial_t(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the first kind of degree `n` (a tensor or a number)."""
    ...

def chebyshev_polynomial_u(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the second kind of degree `n` (a tensor or a number)."""
    ...

def chebyshev_polynomial_v(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the third kind of degree `n` (a tensor or a number)."""
    ...

def chebyshev_polynomial_w(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the fourth kind of degree `n` (a tensor or a number)."""
    ...

def digamma(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithmic derivative of the gamma function; ∓inf at ±0, nan at negative integers."""
    ...

def entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``-x log(x)``; 0 at 0, -inf below."""
    ...

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(-t²) dt``."""
    ...

def erf_(input: Tensor) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(-t²) dt``."""
    ...

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complementary error function ``1 - erf(input)``, accurate where it is small."""
    ...

def erfc_(input: Tensor) -> Tensor:
    """The complementary error function ``1 - erf(input)``, accurate where it is small."""
    ...

def erfcx(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``exp(x²) erfc(x)``, which neither over- nor underflows for positive x."""
    ...

def erfinv(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `erf`; ±inf at ±1, nan beyond."""
    ...

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``2 ** input``."""
    ...

def exp2_(input: Tensor) -> Tensor:
    """``2 ** input``."""
    ...

def expit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Another name of `sigmoid`."""
    ...

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``e ** input - 1``, accurate near 0."""
    ...

def expm1_(input: Tensor) -> Tensor:
    """``e ** input - 1``, accurate near 0."""
    ...

def gammainc(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Another name of `igamma`."""
    ...

def gammaincc(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Another name of `igammac`."""
    ...

def gammaln(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Another name of `lgamma`."""
    ...

def hermite_polynomial_h(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Hermite's polynomial of the physicists of degree `n` (a tensor or a number)."""
    ...

def hermite_polynomial_he(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Hermite's polynomial of probability theory of degree `n` (a tensor or a number)."""
    ...

def i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""
    ...

def i0_(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0."""
    ...

def i0e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``i0(input) * exp(-|input|)``, which does not overflow."""
    ...

def i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the first kind of order 1."""
    ...

def i1e(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``i1(input) * exp(-|input|)``, which does not overflow."""
    ...

def laguerre_polynomial_l(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Laguerre's polynomial of degree `n` (a tensor or a number)."""
    ...

def legendre_polynomial_p(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Legendre's polynomial of degree `n` (a tensor or a number)."""
    ...

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``log(1 + input)``, accurate near 0."""
    ...

def log1p_(input: Tensor) -> Tensor:
    """``log(1 + input)``, accurate near 0."""
    ...

def log_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of `ndtr`, accurate where that underflows."""
    ...

def log_softmax(input: Tensor, dim: _int, dtype: DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """``x - log Σ exp(x)`` along `dim`: the logarithm of `softmax`, exact where that underflows."""
    ...

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`; ±inf at 0 and 1, nan outside."""
    ...

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`; ±inf at 0 and 1, nan outside."""
    ...

def logsumexp(input: Tensor, dim: _int | Sequence[_int], keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """``log Σ exp(x)`` over `dim`; -inf for no elements. Integers become the default float dtype."""
    ...

def modified_bessel_i0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`i0`, without a gradient."""
    ...

def modified_bessel_i1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`i1`, without a gradient."""
    ...

def modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind of order 0; inf at 0, nan below."""
    ...

def modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The modified Bessel function of the second kind of order 1; inf at 0, nan below."""
    ...

def multigammaln(input: Tensor, p: _int, *, out: Tensor | None = None) -> Tensor:
    """Another name of `mvlgamma`."""
    ...

def ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The area under the standard normal density left of `input`."""
    ...

def ndtri(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of `ndtr`; ∓inf at 0 and 1, nan outside."""
    ...

def polygamma(n: _int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The `n`-th derivative of `digamma`. RuntimeError: a negative `n`."""
    ...

def psi(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Another name of `digamma`."""
    ...

def round(input: Tensor, *, decimals: _int = 0, out: Tensor | None = None) -> Tensor:
    """The nearest whole number, halves to the even one; integers are copied. The gradient is 0."""
    ...

def round_(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """The nearest whole number, halves to the even one; integers are copied. The gradient is 0."""
    ...

def scaled_modified_bessel_k0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``modified_bessel_k0(input) * exp(input)``."""
    ...

def scaled_modified_bessel_k1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``modified_bessel_k1(input) * exp(input)``."""
    ...

def shifted_chebyshev_polynomial_t(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the first kind at ``2 * input - 1`` of degree `n` (a tensor or a number)."""
    ...

def shifted_chebyshev_polynomial_u(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the second kind at ``2 * input - 1`` of degree `n` (a tensor or a number)."""
    ...

def shifted_chebyshev_polynomial_v(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the third kind at ``2 * input - 1`` of degree `n` (a tensor or a number)."""
    ...

def shifted_chebyshev_polynomial_w(input: Tensor | _Number, n: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Chebyshev's polynomial of the fourth kind at ``2 * input - 1`` of degree `n` (a tensor or a number)."""
    ...

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sin(π input) / (π input)``, 1 at 0."""
    ...

def sinc_(input: Tensor) -> Tensor:
    """``sin(π input) / (π input)``, 1 at 0."""
    ...

def softmax(input: Tensor, dim: _int, dtype: DType | None = None, *, out: Tensor | None = None) -> Tensor:
    """``exp(x) / Σ exp(x)`` along `dim`: positive, summing to one."""
    ...

def spherical_bessel_j0(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """``sin(input) / input``, 1 at 0."""
    ...

def xlog1py(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * log1p(other)``; 0 where `input` is 0, unless `other` is nan."""
    ...

def xlogy(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """``input * log(other)``, broadcast; 0 where `input` is 0, whatever `other` is, but nan where `other` is nan."""
    ...

def xlogy_(input: Tensor | _Number, other: Tensor | _Number) -> Tensor:
    """``input * log(other)``, broadcast; 0 where `input` is 0, whatever `other` is, but nan where `other` is nan."""
    ...

def zeta(input: Tensor | _Number, other: Tensor | _Number, *, out: Tensor | None = None) -> Tensor:
    """Hurwitz's zeta function ``Σ (other + k)^-input`` over k ≥ 0; inf at its poles, nan for `input` below 1."""
    ...

