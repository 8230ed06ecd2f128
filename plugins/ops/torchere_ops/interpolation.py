"""Resampling of signals, images and volumes to another size.

Every mode works one dimension at a time: each output element is a weighted sum of a few input elements, whose
positions and weights are computed once in Python numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import floor, pi, sin
from struct import pack, unpack

import torchere
from torchere import Tensor
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import composite

from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

__all__ = ["interpolate"]

#: For each output element the input positions; and as many weights. Cached, so never written to.
Taps = tuple[list[list[int]], list[list[float]]]

_MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"
_SMOOTH = ("linear", "bilinear", "bicubic", "trilinear", "lanczos")
#: Number of dimensions a mode asks for.
_RANK = {"linear": 3, "bilinear": 4, "bicubic": 4, "lanczos": 4, "trilinear": 5}


# ------------------------------------------------------------------------------------------- positions and weights


def _single(x: float) -> float:
    """`x` rounded to float32, in which PyTorch picks nearest neighbours."""
    return float(unpack("f", pack("f", x))[0])


@lru_cache(maxsize=128)
def _nearest_index(size: int, target: int, factor: float | None, exact: bool) -> list[int]:
    """The input element nearest to each output element."""
    if size == target and not exact:
        return list(range(size))
    scale = _single(1.0 / factor) if factor else _single(size / target)
    shift = 0.5 if exact else 0.0
    return [min(int(_single(_single(i + shift) * scale)), size - 1) for i in range(target)]


def _scale(size: int, target: int, factor: float | None, align_corners: bool) -> float:
    if align_corners:
        return (size - 1) / (target - 1) if target > 1 else 0.0
    return 1.0 / factor if factor else size / target


@lru_cache(maxsize=128)
def _linear_taps(size: int, target: int, scale: float, align_corners: bool) -> Taps:
    places, weights = [], []
    for i in range(target):
        at = scale * i if align_corners else max(scale * (i + 0.5) - 0.5, 0.0)
        low = min(int(at), size - 1)
        fraction = min(at - low, 1.0)
        places.append([low, min(low + 1, size - 1)])
        weights.append([1.0 - fraction, fraction])
    return places, weights


def _cubic(x: float, a: float) -> float:
    """Keys' cubic convolution kernel at distance `x`. Source: Keys, IEEE TASSP 29 (1981)."""
    x = abs(x)
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


@lru_cache(maxsize=128)
def _cubic_taps(size: int, target: int, scale: float, align_corners: bool) -> Taps:
    places, weights = [], []
    for i in range(target):
        at = scale * i if align_corners else scale * (i + 0.5) - 0.5
        low = floor(at)
        places.append([min(max(low + tap, 0), size - 1) for tap in (-1, 0, 1, 2)])
        weights.append([_cubic(at - low - tap, -0.75) for tap in (-1, 0, 1, 2)])
    return places, weights


def _triangle(x: float) -> float:
    return max(1.0 - abs(x), 0.0)


def _pillow_cubic(x: float) -> float:
    return _cubic(x, -0.5)


def _lanczos(x: float) -> float:
    if not -3 <= x < 3:
        return 0.0
    return 1.0 if x == 0 else 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x)


_FILTERS: dict[str, tuple[Callable[[float], float], int]] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_pillow_cubic, 2),
    "lanczos": (_lanczos, 3),
}


@lru_cache(maxsize=128)
def _smoothed_taps(size: int, target: int, scale: float, mode: str) -> Taps:
    """Taps of a filter widened by the reduction, so that nothing finer than the output's pixels remains."""
    weigh, radius = _FILTERS[mode]
    stretch = max(scale, 1.0)
    support = radius * stretch
    places, weights = [], []
    for i in range(target):
        center = scale * (i + 0.5)
        first = max(int(center - support + 0.5), 0)
        last = min(int(center + support + 0.5), size)
        values = [weigh((place - center + 0.5) / stretch) for place in range(first, last)]
        total = sum(values)
        places.append(list(range(first, last)))
        weights.append([value / total if total else 0.0 for value in values])
    longest = max(map(len, places))
    for row, values in zip(places, weights, strict=True):
        missing = longest - len(row)
        row.extend([row[-1] if row else 0] * missing)
        values.extend([0.0] * missing)
    return places, weights


