"""``torch.signal.windows``: windows to taper signals with, symmetric or (``sym=False``) periodic.

Their formulas stand in `taper_formulas`; ``torch.hann_window`` and its like are in `taper_windows`.

A periodic window is a symmetric one of one more point without its last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import ArgumentError
from torchere.operators import composite
from torchere.promotion import get_default_dtype

from .taper_formulas import Formula, bell, cosines, decay, half_wave, kaiser, triangle

__all__ = [
    "windows_bartlett",
    "windows_blackman",
    "windows_cosine",
    "windows_exponential",
    "windows_gaussian",
    "windows_general_cosine",
    "windows_general_hamming",
    "windows_hamming",
    "windows_hann",
    "windows_kaiser",
    "windows_nuttall",
]


def _window(name: str, M: int, sym: bool, options: dict[str, Any], formula: Formula) -> Tensor:
    """``formula(0 … count - 1, count - 1)``; ValueError for a negative length or a dtype but float32 and float64."""
    dtype = options["dtype"] or get_default_dtype()
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if dtype not in (torchere.float32, torchere.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    made = {"dtype": dtype, "layout": options["layout"], "device": options["device"]}
    if M <= 1:
        found = torchere.ones(M, **made)
    else:
        count = M if sym else M + 1
        found = formula(torchere.arange(count, **made), float(count - 1))[:M].clone()
    return found.requires_grad_() if options["requires_grad"] else found


def _positive(name: str, label: str, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{label} must be positive, got: {value} instead in {name}().")


@composite(namespace="signal.windows")
def windows_bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A triangle that begins and ends at 0, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.bartlett.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("bartlett", M, sym, options, triangle)


@composite(namespace="signal.windows")
def windows_blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Blackman's window, three cosines, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.blackman.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("blackman", M, sym, options, cosines((0.42, 0.5, 0.08)))


@composite(namespace="signal.windows")
def windows_cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Half a sine wave, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.cosine.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("cosine", M, sym, options, half_wave)


@composite(namespace="signal.windows")
def windows_exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``exp(-|n - center| / tau)``, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.exponential.html
    """
    _positive("exponential", "Tau", tau)
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("exponential", M, sym, options, decay(center, tau))


@composite(namespace="signal.windows")
def windows_gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A normal density of deviation `std`, 1 in the middle, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.gaussian.html
    """
    _positive("gaussian", "Standard deviation", std)
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("gaussian", M, sym, options, bell(std))


@composite(namespace="signal.windows")
def windows_general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``Σ (-1)ᵏ a[k] cos(2πk x)``, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.general_cosine.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    weights = tuple(a)
    if not weights:
        raise ArgumentError("general_cosine: Coefficients cannot be empty. Pass a=[0.5, 0.5], for example.")
    return _window("general_cosine", M, sym, options, cosines(weights))


@composite(namespace="signal.windows")
def windows_general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``alpha - (1 - alpha) cos(2πx)``, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.general_hamming.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("general_hamming", M, sym, options, cosines((alpha, 1.0 - alpha)))


@composite(namespace="signal.windows")
def windows_hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Hamming's window, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.hamming.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("hamming", M, sym, options, cosines((0.54, 0.46)))


@composite(namespace="signal.windows")
def windows_hann(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Hann's window ``sin²(πx)``, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.hann.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("hann", M, sym, options, cosines((0.5, 0.5)))


@composite(namespace="signal.windows")
def windows_kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Kaiser's window ``I₀(beta √(1 - x²)) / I₀(beta)``, x from -1 to 1, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.kaiser.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("kaiser", M, sym, options, kaiser(beta))


@composite(namespace="signal.windows")
def windows_nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Nuttall's window, four cosines, `M` points.

    Raises: ValueError for a negative length, settings out of range or a dtype other than float32 and float64.
    Source: https://pytorch.org/docs/stable/generated/torch.signal.windows.nuttall.html
    """
    options = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return _window("nuttall", M, sym, options, cosines((0.3635819, 0.4891775, 0.1365995, 0.0106411)))
