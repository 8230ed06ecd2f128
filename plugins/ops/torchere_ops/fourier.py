"""Discrete Fourier transforms: ``torch.fft``.

Three primitives compute them: complex to complex over several dimensions, real to half-complex and back along one.
`norm` says where the factor 1/n goes: with the inverse ("backward", the default), with the forward transform
("forward"), or half of it to each ("ortho").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import operator, primitive
from torchere.operators.arguments import wrap_dim
from torchere.promotion import get_default_dtype, scalar_type_name

from .padding import constant_pad_nd

__all__ = [
    "complex_to_real",
    "complex_transform",
    "fft_fft",
    "fft_fft2",
    "fft_fftn",
    "fft_hfft",
    "fft_hfft2",
    "fft_hfftn",
    "fft_ifft",
    "fft_ifft2",
    "fft_ifftn",
    "fft_ihfft",
    "fft_ihfft2",
    "fft_ihfftn",
    "fft_irfft",
    "fft_irfft2",
    "fft_irfftn",
    "fft_rfft",
    "fft_rfft2",
    "fft_rfftn",
    "real_to_complex",
]  # fmt: skip

Sizes = Sequence[int] | None
Axes = int | Sequence[int] | None

#: The transform in the other direction with the same factor: what adjoints need.
_OPPOSITE = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


@primitive(name="_fft_c2c", namespace=(), out=False, dtypes=COMPLEX)
def complex_transform(input: Tensor, dim: tuple[int, ...], norm: str, forward: bool) -> Tensor:
    """The transform (or its inverse) of a complex tensor over the dimensions `dim`, counted from the front."""
    ...


complex_transform.gradient(
    input=lambda grad, dim, norm, forward: complex_transform(grad, dim, _OPPOSITE[norm], not forward)
)


@primitive(name="_fft_r2c", namespace=(), out=False, dtypes=WIDE_FLOATING, result="array")
def real_to_complex(input: Tensor, dim: int, norm: str) -> Tensor:
    """The first ``n // 2 + 1`` coefficients of the forward transform of a real tensor along one dimension."""
    ...


def _real_to_complex_gradient(grad: Tensor, input_shape: tuple[int, ...], dim: int, norm: str) -> Tensor:
    full = _resized(grad, dim, input_shape[dim])
    return torchere.real(complex_transform(full, (dim,), _OPPOSITE[norm], False))


real_to_complex.gradient(input=_real_to_complex_gradient)


@primitive(name="_fft_c2r", namespace=(), out=False, dtypes=COMPLEX, result="real")
def complex_to_real(input: Tensor, dim: int, norm: str, size: int) -> Tensor:
    """The inverse transform, `size` real numbers, of the first ``size // 2 + 1`` coefficients along one dimension."""
    ...


def _complex_to_real_gradient(grad: Tensor, dim: int, norm: str) -> Tensor:
    half = real_to_complex(grad, dim, _OPPOSITE[norm])
    # All coefficients but the first, and the middle one, stand for two.
    size, count = grad.shape[dim], half.shape[dim]
    twice = size - count
    if twice == 0:
        return half
    edge = half.narrow(dim, 0, 1), half.narrow(dim, 1, twice) * 2, half.narrow(dim, 1 + twice, count - 1 - twice)
    return torchere.cat(edge, dim)


complex_to_real.gradient(input=_complex_to_real_gradient)


# ------------------------------------------------------------------------------------------------------- arguments


def _norm(norm: str | None) -> str:
    if norm is None:
        return "backward"
    if norm not in _OPPOSITE:
        raise ShapeError(f'Invalid normalization mode: "{norm}". Use "backward", "forward" or "ortho".')
    return norm


def _check_kind(input: Tensor) -> None:
    if input.dtype.itemsize < 4 and input.dtype.is_floating_point:
        raise DTypeError(f"Unsupported dtype {scalar_type_name(input.dtype)}. Convert first: input.float().")


def _as_complex(input: Tensor) -> Tensor:
    _check_kind(input)
    if input.dtype.is_complex:
        return input
    kind = input.dtype if input.dtype.is_floating_point else get_default_dtype()
    return input.to(kind.to_complex())


def _as_real(input: Tensor, name: str) -> Tensor:
    _check_kind(input)
    if input.dtype.is_complex:
        kind = f"expects a real input tensor, but got {scalar_type_name(input.dtype)}"
        raise DTypeError(f"{name} {kind}. Use fft for complex input, or take input.real.")
    return input if input.dtype.is_floating_point else input.to(get_default_dtype())


def _check_count(count: int) -> None:
    if count < 1:
        raise ShapeError(f"Invalid number of data points ({count}) specified")


