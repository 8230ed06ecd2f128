"""Boolean masks: filling, selecting and scattering where they are true, and finding their true elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import Number, composite, operator, primitive
from torchere.promotion import scalar_type_name

from .broadcast_shape import broadcast_shape, reduced
from .creation import filled
from .indexing import _fill_value
from .shape import expand

__all__ = [
    "argwhere",
    "isin",
    "masked_fill",
    "masked_fill_",
    "masked_scatter",
    "masked_select",
    "nonzero",
]


def _check_mask(name: str, mask: Tensor) -> None:
    if mask.dtype is not torchere.bool:
        raise DTypeError(
            f"{name} only supports boolean masks, but got mask with dtype {mask.dtype.name}. Use mask.bool()."
        )


# --- filling -----------------------------------------------------------------------------------------------------


def _check_masked_fill(input: Tensor, mask: Tensor, value: Number) -> None:
    _check_mask("masked_fill_", mask)
    if mask.shape != input.shape:
        broadcast_shape(tuple(input.shape), tuple(mask.shape))


@operator(namespace=(), out=False, inplace=True, check=_check_masked_fill)
def masked_fill_value(input: Tensor, mask: Tensor, value: Number) -> Tensor:
    """`masked_fill` with a number."""
    return torchere.where(mask, filled((), value, dtype=input.dtype, device=input.device), input)


masked_fill_value.gradient(input=lambda grad, input_shape, mask: reduced(masked_fill_value(grad, mask, 0), input_shape))
masked_fill_value_in_place = masked_fill_value


@composite(method=True)
def masked_fill(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`value` (a number or 0-d tensor) where `mask` is true, `input` elsewhere; both broadcast, the dtype is `input`'s.

    RuntimeError for masks that are not bool and values the dtype cannot hold.
    """
    value = _fill_value(value, "masked_fill_")
    if isinstance(value, Tensor):
        _check_masked_fill(input, mask, 0)
        return torchere.where(mask, value.to(input.dtype), input)
    return masked_fill_value(input, mask, value)


@composite(method="only")
def masked_fill_(input: Tensor, mask: Tensor, value: Number | Tensor) -> Tensor:
    """`masked_fill` in place; the mask must broadcast to the shape of `input`."""
    value = _fill_value(value, "masked_fill_")
    if mask.shape != input.shape:
        _check_fits(input, mask)
    if isinstance(value, Tensor):
        _check_mask("masked_fill_", mask)
        return input.copy_(torchere.where(mask, value.to(input.dtype), input))
    return masked_fill_value_in_place.generated("inplace")(input, mask, value)


def _check_fits(input: Tensor, mask: Tensor) -> None:
    shape = broadcast_shape(tuple(input.shape), tuple(mask.shape))
    if shape != tuple(input.shape):
        raise ShapeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}: an in-place "
            "operator cannot grow its tensor"
        )


# --- selecting ---------------------------------------------------------------------------------------------------


def _check_masked_select(input: Tensor, mask: Tensor) -> None:
    if mask.dtype is not torchere.bool:
        raise DTypeError(
            f"masked_select: expected BoolTensor for mask, got {scalar_type_name(mask.dtype)}. Use mask.bool()."
        )
    if mask.shape != input.shape:
        broadcast_shape(tuple(input.shape), tuple(mask.shape))


