"""``torch.hann_window`` and its like: windows to taper signals with, periodic or (``periodic=False``) symmetric.

Their formulas stand in `taper_formulas`; ``torch.signal.windows`` is in `signal_windows`.

A periodic window is a symmetric one of one more point without its last.
"""

from __future__ import annotations

from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import ShapeError, UnsupportedDTypeError
from torchere.operators import composite
from torchere.promotion import get_default_dtype

from .taper_formulas import Formula, cosines, kaiser, triangle

__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]


def _window(name: str, length: int, periodic: bool, options: dict[str, Any], formula: Formula) -> Tensor:
    """``formula(0 … count - 1, count - 1)``, computed in float64 where the device has it, then rounded once."""
    dtype = options["dtype"] or get_default_dtype()
    if not dtype.is_floating_point:
        raise UnsupportedDTypeError(f"{name} expects floating point dtypes, got: {dtype}. Pass dtype=torchere.float32.")
    if length < 0:
        raise ShapeError(f"{name} requires non-negative window_length, got window_length={length}")
    made = {"layout": options["layout"], "device": options["device"], "pin_memory": options["pin_memory"]}
    if length <= 1:
        found = torchere.ones(length, dtype=dtype, **made)
    else:
        count = length + 1 if periodic else length
        wide = dtype if dtype.itemsize > 4 else torchere.float32
        places = torchere.arange(count, dtype=wide, **made)
        found = formula(places, float(count - 1))[:length].clone().to(dtype)
    return found.requires_grad_() if options["requires_grad"] else found


@composite()
def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Hann's window ``sin²(πx)``, `window_length` points.

    Raises: RuntimeError for a negative length or a dtype that is not floating.
    Source: https://pytorch.org/docs/stable/generated/torch.hann_window.html
    """
    options = {
        "dtype": dtype,
        "layout": layout,
        "device": device,
        "pin_memory": pin_memory,
        "requires_grad": requires_grad,
    }
    return _window("hann_window", window_length, periodic, options, cosines((0.5, 0.5)))


@composite()
def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Hamming's window ``alpha - beta cos(2πx)``, `window_length` points.

    Raises: RuntimeError for a negative length or a dtype that is not floating.
    Source: https://pytorch.org/docs/stable/generated/torch.hamming_window.html
    """
    options = {
        "dtype": dtype,
        "layout": layout,
        "device": device,
        "pin_memory": pin_memory,
        "requires_grad": requires_grad,
    }
    return _window("hamming_window", window_length, periodic, options, cosines((alpha, beta)))


@composite()
def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Bartlett's window, a triangle that begins and ends at 0, `window_length` points.

    Raises: RuntimeError for a negative length or a dtype that is not floating.
    Source: https://pytorch.org/docs/stable/generated/torch.bartlett_window.html
    """
    options = {
        "dtype": dtype,
        "layout": layout,
        "device": device,
        "pin_memory": pin_memory,
        "requires_grad": requires_grad,
    }
    return _window("bartlett_window", window_length, periodic, options, triangle)


@composite()
def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Blackman's window, three cosines, `window_length` points.

    Raises: RuntimeError for a negative length or a dtype that is not floating.
    Source: https://pytorch.org/docs/stable/generated/torch.blackman_window.html
    """
    options = {
        "dtype": dtype,
        "layout": layout,
        "device": device,
        "pin_memory": pin_memory,
        "requires_grad": requires_grad,
    }
    return _window("blackman_window", window_length, periodic, options, cosines((0.42, 0.5, 0.08)))


@composite()
def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Kaiser's window ``I₀(beta √(1 - x²)) / I₀(beta)``, x from -1 to 1, `window_length` points.

    Raises: RuntimeError for a negative length or a dtype that is not floating.
    Source: https://pytorch.org/docs/stable/generated/torch.kaiser_window.html
    """
    options = {
        "dtype": dtype,
        "layout": layout,
        "device": device,
        "pin_memory": pin_memory,
        "requires_grad": requires_grad,
    }
    return _window("kaiser_window", window_length, periodic, options, kaiser(beta))
