"""Scattering: writing elements to places that an index names, by replacing or reducing."""

from __future__ import annotations

import warnings
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.operators import Dim, Number, composite, operator, primitive
from torchere.promotion import scalar_type_name

from .creation import filled
from .indexing import addresses, check_along
from .shape import index_view, index_view_backward

__all__ = ["scatter", "scatter_", "scatter_add", "scatter_reduce", "scatter_src", "scatter_value"]


def _check_scatter(name: str) -> Any:
    def check(input: Tensor, dim: int, index: Tensor, src: Tensor, *_: Any, **__: Any) -> None:
        if src.dtype is not input.dtype:
            raise DTypeError(
                f"{name}(): Expected self.dtype to be equal to src.dtype, got {scalar_type_name(input.dtype)} and "
                f"{scalar_type_name(src.dtype)}. Convert first, e.g. src.to({input.dtype})."
            )
        check_along(name, input, dim, index, src)

    return check


def _corner(src: Tensor, index: Tensor) -> Tensor:
    """The part of `src` a scatter with this index reads."""
    if src.shape == index.shape:
        return src
    if index.numel() == 0:
        return src.reshape(-1)[:0].reshape(index.shape)
    if src.ndim != index.ndim:
        return src.reshape(index.shape)
    return index_view(src, tuple(slice(size) for size in index.shape))


@operator(namespace=(), out=False, inplace=True, check=_check_scatter("scatter"))
def scatter_src(input: Tensor, dim: Dim, index: Tensor, src: Tensor) -> Tensor:
    """`scatter` of a tensor: ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``."""
    flat = addresses(tuple(input.shape), dim, index)
    return input.put(flat.reshape(-1), _corner(src, index).reshape(-1))


def _gathered(grad: Tensor, dim: int, index: Tensor, src_shape: tuple[int, ...]) -> Tensor:
    """Gradient of a scatter's source: what it wrote, and zero beyond the index."""
    return _padded(grad.gather(dim, index), src_shape)