@operator(method=True, check=_check_masked_select)
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` is true, as a 1-d tensor in row-major order; both operands broadcast."""
    shape = broadcast_shape(tuple(input.shape), tuple(mask.shape))
    places = expand(mask, shape).reshape(-1).nonzero().reshape(-1)
    return expand(input, shape).reshape(-1).index_select(0, places)


def _masked_select_backward(grad: Tensor, shape: tuple[int, ...], mask: Tensor) -> Tensor:
    whole = broadcast_shape(shape, tuple(mask.shape))
    return reduced(grad.new_zeros(whole).masked_scatter(mask, grad), shape)


masked_select.gradient(input=lambda grad, input_shape, mask: _masked_select_backward(grad, tuple(input_shape), mask))


def _check_masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> None:
    if input.dtype is not source.dtype:
        raise DTypeError(
            f"masked_scatter: expected self and source to have same dtypes but got {scalar_type_name(input.dtype)} and "
            f"{scalar_type_name(source.dtype)}. Convert first, e.g. source.to({input.dtype})."
        )
    _check_mask("masked_scatter_", mask)


@operator(method=True, inplace=True, check=_check_masked_scatter)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`input` with the elements where `mask` is true replaced by those of `source`, taken in order.

    RuntimeError if `source` has fewer elements than the mask true ones.
    """
    shape = broadcast_shape(tuple(input.shape), tuple(mask.shape))
    places = expand(mask, shape).reshape(-1).nonzero().reshape(-1)
    count = places.shape[0]
    if count > source.numel():
        raise ShapeError(
            f"masked_scatter: Number of elements of source < number of ones in mask ({source.numel()} < {count})"
        )
    return expand(input, shape).put(places, source.reshape(-1)[:count])


def _masked_source(grad: Tensor, mask: Tensor, shape: Sequence[int]) -> Tensor:
    """Gradient of the source: what the mask took, and zeros for what was left over."""
    taken = grad.masked_select(mask)
    rest = 1
    for size in shape:
        rest *= size
    rest -= taken.shape[0]
    return (torchere.cat([taken, grad.new_zeros((rest,))]) if rest else taken).reshape(shape)


masked_scatter.gradient(
    input=lambda grad, input_shape, mask: reduced(grad.masked_fill(mask, 0), input_shape),
    source=lambda grad, mask, source_shape: _masked_source(grad, mask, source_shape),
)


# --- finding -----------------------------------------------------------------------------------------------------


@primitive(method=True, result="int64", neutral={"as_tuple": False})
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Tensor:
    """The indices of the elements that are not zero, a row each in row-major order: shape ``(count, ndim)``.

    With ``as_tuple=True`` a tuple of one 1-d tensor for each dimension, as indexing takes it (a 0-d tensor counts as
    1-d then).
    """
    if input.ndim == 0:
        input = input.reshape(1)
    return input.nonzero().unbind(1)


@composite(method=True)
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1, out: Tensor | None = None) -> Tensor:
    """The first `size` rows of `nonzero`, followed by rows of `fill_value` where there are fewer.

    RuntimeError for a negative size.
    """
    if size < 0:
        raise ShapeError("nonzero_static: 'size' must be an non-negative integer")
    found = input.nonzero()[:size]
    rest = found.new_full((size - found.shape[0], found.shape[1]), fill_value)
    made = torchere.cat((found, rest))
    return made if out is None else out.resize_(made.shape).copy_(made)


@composite(method=True)
def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, a row each (`nonzero`)."""
    return input.nonzero()


@operator(name="isin", namespace=(), result="bool", promote="same", out=False)
def is_in(elements: Tensor, test_elements: Tensor, assume_unique: bool, invert: bool) -> Tensor:
    """`isin` of two tensors."""
    found = (elements.unsqueeze(-1) == test_elements.reshape(-1)).any(-1)
    return ~found if invert else found


@composite()
def isin(
    elements: Tensor | Number | None = None,
    test_elements: Tensor | Number | None = None,
    *,
    element: Number | None = None,
    test_element: Number | None = None,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Whether each element is among `test_elements` (with `invert`: is not). One of the operands may be a number.

    `assume_unique` promises that neither has repeated elements, which may be faster.
    """
    left: Any = element if elements is None else elements
    right: Any = test_element if test_elements is None else test_elements
    if not isinstance(left, Tensor) and not isinstance(right, Tensor):
        raise TypeError("isin() expects a tensor as elements or test_elements")
    if left is None or right is None:
        missing = "elements" if left is None else "test_elements"
        raise TypeError(f"isin() missing argument '{missing}': a tensor or a number")
    device = left.device if isinstance(left, Tensor) else right.device
    left, right = (side if isinstance(side, Tensor) else torchere.tensor(side, device=device) for side in (left, right))
    for side in (left, right):
        if side.dtype is torchere.bool or side.dtype.is_complex:
            raise DTypeError(f"Unsupported input type encountered for isin(): {scalar_type_name(side.dtype)}")
    result = is_in(left, right, assume_unique, invert)
    return result if out is None else out.resize_(result.shape).copy_(result)
