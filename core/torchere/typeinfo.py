"""Numerical limits of dtypes: ``finfo`` and ``iinfo``.

Source: https://docs.pytorch.org/docs/2.13/type_info.html.
"""

from __future__ import annotations

from typing import Final

import ml_dtypes
import numpy as np

from torchere import dtypes, promotion
from torchere.dtypes import DType

__all__ = ["finfo", "iinfo"]

#: Decimal precision, ``10 ** -digits``, where PyTorch's differs from ml_dtypes'.
_RESOLUTION: Final = {
    dtypes.float16: 1e-3,
    dtypes.bfloat16: 1e-2,
    dtypes.float32: 1e-6,
    dtypes.float64: 1e-15,
}
#: PyTorch states half the true spacing for this one; programs that compare with it expect the same.
_EPS: Final = {dtypes.float8_e5m2fnuz: 0.125}


class finfo:
    """Limits of a floating dtype, of a complex dtype's parts, or of the default dtype.

    `bits`: size. `eps`: 1.0's distance to the next number. `min`, `max`: smallest and largest finite number. `tiny`,
    `smallest_normal`: smallest positive number with full precision. `resolution`: ``10 ** -digits`` for the decimal
    digits kept. `dtype`: the dtype's name.

    Raises TypeError for an integer dtype or bool.
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: DType | None = None) -> None:
        type = promotion.get_default_dtype() if type is None else type
        if not isinstance(type, DType):
            raise TypeError(f"finfo(): argument 'type' (position 1) must be torch.dtype, not {_kind(type)}")
        if not (type.is_floating_point or type.is_complex):
            raise TypeError(
                f"torch.finfo() requires a floating point input type, got {type!r}. Use torch.iinfo(torch.{type.name})."
            )
        real = type.to_real()
        limits = ml_dtypes.finfo(real.numpy)  # type: ignore[no-untyped-call]
        self.bits = real.itemsize * 8
        self.dtype = real.name
        self.eps = _EPS.get(real, float(limits.eps))
        self.max = float(limits.max)
        self.min = float(limits.min)
        self.tiny = self.smallest_normal = float(limits.smallest_normal)
        self.resolution = _RESOLUTION.get(real, 1.0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer dtype: `bits`, `min`, `max`, and `dtype`, its name.

    Raises TypeError for other dtypes.
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: DType) -> None:
        if not isinstance(type, DType):
            raise TypeError(f"iinfo(): argument 'type' (position 1) must be torch.dtype, not {_kind(type)}")
        if type is dtypes.bool_:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.category != dtypes.INTEGER:
            raise TypeError(
                f"torch.iinfo() requires an integer input type, got {type!r}. Use torch.finfo(torch.{type.name})."
            )
        limits = np.iinfo(type.numpy)  # type: ignore[type-var]
        self.bits = type.itemsize * 8
        self.dtype = type.name
        self.max = int(limits.max)
        self.min = int(limits.min)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __repr__(self) -> str:
        return f"iinfo(min={float(self.min):g}, max={float(self.max):g}, dtype={self.dtype})"


def _kind(value: object) -> str:
    return value.__class__.__name__
