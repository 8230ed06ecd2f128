"""Sampling of images and volumes at positions given by a grid, and grids of affine maps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import COMPLEX, FLOATING
from torchere.errors import ArgumentError, DTypeError, ShapeError
from torchere.operators import composite

from .matmul import matmul
from .operand_kinds import require_dtypes

__all__ = ["affine_grid", "grid_sample"]


# ------------------------------------------------------------------------------------------------------ coordinates


def _unnormalised(at: Tensor, size: int, align_corners: bool) -> Tensor:
    """Coordinates in ``-1 … 1`` as positions in pixels."""
    if align_corners:
        return (at + 1) * ((size - 1) / 2)
    return ((at + 1) * size - 1) / 2


def _clipped(at: Tensor, size: int) -> Tensor:
    """Positions moved to the nearest pixel; outside (and on the edge) the gradient is zero."""
    inside = (at > 0) & (at < size - 1)
    edge = at.detach().nan_to_num(0.0).clamp(0, size - 1)
    return torchere.where(inside, at, edge)


def _reflected(at: Tensor, size: int, align_corners: bool) -> Tensor:
    """Positions mirrored at the centers (`align_corners`) or outer edges of the border pixels."""
    low, span = (0.0, float(size - 1)) if align_corners else (-0.5, float(size))
    if span == 0:
        return at * 0
    distance = (at - low).abs()
    turns = (distance.detach() / span).floor()
    rest = distance - turns * span
    even = turns.remainder(2) == 0
    return torchere.where(even, rest + low, span - rest + low)


def _placed(at: Tensor, size: int, padding_mode: str, align_corners: bool) -> Tensor:
    if padding_mode == "border":
        return _clipped(at, size)
    if padding_mode == "reflection":
        return _clipped(_reflected(at, size, align_corners), size)
    return at


def _taken(flat: Tensor, places: list[Tensor], sizes: tuple[int, ...]) -> Tensor:
    """Pixels ``(n, c, *grid)`` at integer positions (one tensor ``(n, *grid)`` a dimension); zero outside the image."""
    inside: Tensor | None = None
    index: Tensor | None = None
    for place, size in zip(places, sizes, strict=True):
        fits = (place >= 0) & (place <= size - 1)
        inside = fits if inside is None else inside & fits
        whole = place.nan_to_num(0.0).clamp(0, size - 1).to(torchere.int64)
        index = whole if index is None else index * size + whole
    assert inside is not None
    assert index is not None
    batch, channels = flat.shape[:2]
    shape = tuple(index.shape)
    chosen = index.reshape(batch, 1, prod(shape[1:])).expand(batch, channels, prod(shape[1:]))
    pixels = flat.gather(2, chosen).reshape(batch, channels, *shape[1:])
    return pixels.masked_fill(~inside.unsqueeze(1), 0.0)


def _cubic_weights(fraction: Tensor) -> list[Tensor]:
    """Weights of the four neighbours at -1, 0, 1, 2 (Keys' kernel with a = -0.75)."""
    a = -0.75

    def near(x: Tensor) -> Tensor:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Tensor) -> Tensor:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(fraction + 1), near(fraction), near(1 - fraction), far(2 - fraction)]


# ---------------------------------------------------------------------------------------------------------- sampling


def _check_grid_sample(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ArgumentError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ArgumentError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    shape, grid_shape = list(input.shape), list(grid.shape)
    if grid.dtype is not input.dtype:
        raise DTypeError(f"expected scalar type {input.dtype} but found {grid.dtype}: grid_sample() takes one dtype.")
    if not shape or not grid_shape or shape[0] != grid_shape[0]:
        raise ShapeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
            f"{shape} and grid with sizes {grid_shape}"
        )
    rank = len(shape) - 2
    if grid_shape[-1] != rank:
        raise ShapeError(
            f"grid_sampler(): expected grid to have size {rank} in last dimension, but got grid with sizes {grid_shape}"
        )
    if rank not in (2, 3) or len(grid_shape) != len(shape):
        raise ShapeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with "
            f"sizes {shape} and grid with sizes {grid_shape}"
        )
    for axis in range(2, len(shape)):
        if shape[axis] == 0:
            raise ShapeError(
                f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {shape} "
                f"with dimension {axis} being empty"
            )
    require_dtypes("grid_sampler_cpu", input, FLOATING + (COMPLEX if padding_mode != "reflection" else ()))
    if mode == "bicubic" and rank == 3:
        raise ShapeError("grid_sampler(): bicubic interpolation only supports 4D input")


