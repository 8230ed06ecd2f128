"""Cases of resampling, compared with weights worked out one output element at a time."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np

from torchere.dtype_sets import FLOATING, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _kernel(mode: str, x: float, sharp: float) -> float:
    x = abs(x)
    if mode in ("linear", "bilinear", "trilinear"):
        return max(0.0, 1 - x)
    if mode == "lanczos":
        return float(np.sinc(x) * np.sinc(x / 3)) if x < 3 else 0.0
    if x < 1:
        return (sharp + 2) * x**3 - (sharp + 3) * x**2 + 1
    return sharp * x**3 - 5 * sharp * x**2 + 8 * sharp * x - 4 * sharp if x < 2 else 0.0


def _matrix(size: int, target: int, factor: float | None, mode: str, align: bool, antialias: bool) -> Array:
    """Weights ``(target, size)`` of one dimension."""
    if align:
        scale = (size - 1) / (target - 1) if target > 1 else 0.0
    else:
        scale = 1 / factor if factor else size / target
    weights = np.zeros((target, size))
    for i in range(target):
        if mode in ("nearest", "nearest-exact"):
            at = i + 0.5 if mode == "nearest-exact" else i
            weights[i, min(int(np.float32(at) * np.float32(scale)), size - 1)] = 1
        elif mode == "area":
            weights[i, i * size // target : -(-(i + 1) * size // target)] = 1
        elif antialias:
            stretch, center = max(scale, 1.0), scale * (i + 0.5)
            reach = {"bilinear": 1, "bicubic": 2, "lanczos": 3}[mode] * stretch
            for j in range(max(int(center - reach + 0.5), 0), min(int(center + reach + 0.5), size)):
                weights[i, j] = _kernel(mode, (j + 0.5 - center) / stretch, -0.5)
        else:
            at = scale * i if align else scale * (i + 0.5) - 0.5
            at = at if mode == "bicubic" else min(max(at, 0), size - 1)
            for j in range(floor(at) - 1, floor(at) + 3):
                weights[i, min(max(j, 0), size - 1)] += _kernel(mode, at - j, -0.75)
    return weights / weights.sum(axis=1, keepdims=True)


def _interpolate(
    x: Array,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    rank = x.ndim - 2
    for axis in range(rank):
        factor = None
        if size is not None:
            target = size[axis] if isinstance(size, tuple) else size
        else:
            factor = scale_factor[axis] if isinstance(scale_factor, tuple) else scale_factor
            target = floor(x.shape[axis + 2] * factor)
        used = None if recompute_scale_factor or mode == "area" else factor
        weights = _matrix(x.shape[axis + 2], target, used, mode, bool(align_corners), antialias)
        x = np.moveaxis(np.moveaxis(x, axis + 2, -1) @ weights.T, -1, axis + 2)
    return x


#: Intermediate results are rounded once a dimension.
_WIDE = WIDE_FLOATING

CASES = [
    *(
        case
        for mode, sizes in (("linear", (5,)), ("bilinear", (4, 5)), ("bicubic", (4, 5)), ("trilinear", (2, 3, 4)))
        for case in (
            Case("interpolate", A(2, 3, *sizes), 7, mode=mode, reference=_interpolate, dtypes=_WIDE),
            Case(
                "interpolate", A(1, 2, *sizes), 3, mode=mode, align_corners=True, reference=_interpolate, dtypes=_WIDE
            ),
            Case("interpolate", A(2, 1, *sizes), scale_factor=1.7, mode=mode, reference=_interpolate, dtypes=_WIDE),
        )
    ),
    *(
        case
        for mode in ("nearest", "nearest-exact", "area")
        for case in (
            Case("interpolate", A(2, 3, 5), 7, mode=mode, reference=_interpolate, dtypes=_WIDE),
            Case("interpolate", A(2, 1, 4, 5), (3, 9), mode=mode, reference=_interpolate, dtypes=_WIDE),
            Case("interpolate", A(1, 2, 2, 3, 4), 2, mode=mode, reference=_interpolate, dtypes=_WIDE),
        )
    ),
    Case("interpolate", A(1, 2, 4, 5), scale_factor=(2.0, 0.6), reference=_interpolate, dtypes=FLOATING),
    Case(
        "interpolate",
        A(1, 2, 5),
        scale_factor=1.5,
        mode="linear",
        recompute_scale_factor=True,
        reference=_interpolate,
        dtypes=_WIDE,
    ),
    *(
        Case("interpolate", A(1, 2, 6, 5), size, mode=mode, antialias=True, reference=_interpolate, dtypes=_WIDE)
        for mode in ("bilinear", "bicubic", "lanczos")
        for size in (3, (9, 4))
    ),
    Case("interpolate", A(0, 2, 4), 6, mode="linear", reference=lambda *args, **kwargs: np.zeros((0, 2, 6))),
]

ERRORS = [
    ErrorCase("interpolate", A(1, 2, 4), raises=ValueError, match="either size or scale_factor should be defined"),
    ErrorCase("interpolate", A(1, 2, 4), 6, 2, raises=ValueError, match="only one of size or scale_factor"),
    ErrorCase("interpolate", A(1, 2, 4), (6, 6), raises=ValueError, match="same number of spatial dimensions"),
    ErrorCase("interpolate", A(1, 2, 4), scale_factor=(2, 2), raises=ValueError, match="same number of spatial"),
    ErrorCase("interpolate", A(1, 2, 4), 6, align_corners=True, raises=ValueError, match="align_corners option"),
    ErrorCase("interpolate", A(1, 2, 4), 6, mode="foo", raises=NotImplementedError, match=r"\(got foo\)"),
    ErrorCase("interpolate", A(1, 2, 4), 6, mode="bilinear", raises=NotImplementedError, match="needs 4D input"),
    ErrorCase("interpolate", A(2, 4), 6, raises=NotImplementedError, match="got 2D"),
    ErrorCase("interpolate", A(1, 2, 4), 0, raises=RuntimeError, match="should be greater than 0"),
    ErrorCase("interpolate", A(1, 2, 4), 6, recompute_scale_factor=True, raises=ValueError, match="not meaningful"),
    ErrorCase(
        "interpolate", A(1, 2, 4), 6, mode="linear", antialias=True, raises=ValueError, match="Anti-alias option"
    ),
    ErrorCase(
        "interpolate", A(1, 2, 4), 6, mode="linear", raises=NotImplementedError, match="not implemented", dtype="int64"
    ),
    ErrorCase("interpolate", A(1, 1, 4, 4), 6, mode="lanczos", raises=ValueError, match="requires antialias=True"),
    ErrorCase("interpolate", A(1, 1, 4, 4), (3, None), raises=TypeError, match="expected size to be one of int"),
]