def _resampled(x: Tensor, axis: int, taps: Taps) -> Tensor:
    places, weights = taps
    shape = (-1, *(1,) * (x.ndim - 1 - axis))
    total: Tensor | None = None
    for tap in range(len(places[0])):
        index = torchere.tensor([row[tap] for row in places], dtype=torchere.int64, device=x.device)
        weight = torchere.tensor([row[tap] for row in weights], dtype=x.dtype, device=x.device).reshape(shape)
        term = x.index_select(axis, index) * weight
        total = term if total is None else total + term
    assert total is not None
    return total


# --------------------------------------------------------------------------------------------------- sizes and checks


def _target_sizes(
    input: Tensor,
    size: int | Sequence[int] | None,
    scale_factor: float | Sequence[float] | None,
    recompute_scale_factor: bool | None,
) -> tuple[list[int], list[float | None]]:
    """Output sizes, and the factors that positions are computed with (None: from the sizes)."""
    rank = input.ndim - 2
    sizes = [int(n) for n in input.shape[2:]]
    if size is not None and scale_factor is not None:
        raise ArgumentError("only one of size or scale_factor should be defined: interpolate() got both")
    if size is None and scale_factor is None:
        raise ArgumentError("either size or scale_factor should be defined: interpolate() got neither")
    if size is not None:
        given = list(size) if isinstance(size, tuple | list) else [size] * rank
        if len(given) != rank:
            raise ArgumentError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {sizes} and output size of {size}. Please provide input tensor in (N, C, d1, d2, "
                "...,dK) format and output size in (o1, o2, ...,oK) format."
            )
        if not all(hasattr(n, "__index__") for n in given):
            kinds = [type(n) for n in given]
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size "
                f"with types {kinds}"
            )
        if recompute_scale_factor:
            raise ArgumentError("recompute_scale_factor is not meaningful with an explicit size.")
        return [int(n) for n in given], [None] * rank
    factors = list(scale_factor) if isinstance(scale_factor, tuple | list) else [scale_factor] * rank
    if len(factors) != rank:
        raise ArgumentError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {sizes} and scale_factor of shape {tuple(factors)}. Please provide input tensor in (N, C, "
            "d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    for factor in factors:
        if isinstance(factor, str) or not hasattr(factor, "__float__"):
            raise TypeError(f"interpolate(): argument 'scale_factor' must be numbers, not {type(factor).__name__}")
    numbers = [float(factor) for factor in factors]
    targets = [floor(n * factor) for n, factor in zip(sizes, numbers, strict=True)]
    return targets, [None] * rank if recompute_scale_factor else list(numbers)


def _check_mode(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    rank = input.ndim
    if mode in ("nearest", "nearest-exact", "area") and align_corners is not None:
        raise ArgumentError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
            f"trilinear, but got mode={mode!r}."
        )
    if antialias and not (mode in _FILTERS and rank == 4):
        raise ArgumentError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as "
            f"input, but got mode={mode!r} and a {rank}-D tensor"
        )
    wanted = _RANK.get(mode)
    if rank in (3, 4, 5) and wanted is not None and rank != wanted and mode not in ("bicubic", "lanczos"):
        raise NotImplementedError(f"Got {rank}D input, but {mode} mode needs {wanted}D input")
    known = mode in ("nearest", "nearest-exact", "area", *_SMOOTH)
    if rank not in (3, 4, 5) or not known or (wanted is not None and rank != wanted):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {rank}D) for the modes: {_MODES} "
            f"(got {mode})"
        )
    if mode == "lanczos":
        if align_corners:
            raise ArgumentError("Lanczos mode does not support align_corners=True in interpolate().")
        if not antialias:
            raise ArgumentError("Lanczos mode requires antialias=True in interpolate().")


