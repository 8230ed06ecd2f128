"""`make_tensor`: a tensor of any shape and dtype with random values from an interval, for tests."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from torchere import dtypes
from torchere.devices import device as Device
from torchere.dtypes import DType
from torchere.layouts import memory_format as MemoryFormat
from torchere.tensors.tensor import Tensor
from torchere.typeinfo import finfo, iinfo

__all__ = ["make_tensor"]


def make_tensor(
    *shape: int | Sequence[int],
    dtype: DType,
    device: str | Device | None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor of ``shape`` with values drawn uniformly from ``[low, high)`` by the device's default generator.

    ``low`` and ``high`` default to 0 and 2 for bool, 0 and 10 for unsigned integers, -9 and 10 for signed ones, -9 and
    9 for floating and complex dtypes (for both parts); beyond the finite values of the dtype they are clamped to them.

    ``noncontiguous=True`` takes every second element of a tensor twice as wide (nothing to do below two elements);
    ``memory_format`` lays the result out. ``exclude_zero=True`` puts one in the place of zeros of bools and integers,
    and the smallest normal number in the place of floating and complex zeros.

    Raises ValueError for an interval that is empty, NaN or outside the dtype, for ``requires_grad=True`` with integers
    or bools, and for ``noncontiguous`` together with ``memory_format``; TypeError for what is not a dtype.
    Follows ``torch.testing.make_tensor``.
    """
    if not isinstance(dtype, DType):
        raise TypeError(f"make_tensor: dtype must be a torchere dtype such as torchere.float32, not {dtype!r}")
    sizes: tuple[Any, ...] = tuple(shape)
    if len(sizes) == 1 and isinstance(sizes[0], Sequence) and not isinstance(sizes[0], str):
        sizes = tuple(sizes[0])
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"make_tensor: noncontiguous=True and memory_format={memory_format} exclude each other; give one of them"
        )
    if requires_grad and dtype.category < 2:
        raise ValueError(
            f"make_tensor: requires_grad=True needs a floating or complex dtype, not {dtype}: integers have no gradient"
        )
    least, most = _interval(low, high, dtype)
    import torchere

    made: Tensor
    wide = noncontiguous and math.prod(sizes) > 1 if all(isinstance(size, int) for size in sizes) else False
    made = torchere.empty((*sizes[:-1], 2 * sizes[-1]) if wide else sizes, dtype=dtype, device=device)
    if dtype.category >= 2:
        made = _floating(made, least, most)
    else:
        made = _integers(made, math.ceil(least), math.ceil(most))
    if exclude_zero:
        made = _without_zeros(made)
    if wide:
        made = made[..., ::2]
    if memory_format is not None:
        made = made.clone(memory_format=memory_format)
    if requires_grad:
        made = made.detach().requires_grad_()
    return made


def _interval(low: float | None, high: float | None, dtype: DType) -> tuple[float, float]:
    """The interval to draw from: checked, completed, inside the dtype's finite values."""
    if dtype is dtypes.bool_:
        least, most, lowest, highest = 0, 2, 0, 2
    elif dtype.category >= 2:
        limits = finfo(dtype)
        least, most, lowest, highest = -9, 9, limits.min, limits.max  # type: ignore[assignment]
    else:
        whole = iinfo(dtype)
        # One more than the greatest: the interval is open above.
        least, most = (-9 if whole.min < 0 else 0), 10
        lowest, highest = whole.min, whole.max + 1
    chosen_low: float = least if low is None else low
    chosen_high: float = most if high is None else high
    if chosen_low != chosen_low or chosen_high != chosen_high:
        raise ValueError(f"make_tensor: low={chosen_low} and high={chosen_high} must be numbers, not NaN")
    if chosen_low == chosen_high and dtype.category >= 2:
        warnings.warn(
            "make_tensor with low equal to high is deprecated, as in PyTorch. Use torchere.full.",
            FutureWarning,
            stacklevel=3,
        )
    elif chosen_low >= chosen_high:
        raise ValueError(
            f"make_tensor: low must be less than high, got low={chosen_low} and high={chosen_high} for {dtype}"
        )
    if chosen_high < lowest or chosen_low >= highest:
        raise ValueError(
            f"make_tensor: [{chosen_low}, {chosen_high}) lies outside {dtype}, which holds [{lowest}, {highest})"
        )
    return min(max(chosen_low, lowest), highest), min(max(chosen_high, lowest), highest)


def _floating(empty: Tensor, low: float, high: float) -> Tensor:
    import torchere

    real = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}.get(empty.dtype)
    if real is not None:
        parts = [_floating(torchere.empty(empty.shape, dtype=real, device=empty.device), low, high) for _ in "ri"]
        return torchere.complex(*parts)  # type: ignore[no-any-return]
    if low == high:
        return torchere.full(empty.shape, low, dtype=empty.dtype, device=empty.device)  # type: ignore[no-any-return]
    # Drawn in double, where the distance of any two floats is finite; float64's own extremes are halved.
    half = 0.5 if high - low == math.inf else 1.0
    unit = torchere.rand(empty.shape, dtype=dtypes.float64, device=empty.device)
    values: Tensor = (unit * (high * half - low * half) + low * half) / half
    if half != 1.0:
        values = values.clamp(low, high)
    # Rounding to the dtype may reach `high`, which is outside.
    drawn: Tensor = values.clamp(max=max(_below(high, empty.dtype), low)).to(empty.dtype)
    return drawn


def _below(value: float, dtype: DType) -> float:
    """The greatest number of a float dtype that is less than `value`."""
    kind: Any = dtype.numpy.type
    rounded = kind(value)
    return float(rounded if float(rounded) < value else np.nextafter(rounded, kind(finfo(dtype).min)))


def _integers(empty: Tensor, low: int, high: int) -> Tensor:
    import torchere

    if low >= high:
        raise RuntimeError(
            f"make_tensor: no {empty.dtype} lies in the interval: [{low}, {high}) is empty after rounding up"
        )
    if high > 2**63:  # beyond int64: the upper half of uint64
        span = torchere.randint(0, 2**62, empty.shape, device=empty.device).to(dtypes.float64) / 2**62
        values: Tensor = (span * float(high - low) + float(low)).clamp(max=float(high - 2048)).to(empty.dtype)
        return values
    if empty.dtype.name in ("uint16", "uint32", "uint64") or high == 2**63:
        top = min(high, 2**63 - 1)
        return torchere.randint(low, top, empty.shape, device=empty.device).to(empty.dtype)  # type: ignore[no-any-return]
    return torchere.randint(low, high, empty.shape, dtype=empty.dtype, device=empty.device)  # type: ignore[no-any-return]


def _without_zeros(made: Tensor) -> Tensor:
    import torchere

    if made.dtype.category >= 2:
        small = finfo(made.dtype).tiny
        value: Any = complex(small, small) if made.dtype.is_complex else small
    else:
        value = 1
    replacement = torchere.full((), value, dtype=made.dtype, device=made.device)
    return torchere.where(made.eq(0), replacement, made)  # type: ignore[no-any-return]