@composite(namespace="nn.functional")
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Values of `input` at the positions in `grid`, whose last dimension holds (x, y[, z]) in ``-1 … 1``.

    Shape: input ``(n, c, h, w)`` and grid ``(n, *out, 2)``, or ``(n, c, d, h, w)`` and ``(n, *out, 3)``; the result is
    ``(n, c, *out)``. -1 and 1 are the outer edges of the image, or the centers of its corner pixels (`align_corners`).
    ``mode`` is ``"bilinear"``, ``"nearest"`` or ``"bicubic"`` (images only); ``padding_mode`` says what lies outside:
    ``"zeros"``, ``"border"`` pixels or the ``"reflection"``. NaN positions count as outside.
    Raises ValueError for other modes, RuntimeError for shapes and dtypes that do not fit.
    """
    _check_grid_sample(input, grid, mode, padding_mode)
    aligned = bool(align_corners)
    sizes = tuple(input.shape[2:])
    rank = len(sizes)
    flat = input.reshape(*input.shape[:2], prod(sizes))
    # The grid lists the last dimension of the image first.
    at = [_unnormalised(grid.select(-1, rank - 1 - axis), sizes[axis], aligned) for axis in range(rank)]
    if mode == "bicubic":
        return _bicubic(flat, at, sizes, padding_mode, aligned)
    at = [_placed(a, size, padding_mode, aligned) for a, size in zip(at, sizes, strict=True)]
    if mode == "nearest":
        return _taken(flat, [a.detach().round() for a in at], sizes)
    low = [a.detach().floor() for a in at]
    high = [a - b for a, b in zip(at, low, strict=True)]
    total: Tensor | None = None
    for corner in product((0, 1), repeat=rank):
        places = [b + step for b, step in zip(low, corner, strict=True)]
        weight: Tensor | None = None
        for step, fraction in zip(corner, high, strict=True):
            part = fraction if step else 1 - fraction
            weight = part if weight is None else weight * part
        assert weight is not None
        term = _taken(flat, places, sizes) * weight.unsqueeze(1)
        total = term if total is None else total + term
    assert total is not None
    return total


def _bicubic(flat: Tensor, at: list[Tensor], sizes: tuple[int, ...], padding_mode: str, aligned: bool) -> Tensor:
    low = [a.detach().floor() for a in at]
    weights = [_cubic_weights(a - b) for a, b in zip(at, low, strict=True)]
    total: Tensor | None = None
    for row, column in product(range(4), repeat=2):
        places = [
            _placed(b + (tap - 1), size, padding_mode, aligned)
            for b, tap, size in zip(low, (row, column), sizes, strict=True)
        ]
        weight = (weights[0][row] * weights[1][column]).unsqueeze(1)
        term = _taken(flat, places, sizes) * weight
        total = term if total is None else total + term
    assert total is not None
    return total


# ------------------------------------------------------------------------------------------------------- affine grid


def _axis_positions(count: int, align_corners: bool, theta: Tensor) -> Tensor:
    if align_corners:
        step = 2 / (count - 1) if count > 1 else 0.0
        places = [-1 + step * i for i in range(count)] if count > 1 else [0.0]
    else:
        places = [(2 * i + 1) / count - 1 for i in range(count)]
    return torchere.tensor(places, dtype=theta.dtype, device=theta.device)


@composite(namespace="nn.functional")
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Grid for `grid_sample` that maps every pixel of an image of `size` through affine matrices.

    Shape: theta ``(n, 2, 3)`` and size ``(n, c, h, w)`` give ``(n, h, w, 2)``; ``(n, 3, 4)`` and ``(n, c, d, h, w)``
    give ``(n, d, h, w, 3)``. Raises ValueError for matrices of another shape or dtype, NotImplementedError for other
    sizes.
    """
    sizes = tuple(int(n) for n in size)
    if not theta.dtype.is_floating_point:
        raise ArgumentError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(sizes) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {sizes}."
        )
    rank = len(sizes) - 2
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (rank, rank + 1):
        raise ArgumentError(
            f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {sizes}. Got "
            f"{tuple(theta.shape)}."
        )
    if min(sizes) <= 0:
        raise ArgumentError(f"Expected non-zero, positive output size. Got {sizes}")
    if theta.shape[0] != sizes[0]:
        raise ShapeError(
            f"affine_grid(): expected one matrix for each of {sizes[0]} images, but got theta of shape "
            f"{tuple(theta.shape)}."
        )
    spatial = sizes[2:]
    columns = []
    for axis in reversed(range(rank)):
        places = _axis_positions(spatial[axis], bool(align_corners), theta)
        columns.append(places.reshape(-1, *(1,) * (rank - 1 - axis)).expand(spatial).reshape(-1))
    columns.append(torchere.ones_like(columns[0]))
    base = torchere.stack(columns, -1)
    return matmul(base, theta.transpose(1, 2)).reshape(sizes[0], *spatial, rank)