@composite(namespace="nn.functional")
def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resample the dimensions after the first two to `size`, or to ``floor(old * scale_factor)``.

    Shape: ``(n, c, *old)`` to ``(n, c, *new)`` with one to three spatial dimensions. ``mode``: ``"nearest"``,
    ``"nearest-exact"``, ``"area"`` (adaptive average) for any; ``"linear"`` for signals, ``"bilinear"``,
    ``"bicubic"``, ``"lanczos"`` (with `antialias` only) for images, ``"trilinear"`` for volumes.
    Pixels are squares, or points whose corner ones coincide (`align_corners`). Positions are computed from
    `scale_factor` as given, or from the rounded sizes (`recompute_scale_factor`). `antialias` widens the filter when
    the image shrinks.
    Raises ValueError for contradictory arguments, NotImplementedError for a mode with the wrong number of dimensions or
    an integer dtype (nearest and images take uint8), RuntimeError for empty sizes.
    """
    if isinstance(size, Tensor):
        size = int(size) if size.ndim == 0 else size.tolist()
    if isinstance(scale_factor, Tensor):
        scale_factor = float(scale_factor) if scale_factor.ndim == 0 else scale_factor.tolist()
    if input.ndim in (3, 4, 5):
        targets, factors = _target_sizes(input, size, scale_factor, recompute_scale_factor)
    _check_mode(input, mode, align_corners, antialias)
    if mode == "area":
        pool = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[input.ndim - 3]
        return pool(input, tuple(targets))
    nearest = mode in ("nearest", "nearest-exact")
    floating = input.dtype.is_floating_point
    if not floating and (input.dtype is not torchere.uint8 or not (nearest or input.ndim == 4)):
        raise NotImplementedError(
            f"\"interpolate\" not implemented for '{input.dtype}': mode {mode!r} is defined for floating point and "
            "uint8. Convert first: x.float()."
        )
    for name, old, new in zip("DHW"[-len(targets) :], input.shape[2:], targets, strict=True):
        if old <= 0 or new <= 0:
            raise ShapeError(
                f"Input and output sizes should be greater than 0, but got input ({name}: {old}) and output "
                f"({name}: {new}) in interpolate()."
            )
    if input.shape[1] == 0:
        raise ShapeError(
            f"Non-empty {input.ndim}D data tensor expected but got a tensor with sizes {list(input.shape)} in "
            "interpolate()."
        )
    if nearest:
        return _nearest(input, targets, factors, mode == "nearest-exact")
    x = input if floating and input.dtype.itemsize >= 4 else input.to(torchere.float32)
    for axis, (target, factor) in enumerate(zip(targets, factors, strict=True), 2):
        old = x.shape[axis]
        scale = _scale(old, target, factor, bool(align_corners))
        if antialias:
            taps = _smoothed_taps(old, target, scale, mode)
        elif mode == "bicubic":
            taps = _cubic_taps(old, target, scale, bool(align_corners))
        elif old == target:
            continue
        else:
            taps = _linear_taps(old, target, scale, bool(align_corners))
        x = _resampled(x, axis, taps)
    if input.dtype is torchere.uint8:
        return x.round().clamp(0, 255).to(torchere.uint8)
    return x.clone() if x is input else x.to(input.dtype)


def _nearest(input: Tensor, targets: list[int], factors: list[float | None], exact: bool) -> Tensor:
    x = input
    for axis, (target, factor) in enumerate(zip(targets, factors, strict=True), 2):
        index = _nearest_index(x.shape[axis], target, factor, exact)
        if index != list(range(x.shape[axis])):
            x = x.index_select(axis, torchere.tensor(index, dtype=torchere.int64, device=x.device))
    return x.clone() if x is input else x
