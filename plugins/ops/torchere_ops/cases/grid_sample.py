"""Cases of sampling at positions, compared with one sample at a time."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]


def _cubic(x: float) -> float:
    x, a = abs(x), -0.75
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def _place(at: float, size: int, padding: str, align: bool) -> float:
    if padding == "reflection":
        low, high = (0.0, size - 1.0) if align else (-0.5, size - 0.5)
        while high > low and not low <= at <= high:
            at = 2 * low - at if at < low else 2 * high - at
        at = at if high > low else 0.0
    return at if padding == "zeros" else min(max(at, 0.0), size - 1.0)


def _grid_sample(
    x: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Array:
    sizes = x.shape[2:]
    align = bool(align_corners)
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]), x.dtype)
    for index in np.ndindex(*grid.shape[:-1]):
        at = []
        for axis, n in enumerate(sizes):
            g = grid[index][len(sizes) - 1 - axis]
            at.append((g + 1) / 2 * (n - 1) if align else ((g + 1) * n - 1) / 2)
        if mode != "bicubic":
            at = [_place(a, n, padding_mode, align) for a, n in zip(at, sizes, strict=True)]
        low = [int(np.floor(a)) for a in at]
        if mode == "nearest":
            taps = [([int(np.rint(a)) for a in at], 1.0)]
        elif mode == "bilinear":
            corners = product((0, 1), repeat=len(sizes))
            taps = [
                (
                    [b + s for b, s in zip(low, corner, strict=True)],
                    np.prod([1 - abs(a - b - s) for a, b, s in zip(at, low, corner, strict=True)]),
                )
                for corner in corners
            ]
        else:
            taps = [
                (
                    [b + s for b, s in zip(low, step, strict=True)],
                    np.prod([_cubic(a - b - s) for a, b, s in zip(at, low, step, strict=True)]),
                )
                for step in product((-1, 0, 1, 2), repeat=2)
            ]
        for place, weight in taps:
            if mode == "bicubic":
                place = [int(_place(p, n, padding_mode, align)) for p, n in zip(place, sizes, strict=True)]
            if all(0 <= p < n for p, n in zip(place, sizes, strict=True)):
                out[(index[0], slice(None), *index[1:])] += weight * x[(index[0], slice(None), *place)]
    return out


def _affine_grid(theta: Array, size: tuple[int, ...], align_corners: bool | None = None) -> Array:
    spatial = size[2:]
    axes = [
        np.linspace(-1, 1, n)
        if align_corners and n > 1
        else (2 * np.arange(n) + 1) / n - 1
        if not align_corners
        else [0.0]
        for n in spatial
    ]
    out = np.zeros((size[0], *spatial, len(spatial)))
    for index in np.ndindex(size[0], *spatial):
        point = [axes[axis][index[1 + axis]] for axis in reversed(range(len(spatial)))]
        out[index] = theta[index[0]] @ np.array([*point, 1.0])
    return out


CASES = [
    *(
        Case(
            "grid_sample",
            A(1, 2, 3, 4),
            A(1, 2, 3, 2, low=-1.4, high=1.4),
            mode,
            padding,
            align,
            reference=_grid_sample,
            dtypes=WIDE_FLOATING,
            second=False,
            why="kinks at pixel centers: float differences of slopes",
        )
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for align in (True, False)
    ),
    Case(
        "grid_sample",
        A(1, 2, 2, 3, 4),
        A(1, 2, 1, 2, 3, low=-1.2, high=1.2),
        reference=_grid_sample,
        dtypes=WIDE_FLOATING,
        second=False,
    ),
    Case(
        "grid_sample",
        A(1, 2, 2, 3, 4),
        A(1, 2, 1, 2, 3),
        "nearest",
        "border",
        True,
        reference=_grid_sample,
        dtypes=WIDE_FLOATING,
    ),
    Case("affine_grid", A(2, 2, 3), (2, 3, 4, 5), False, reference=_affine_grid, dtypes=WIDE_FLOATING),
    Case("affine_grid", A(1, 2, 3), (1, 3, 1, 3), True, reference=_affine_grid, dtypes=WIDE_FLOATING),
    Case("affine_grid", A(1, 3, 4), (1, 1, 2, 3, 2), True, reference=_affine_grid, dtypes=WIDE_FLOATING),
]

ERRORS = [
    ErrorCase("grid_sample", A(1, 1, 4, 4), A(2, 3, 3, 2), raises=RuntimeError, match="same batch size"),
    ErrorCase("grid_sample", A(1, 1, 4, 4), A(1, 3, 3, 3), raises=RuntimeError, match="size 2 in last dimension"),
    ErrorCase("grid_sample", A(1, 1, 4, 4), A(1, 3, 3, 2), mode="x", raises=ValueError, match="expected mode to be"),
    ErrorCase("grid_sample", A(1, 1, 4, 4), A(1, 3, 3, 2), padding_mode="x", raises=ValueError, match="padding_mode"),
    ErrorCase(
        "grid_sample", A(1, 1, 4, 4, 4), A(1, 3, 3, 3, 3), mode="bicubic", raises=RuntimeError, match="only supports 4D"
    ),
    ErrorCase("grid_sample", A(1, 1, 0, 4), A(1, 3, 3, 2), raises=RuntimeError, match="non-empty spatial"),
    ErrorCase("affine_grid", A(1, 2, 3), (1, 1, 2), raises=NotImplementedError, match="only supports 4D and 5D"),
    ErrorCase("affine_grid", A(1, 3, 3), (1, 1, 2, 2), raises=ValueError, match="affine matrices of shape Nx2x3"),
    ErrorCase("affine_grid", A(2, 2, 3), (1, 1, 2, 2), raises=RuntimeError, match="one matrix for each"),
    ErrorCase("affine_grid", A(1, 2, 3), (1, 1, 0, 2), raises=ValueError, match="non-zero, positive"),
]