def _padded(part: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`part` in the leading corner of zeros of this shape."""
    if part.shape == shape:
        return part
    if part.ndim != len(shape):
        return part.reshape(shape)
    return index_view_backward(part, shape, tuple(slice(size) for size in part.shape))


scatter_src.gradient(
    input=lambda grad, dim, index: scatter_value(grad, dim, index, 0),
    src=lambda grad, dim, index, src_shape: _gathered(grad, dim, index, src_shape),
)


def _check_scatter_value(input: Tensor, dim: int, index: Tensor, value: Number) -> None:
    check_along("scatter", input, dim, index)


@operator(namespace=(), out=False, inplace=True, check=_check_scatter_value)
def scatter_value(input: Tensor, dim: Dim, index: Tensor, value: Number) -> Tensor:
    """`scatter` of a number."""
    flat = addresses(tuple(input.shape), dim, index).reshape(-1)
    constant = filled((1,), value, dtype=input.dtype, device=input.device)
    return input.put(flat, constant.expand(flat.shape))


scatter_value.gradient(input=lambda grad, dim, index: scatter_value(grad, dim, index, 0))


@operator(method=True, inplace=True, check=_check_scatter("scatter_add"))
def scatter_add(input: Tensor, dim: Dim, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] += src[i][j]`` for ``dim=0``, and so on; repeated indices add up.

    `index` and `src` as for `scatter`.
    """
    flat = addresses(tuple(input.shape), dim, index)
    return input.put(flat.reshape(-1), _corner(src, index).reshape(-1), True)


scatter_add.gradient(
    input=lambda grad: grad,
    src=lambda grad, dim, index, src_shape: _gathered(grad, dim, index, src_shape),
)


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _check_scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> None:
    if reduce not in _REDUCTIONS:
        raise ShapeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if input.dtype.is_complex and reduce in ("amax", "amin"):
        raise UnsupportedDTypeError(
            f"\"scatter_reduce {reduce}\" not implemented for '{scalar_type_name(input.dtype)}'."
        )
    if reduce == "mean" and input.dtype is torchere.bool:
        raise UnsupportedDTypeError("\"scatter_reduce mean\" not implemented for 'Bool'. Convert first: input.float().")
    _check_scatter("scatter")(input, dim, index, src)


@primitive(method=True, inplace=True, check=_check_scatter_reduce)
def scatter_reduce(
    input: Tensor, dim: Dim, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy of `input` whose elements are combined with all of `src` that `index` sends there.

    `reduce` is ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``; with ``include_self=False`` the old value
    of an element that receives something is left out. Integer means round down. Ties of amax and amin share the
    gradient evenly.
    """
    ...


@scatter_reduce.gradients
def _scatter_reduce_gradients(
    grad: Tensor,
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    include_self: bool,
    out: Tensor,
    needs: tuple[bool, ...],
) -> tuple[Tensor | None, None, Tensor | None]:
    to_self, to_src = None, None
    if index.numel() == 0:
        return grad, None, grad.new_zeros(src.shape)
    values = _corner(src, index)
    if reduce == "sum":
        to_self, to_src = grad, grad.gather(dim, index)
    elif reduce == "mean":
        ones = torchere.ones_like(input) if include_self else torchere.zeros_like(input)
        counts = ones.scatter_add(dim, index, torchere.ones_like(values))
        shared = grad / counts.masked_fill(counts == 0, 1)
        to_self, to_src = shared, shared.gather(dim, index)
    elif reduce == "prod":
        to_self, to_src = _product_gradients(grad, input, dim, index, values, include_self, out)
    else:
        at_self = (input == out).to(grad.dtype)
        at_src = (values == out.gather(dim, index)).to(grad.dtype)
        shared = grad / at_self.scatter_add(dim, index, at_src)
        to_self, to_src = at_self * shared, at_src * shared.gather(dim, index)
    if not include_self and needs[0]:
        to_self = scatter_value(to_self, dim, index, 0)
    if needs[2] and src.shape != index.shape:
        to_src = _padded(to_src, tuple(src.shape))
    return to_self, None, to_src


def _product_gradients(
    grad: Tensor, input: Tensor, dim: int, index: Tensor, values: Tensor, include_self: bool, out: Tensor
) -> tuple[Tensor, Tensor]:
    """Products without the own factor: divided out, except where that factor is a single zero."""
    zero_self = input == 0
    safe_self = input.masked_fill(zero_self, 1)
    without_zero = safe_self.scatter_reduce(dim, index, values, "prod", include_self=include_self)
    to_self = grad * without_zero / safe_self
    zero_src = values == 0
    counts = torchere.zeros_like(input).scatter_add(dim, index, zero_src.to(input.dtype)).gather(dim, index)
    single = zero_src & (counts == 1)
    others = input.scatter_reduce(dim, index, values.masked_fill(single, 1), "prod", include_self=include_self)
    to_src = torchere.where(
        single,
        (grad * others).gather(dim, index),
        (grad * out).gather(dim, index) / values.masked_fill(zero_src, 1),
    )
    return to_self, to_src


# In-place twins of the hidden operators, for the composites that choose between them.
scatter_src_in_place = scatter_src
scatter_value_in_place = scatter_value


def _scattered(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any, reduce: str | None, in_place: bool
) -> Tensor:
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter() missing its source: scatter(input, dim, index, src) or value=number")
    is_tensor = isinstance(given, Tensor)
    if reduce is None:
        if is_tensor:
            if in_place:
                return scatter_src_in_place.generated("inplace")(input, dim, index, given)
            return scatter_src(input, dim, index, given)
        if in_place:
            return scatter_value_in_place.generated("inplace")(input, dim, index, given)
        return scatter_value(input, dim, index, given)
    if reduce not in ("add", "multiply"):
        raise ShapeError(f"reduce argument must be either add or multiply, got {reduce}.")
    if is_tensor:
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated. Use torch.scatter_reduce instead for "
            "more reduction options.",
            UserWarning,
            stacklevel=3,
        )
    else:
        given = filled((1,) * index.ndim, given, dtype=input.dtype, device=input.device).expand(index.shape)
    name = "sum" if reduce == "add" else "prod"
    if in_place:
        return input.scatter_reduce_(dim, index, given, name)
    return scatter_reduce(input, dim, index, given, name)


@composite(method=True)
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with ``out[index[i][j]][j] = src[i][j]`` for ``dim=0``, and so on. The inverse of `gather`.

    `src` is a tensor of the same dtype, at least as large as `index`, or a number; `index` has the rank of `input` and
    is no larger beside `dim`. ``reduce="add"`` or ``"multiply"`` combine instead. Which of several elements sent to
    one place stays is the last one's. RuntimeError for indices out of range.
    """
    result = _scattered(input, dim, index, src, value, reduce, False)
    return result if out is None else out.resize_(result.shape).copy_(result)


@composite(method="only")
def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """`scatter` in place."""
    return _scattered(input, dim, index, src, value, reduce, True)
