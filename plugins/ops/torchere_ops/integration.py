"""Integrals by the trapezoidal rule, and derivatives by differences, of sampled functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import Number, composite
from torchere.operators.arguments import wrap_dim, wrap_dims

__all__ = ["cumulative_trapezoid", "gradient", "trapezoid", "trapz"]


def _strips(name: str, y: Tensor, x: Tensor | None, dx: Number | None, dim: int) -> tuple[Tensor, int]:
    """Twice the area between neighbouring samples, and the dimension they lie along."""
    if y.ndim == 0:
        raise DimensionError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = wrap_dim(dim, y.ndim, name)
    for label, tensor in (("y", y), ("x", x)):
        if tensor is not None and tensor.dtype is torchere.bool:
            raise DTypeError(f"{name}: received a bool input for `{label}`, but bool is not supported")
    count = y.shape[axis]
    if x is None:
        pairs = y.narrow(axis, 1, max(count - 1, 0)) + y.narrow(axis, 0, max(count - 1, 0)) if count else y
        return pairs * (1.0 if dx is None else dx), axis
    if dx is not None:
        raise TypeError(f"{name}() takes either `x` or `dx`, not both")
    if x.ndim == 0:
        raise ShapeError(f"{name}: There must be one `x` value for each sample point, but `x` has no dimensions")
    if x.ndim == 1:
        if x.shape[0] != count:
            raise ShapeError(
                f"{name}: There must be one `x` value for each sample point, but there are {x.shape[0]} for {count}"
            )
        x = x.reshape((-1,) + (1,) * (y.ndim - 1 - axis))
        place = 0
    else:
        if x.ndim < y.ndim:
            x = x.reshape((1,) * (y.ndim - x.ndim) + tuple(x.shape))
        place = axis
    gaps = x.diff(dim=place)
    if count == 0:
        return y, axis
    return gaps * (y.narrow(axis, 1, count - 1) + y.narrow(axis, 0, count - 1)), axis


@composite()
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | None = None, dim: int = -1) -> Tensor:
    """The integral of samples `y` along `dim` by the trapezoidal rule; `x` are their places, or `dx` their distance.

    Integers become floating. Raises: RuntimeError for bool or a number of places that differs from that of samples.
    Source: https://pytorch.org/docs/stable/generated/torch.trapezoid.html
    """
    if y.ndim and y.shape[dim] == 0:
        return y.detach().sum(dim, dtype=y.dtype)  # PyTorch looks at neither x nor the dtype then
    strips, axis = _strips("trapezoid", y, x, dx, dim)
    return strips.sum(axis) / 2


@composite()
def trapz(y: Tensor, x: Tensor | None = None, *, dx: Number | None = None, dim: int = -1) -> Tensor:
    """The older name of `trapezoid`.

    Source: https://pytorch.org/docs/stable/generated/torch.trapz.html
    """
    return trapezoid(y, x, dx=dx, dim=dim)


@composite()
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | None = None, dim: int = -1) -> Tensor:
    """The integral up to each sample but the first; arguments as `trapezoid`.

    Source: https://pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html
    """
    strips, axis = _strips("cumulative_trapezoid", y, x, dx, dim)
    return strips.cumsum(axis) / 2


def _spacings(spacing: Any, count: int, given: bool, ndim: int) -> list[Any]:
    if spacing is None:
        return [1.0] * count
    if isinstance(spacing, (int, float, complex)):
        return [spacing] * count
    several = list(spacing) if isinstance(spacing, (list, tuple)) else [spacing]
    if len(several) != count:
        kind = f"'len(dim) = {count}'" if given else f"'self.dim() = {ndim}', since dim argument was not given"
        raise ShapeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to "
            f"{kind}, but got a list of length {len(several)}"
        )
    return several


def _derivative(input: Tensor, axis: int, spacing: Any, order: int) -> Tensor:
    n = input.shape[axis]
    places = None
    if isinstance(spacing, Tensor):
        if spacing.ndim != 1 or spacing.shape[0] != n:
            raise ShapeError(
                "torch.gradient expected each element of spacing to be a 1-d tensor of the dimension's size "
                f"({n}), but got shape {tuple(spacing.shape)}"
            )
        places = spacing

    def at(start: int, length: int) -> Tensor:
        return input.narrow(axis, start, length)

    def gap(start: int, length: int) -> Any:
        if places is None:
            return spacing
        gaps = places.narrow(0, start + 1, length) - places.narrow(0, start, length)
        return gaps.reshape((-1,) + (1,) * (input.ndim - 1 - axis))

    # Through three samples with gaps a (left) and b (right) goes one parabola: this is its slope.
    a, b = gap(0, n - 2), gap(1, n - 2)
    pieces = []
    if order == 1:
        first, last = (at(1, 1) - at(0, 1)) / gap(0, 1), (at(n - 1, 1) - at(n - 2, 1)) / gap(n - 2, 1)
    else:
        p, q = gap(0, 1), gap(1, 1)
        first = (
            at(0, 1) * (-(2 * p + q) / (p * (p + q))) + at(1, 1) * ((p + q) / (p * q)) + at(2, 1) * (-p / (q * (p + q)))
        )
        p, q = gap(n - 3, 1), gap(n - 2, 1)
        last = (
            at(n - 3, 1) * (q / (p * (p + q)))
            + at(n - 2, 1) * (-(p + q) / (p * q))
            + at(n - 1, 1) * ((p + 2 * q) / (q * (p + q)))
        )
    pieces.append(first)
    if n > 2:
        if places is None:
            pieces.append((at(2, n - 2) - at(0, n - 2)) / (2 * spacing))
        else:
            pieces.append(
                at(0, n - 2) * (-b / (a * (a + b)))
                + at(1, n - 2) * ((b - a) / (a * b))
                + at(2, n - 2) * (a / (b * (a + b)))
            )
    pieces.append(last)
    return torchere.cat(pieces, axis)


@composite()
def gradient(
    input: Tensor, *, spacing: Any = None, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """The derivative of samples along each of `dim` (all by default), a tuple of tensors of the input's shape.

    `spacing` is the distance of neighbouring samples, a number or one for each dimension, or a 1-d tensor of their
    places for each. Inside, parabolas through three samples; at the ends lines, or with ``edge_order=2`` parabolas.
    Raises: RuntimeError for another `edge_order`, too few samples or a spacing of the wrong length.
    Source: https://pytorch.org/docs/stable/generated/torch.gradient.html
    """
    if input.dtype in (torchere.uint8, torchere.bool):
        raise DTypeError(f"torch.gradient does not support {input.dtype.name} input. Convert first: input.float().")
    if edge_order not in (1, 2):
        raise ShapeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = tuple(range(input.ndim)) if dim is None else wrap_dims(dim, input.ndim, "gradient") or ()
    spacings = _spacings(spacing, len(dims), dim is not None, input.ndim)
    if any(input.shape[axis] < edge_order + 1 for axis in dims if input.ndim):
        raise ShapeError(
            "torch.gradient expected each dimension size to be at least edge_order+1, but got shape "
            f"{tuple(input.shape)} and edge_order {edge_order}"
        )
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        input = input.to(torchere.get_default_dtype())
    return tuple(_derivative(input, axis, one, edge_order) for axis, one in zip(dims, spacings, strict=True))