def _resized(input: Tensor, dim: int, size: int) -> Tensor:
    """`input` cut, or filled up with zeros, at the end of one dimension."""
    present = input.shape[dim]
    if size == present:
        return input
    if size < present:
        return input.narrow(dim, 0, size)
    return constant_pad_nd(input, (0, 0) * (input.ndim - 1 - dim) + (0, size - present))


def _axis(input: Tensor, dim: int, name: str) -> int:
    if input.ndim == 0:
        raise DimensionError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, input.ndim, name)


def _axes(input: Tensor, s: Any, dim: Any, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions transformed, and the length of each (-1: as it is)."""
    sizes = (s,) if isinstance(s, int) else s
    if dim is not None:
        given = (dim,) if isinstance(dim, int) else tuple(dim)
        dims = tuple(wrap_dim(one, input.ndim, name) for one in given)
        if len(set(dims)) != len(dims):
            raise ShapeError(f"FFT dims must be unique, but got dim={list(given)}")
        if sizes is not None and len(sizes) != len(dims):
            raise ShapeError(
                "When given, dim and shape arguments must have the same length, but got "
                f"dim={list(given)} and s={list(sizes)}"
            )
    elif sizes is not None:
        if len(sizes) > input.ndim:
            raise ShapeError(f"Got shape with {len(sizes)} values but input tensor only has {input.ndim} dimensions.")
        dims = tuple(range(input.ndim - len(sizes), input.ndim))
    else:
        dims = tuple(range(input.ndim))
    if sizes is None:
        return dims, tuple(input.shape[one] for one in dims)
    return dims, tuple(input.shape[one] if size == -1 else size for one, size in zip(dims, sizes, strict=True))


def _fitted(input: Tensor, dims: tuple[int, ...], sizes: tuple[int, ...]) -> Tensor:
    for dim, size in zip(dims, sizes, strict=True):
        _check_count(size)
        input = _resized(input, dim, size)
    return input


def _several(input: Tensor, s: Any, dim: Any, norm: str | None, forward: bool, name: str) -> Tensor:
    mode = _norm(norm)
    x = _as_complex(input)
    dims, sizes = _axes(x, s, dim, name)
    x = _fitted(x, dims, sizes)
    return complex_transform(x, dims, mode, forward) if dims else x.clone()


def _several_from_real(input: Tensor, s: Any, dim: Any, mode: str, name: str) -> Tensor:
    x = _as_real(input, name)
    dims, sizes = _axes(x, s, dim, name)
    if not dims:
        raise ShapeError(f"{name} must transform at least one axis")
    half = real_to_complex(_fitted(x, dims, sizes), dims[-1], mode)
    return complex_transform(half, dims[:-1], mode, True) if len(dims) > 1 else half


def _several_to_real(input: Tensor, s: Any, dim: Any, mode: str, name: str) -> Tensor:
    x = _as_complex(input)
    dims, sizes = _axes(x, s, dim, name)
    if not dims:
        raise ShapeError(f"{name} must transform at least one axis")
    last = sizes[-1]
    if s is None or (s if isinstance(s, int) else s[-1]) == -1:
        last = 2 * (x.shape[dims[-1]] - 1)
    _check_count(last)
    x = _fitted(x, dims, (*sizes[:-1], last // 2 + 1))
    if len(dims) > 1:
        x = complex_transform(x, dims[:-1], mode, False)
    return complex_to_real(x, dims[-1], mode, last)


# --------------------------------------------------------------------------------------------------- one dimension


def _single(input: Tensor, n: int | None, dim: int, norm: str | None, forward: bool, name: str) -> Tensor:
    mode = _norm(norm)
    x = _as_complex(input)
    axis = _axis(x, dim, name)
    size = x.shape[axis] if n is None else n
    _check_count(size)
    return complex_transform(_resized(x, axis, size), (axis,), mode, forward)


def _single_from_real(input: Tensor, n: int | None, dim: int, mode: str, name: str) -> Tensor:
    x = _as_real(input, name)
    axis = _axis(x, dim, name)
    size = x.shape[axis] if n is None else n
    _check_count(size)
    return real_to_complex(_resized(x, axis, size), axis, mode)


def _single_to_real(input: Tensor, n: int | None, dim: int, mode: str, name: str) -> Tensor:
    x = _as_complex(input)
    axis = _axis(x, dim, name)
    size = 2 * (x.shape[axis] - 1) if n is None else n
    _check_count(size)
    return complex_to_real(_resized(x, axis, size // 2 + 1), axis, mode, size)


@operator(namespace="fft")
def fft_fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The discrete Fourier transform ``Σ x[j] exp(-2πi jk/n)`` along `dim`, complex.

    `n` cuts the input or fills it up with zeros. Real input becomes complex, integers the default complex dtype.
    Raises: RuntimeError for no data points, an unknown `norm` and 16-bit floats, IndexError for `dim` out of range.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.fft.html
    """
    return _single(input, n, dim, norm, True, "fft")


@operator(namespace="fft")
def fft_ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `fft`: ``1/n Σ x[k] exp(2πi jk/n)``. Arguments and errors as there.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ifft.html
    """
    return _single(input, n, dim, norm, False, "ifft")


@operator(namespace="fft")
def fft_rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """`fft` of a real tensor: the first ``n // 2 + 1`` coefficients, which determine the rest.

    Raises: as `fft`, and RuntimeError for complex input.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.rfft.html
    """
    return _single_from_real(input, n, dim, _norm(norm), "rfft")


@operator(namespace="fft")
def fft_irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `rfft`: `n` real numbers, by default ``2 * (input.shape[dim] - 1)``.

    The imaginary parts of the first coefficient, and of the middle one for an even `n`, are ignored.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.irfft.html
    """
    return _single_to_real(input, n, dim, _norm(norm), "irfft")


@operator(namespace="fft")
def fft_hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """`fft` of a signal whose second half is the conjugate of its first, which `input` holds: `n` real numbers.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.hfft.html
    """
    return _single_to_real(_as_complex(input).conj(), n, dim, _OPPOSITE[_norm(norm)], "hfft")


@operator(namespace="fft")
def fft_ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `hfft`: ``n // 2 + 1`` complex numbers of a real spectrum.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ihfft.html
    """
    return _single_from_real(input, n, dim, _OPPOSITE[_norm(norm)], "ihfft").conj()


# -------------------------------------------------------------------------------------------------- several dimensions


@operator(namespace="fft")
def fft_fftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """`fft` along each of `dim`; by default all, or with `s` the last ``len(s)``. Lengths `s`: -1 keeps the input's.

    Raises: as `fft`, and RuntimeError for repeated dimensions or `s` and `dim` of different lengths.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.fftn.html
    """
    return _several(input, s, dim, norm, True, "fftn")


@operator(namespace="fft")
def fft_ifftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """`ifft` along each of `dim`; arguments as `fftn`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ifftn.html
    """
    return _several(input, s, dim, norm, False, "ifftn")


@operator(namespace="fft")
def fft_rfftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """`fftn` of a real tensor, without the redundant half of the last dimension transformed.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.rfftn.html
    """
    return _several_from_real(input, s, dim, _norm(norm), "rfftn")


@operator(namespace="fft")
def fft_irfftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """The inverse of `rfftn`; the last of `s` is that of the result.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.irfftn.html
    """
    return _several_to_real(input, s, dim, _norm(norm), "irfftn")


@operator(namespace="fft")
def fft_hfftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """`fftn` of a Hermitian signal of which the last dimension holds the first half: a real tensor.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.hfftn.html
    """
    return _several_to_real(_as_complex(input).conj(), s, dim, _OPPOSITE[_norm(norm)], "hfftn")


@operator(namespace="fft")
def fft_ihfftn(input: Tensor, s: Sizes = None, dim: Axes = None, norm: str | None = None) -> Tensor:
    """The inverse of `hfftn`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ihfftn.html
    """
    return _several_from_real(input, s, dim, _OPPOSITE[_norm(norm)], "ihfftn").conj()


@operator(namespace="fft")
def fft_fft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`fftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.fft2.html
    """
    return _several(input, s, dim, norm, True, "fft2")


@operator(namespace="fft")
def fft_ifft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`ifftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ifft2.html
    """
    return _several(input, s, dim, norm, False, "ifft2")


@operator(namespace="fft")
def fft_rfft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`rfftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.rfft2.html
    """
    return _several_from_real(input, s, dim, _norm(norm), "rfft2")


@operator(namespace="fft")
def fft_irfft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`irfftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.irfft2.html
    """
    return _several_to_real(input, s, dim, _norm(norm), "irfft2")


@operator(namespace="fft")
def fft_hfft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`hfftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.hfft2.html
    """
    return _several_to_real(_as_complex(input).conj(), s, dim, _OPPOSITE[_norm(norm)], "hfft2")


@operator(namespace="fft")
def fft_ihfft2(input: Tensor, s: Sizes = None, dim: Axes = (-2, -1), norm: str | None = None) -> Tensor:
    """`ihfftn` over the last two dimensions, or those of `dim`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ihfft2.html
    """
    return _several_from_real(input, s, dim, _OPPOSITE[_norm(norm)], "ihfft2").conj()
