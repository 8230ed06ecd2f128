"""Sample frequencies of Fourier transforms, and their order."""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite
from torchere.operators.arguments import wrap_dim
from torchere.promotion import get_default_dtype

from .rearrange import roll

__all__ = ["fft_fftfreq", "fft_fftshift", "fft_ifftshift", "fft_rfftfreq"]


def _counted(
    name: str, start: int, stop: int, like: int, d: float, out: Tensor | None, dtype: DType | None, options: Any
) -> Tensor:
    if like < 0:
        raise ShapeError(f"Trying to create tensor with negative dimension {like}: [{like}]")
    kind = dtype or (out.dtype if out is not None else get_default_dtype())
    if not (kind.is_floating_point or kind.is_complex):
        raise DTypeError(f"{name} requires a floating point or complex dtype, but got {kind}")
    requires_grad = options.pop("requires_grad")
    steps = torchere.arange(start, stop, dtype=kind, **options)
    value = (steps if start == 0 else torchere.cat([steps[-start:], steps[:-start]])) * (1.0 / (like * d or 1.0))
    if out is not None:
        return out.resize_(value.shape).copy_(value)
    return value.requires_grad_() if requires_grad else value


@composite(namespace="fft")
def fft_fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = torchere.strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies of the `n` coefficients of `fft` for samples `d` apart: 0, 1, …, -2, -1 over ``n * d``.

    Raises: RuntimeError for a negative `n` or an integer `dtype`.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.fftfreq.html
    """
    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _counted("fftfreq", -(n // 2), (n + 1) // 2, n, d, out, dtype, options)


@composite(namespace="fft")
def fft_rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = torchere.strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies of the ``n // 2 + 1`` coefficients of `rfft`, all non-negative.

    Raises: RuntimeError for a negative `n` or an integer `dtype`.
    Source: https://pytorch.org/docs/stable/generated/torch.fft.rfftfreq.html
    """
    options = {"layout": layout, "device": device, "pin_memory": pin_memory, "requires_grad": requires_grad}
    return _counted("rfftfreq", 0, n // 2 + 1, n, d, out, dtype, options)


def _shifted(input: Tensor, dim: int | tuple[int, ...] | None, inverse: bool) -> Tensor:
    dims = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if not dims:
        return input.clone()
    sizes = [input.shape[wrap_dim(one, input.ndim, "fft_fftshift")] for one in dims]
    return roll(input, [(size + 1) // 2 if inverse else size // 2 for size in sizes], dims)


@composite(namespace="fft")
def fft_fftshift(input: Tensor, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """The coefficients of `fftn` with frequency 0 moved to the middle of each of `dim` (all by default).

    Source: https://pytorch.org/docs/stable/generated/torch.fft.fftshift.html
    """
    return _shifted(input, dim, False)


@composite(namespace="fft")
def fft_ifftshift(input: Tensor, dim: int | tuple[int, ...] | None = None) -> Tensor:
    """The inverse of `fftshift`.

    Source: https://pytorch.org/docs/stable/generated/torch.fft.ifftshift.html
    """
    return _shifted(input, dim, True)
