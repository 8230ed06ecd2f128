"""Extremes over axes: amax, amin, aminmax, argmax, argmin, and the overloaded max and min.

NaN is larger and smaller than everything: a reduction that meets one returns it. Among equal elements the index of the
first one is returned. `amax`, `amin` and the full `max`, `min` share the gradient evenly among equal extremes;
reductions that return indices give it all to the element they name.
"""

from __future__ import annotations

from collections.abc import Callable

from torchere import Tensor, dtypes
from torchere.dtype_sets import BOOL, REAL
from torchere.errors import DimensionError, DTypeError, ShapeError
from torchere.operators import Dim, Dims, operator, primitive

from .reduced_axes import at_index, require_elements, spread, spread_like

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]

ORDERED = BOOL + REAL


def _shared_gradient(grad: Tensor, input: Tensor, out: Tensor, dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """The gradient divided evenly among the elements equal to the extreme."""
    chosen = (input == spread_like(out, input.shape, dim, keepdim)).to(grad.dtype)
    share = chosen / chosen.sum(dim, keepdim=True)
    return spread(grad, input.shape, dim, keepdim) * share


def _require(name: str, error: type[Exception] = ShapeError) -> Callable[..., None]:
    def check(input: Tensor, dim: tuple[int, ...] | int | None = None, keepdim: bool = False) -> None:
        if not input.numel():
            require_elements(name, input.shape, dim, error)

    return check


@primitive(method=True, dtypes=ORDERED, check=_require("amax"))
def amax(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Largest element over `dim` (all axes by default); NaN if there is one.

    Raises: RuntimeError or IndexError where there is no element to choose.
    Source: https://pytorch.org/docs/stable/generated/torch.amax.html
    """
    ...


amax.gradient(input=_shared_gradient)


@primitive(method=True, dtypes=ORDERED, check=_require("amin"))
def amin(input: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Smallest element over `dim` (all axes by default); NaN if there is one.

    Raises: RuntimeError or IndexError where there is no element to choose.
    Source: https://pytorch.org/docs/stable/generated/torch.amin.html
    """
    ...


amin.gradient(input=_shared_gradient)


def _check_aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> None:
    if dim is None and 0 in input.shape:
        raise ShapeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity "
            f"(input has shape {tuple(input.shape)}). Name a `dim` that has elements."
        )
    require_elements("aminmax", input.shape, dim)


@operator(method=True, dtypes=ORDERED, outputs=("min", "max"), check=_check_aminmax)
def aminmax(input: Tensor, *, dim: Dim | None = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Smallest and largest element along `dim` (over everything by default), as a named tuple ``(min, max)``.

    Source: https://pytorch.org/docs/stable/generated/torch.aminmax.html
    """
    return input.amin(dim, keepdim), input.amax(dim, keepdim)


def _require_position(name: str) -> Callable[..., None]:
    def check(input: Tensor, dim: int | None = None, keepdim: bool = False) -> None:
        if input.dtype.is_complex or input.dtype.name == "bool":
            word = "complex" if input.dtype.is_complex else "bool"
            raise DTypeError(f"{name}(): does not support {word} input. Convert first, for example input.to(int8).")
        require_elements(name, input.shape, dim, DimensionError)

    return check


@primitive(method=True, result="int64", check=_require_position("argmax"), out="exact")
def argmax(input: Tensor, dim: Dim | None = None, keepdim: bool = False) -> Tensor:
    """Index of the largest element along `dim`; without `dim`, its index in the flattened input. int64.

    The first among equals; the first NaN if there is one.
    Raises: IndexError where there is no element; RuntimeError for bool and complex.
    Source: https://pytorch.org/docs/stable/generated/torch.argmax.html
    """
    ...


@primitive(method=True, result="int64", check=_require_position("argmin"), out="exact")
def argmin(input: Tensor, dim: Dim | None = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest element along `dim`; without `dim`, its index in the flattened input. int64.

    The first among equals; the first NaN if there is one.
    Raises: IndexError where there is no element; RuntimeError for bool and complex.
    Source: https://pytorch.org/docs/stable/generated/torch.argmin.html
    """
    ...


def _value_at_position(
    position: Callable[..., Tensor], input: Tensor, dim: int, keepdim: bool
) -> tuple[Tensor, Tensor]:
    if input.ndim == 0:
        return input.clone(), input.new_zeros((), dtype=dtypes.int64)
    ordered = input.to(dtypes.uint8) if input.dtype.name == "bool" else input
    indices = position(ordered, dim, True)
    values = input.gather(dim, indices)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def _gradient_at_index(grad: Tensor, indices: Tensor, input_shape: tuple[int, ...], dim: int, keepdim: bool) -> Tensor:
    return at_index(grad, indices, input_shape, dim, keepdim)


@operator(dtypes=ORDERED, outputs=("values", "indices"), differentiable=(0,), check=_require("max"), out="exact")
def _max(input: Tensor, dim: Dim, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Largest elements along one axis and their indices: ``max`` with `dim`."""
    return _value_at_position(argmax, input, dim, keepdim)


_max.gradient(input=_gradient_at_index)


@operator(dtypes=ORDERED, outputs=("values", "indices"), differentiable=(0,), check=_require("min"), out="exact")
def _min(input: Tensor, dim: Dim, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """Smallest elements along one axis and their indices: ``min`` with `dim`."""
    return _value_at_position(argmin, input, dim, keepdim)


_min.gradient(input=_gradient_at_index)


def shared_with_nan(grad: Tensor, input: Tensor, out: Tensor) -> Tensor:
    """The gradient of one element picked from the whole input, divided evenly among the elements equal to it.

    A NaN result shares among the NaNs, as PyTorch's full reductions do.
    """
    chosen = (input == out).logical_or(input.isnan().logical_and(out.isnan())).to(grad.dtype)
    return grad * (chosen / chosen.sum())


@operator(dtypes=ORDERED, check=_require("max"), node_name="MaxBackward1")
def _max_all(input: Tensor) -> Tensor:
    """Largest element of the whole input: ``max`` without `dim`."""
    return input.amax()


_max_all.gradient(input=shared_with_nan)


@operator(dtypes=ORDERED, check=_require("min"), node_name="MinBackward1")
def _min_all(input: Tensor) -> Tensor:
    """Smallest element of the whole input: ``min`` without `dim`."""
    return input.amin()


_min_all.gradient(input=shared_with_nan)


def require_dim(name: str, keepdim: bool) -> None:
    """Raise TypeError where `keepdim` is asked for without an axis to keep."""
    if keepdim:
        raise TypeError(f"{name}(): keepdim=True needs a dim. Name the axis to reduce.")


@operator(method=True)
def max(
    input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Tensor:
    """Largest element of `input`; largest elements along `dim`; or the elementwise maximum of two tensors.

    ``max(input)`` returns a 0-d tensor, ``max(input, dim, keepdim)`` a named tuple ``(values, indices)``, and
    ``max(input, other)`` is `maximum`. NaN wins everywhere; equal elements: see the module.
    Raises: RuntimeError or IndexError where there is no element to choose.
    Source: https://pytorch.org/docs/stable/generated/torch.max.html
    """
    if isinstance(dim, Tensor) or other is not None:
        return input.maximum(dim if other is None else other)
    if dim is None:
        require_dim("max", keepdim)
        return _max_all(input)
    return _max(input, dim, keepdim)


@operator(method=True)
def min(
    input: Tensor, dim: int | Tensor | None = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Tensor:
    """Smallest element of `input`; smallest elements along `dim`; or the elementwise minimum of two tensors.

    ``min(input)`` returns a 0-d tensor, ``min(input, dim, keepdim)`` a named tuple ``(values, indices)``, and
    ``min(input, other)`` is `minimum`. NaN wins everywhere; equal elements: see the module.
    Raises: RuntimeError or IndexError where there is no element to choose.
    Source: https://pytorch.org/docs/stable/generated/torch.min.html
    """
    if isinstance(dim, Tensor) or other is not None:
        return input.minimum(dim if other is None else other)
    if dim is None:
        require_dim("min", keepdim)
        return _min_all(input)
    return _min(input, dim, keepdim)
