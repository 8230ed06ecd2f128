"""Fresh tensors: constants, ranges, triangles and grids.

`torch.tensor`, `from_numpy` and their relatives, which read foreign data, live in `torchere.creation`.
Everything here is made of seven primitive factories: `zeros`, `ones`, `empty`, `filled`, `counted`, `spaced`, `eye`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import DTypeError, ShapeError, UnsupportedDTypeError
from torchere.layouts import strided
from torchere.operators import Number, Shape, composite, primitive
from torchere.operators.arguments import shape_tuple
from torchere.promotion import default_complex_dtype, get_default_dtype, scalar_type_name

__all__ = [
    "arange",
    "counted",
    "empty",
    "empty_like",
    "empty_strided",
    "eye",
    "filled",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "new_empty",
    "new_empty_strided",
    "new_full",
    "new_ones",
    "new_zeros",
    "ones",
    "ones_like",
    "spaced",
    "zeros",
    "zeros_like",
]


def check_size(size: tuple[int, ...]) -> None:
    """RuntimeError for a negative size."""
    if size and min(size) < 0:
        raise ShapeError(f"Trying to create tensor with negative dimension {min(size)}: {list(size)}")


# --- primitives --------------------------------------------------------------------------------------------------


@primitive(factory=True, check=check_size)
def zeros(size: Shape) -> Tensor:
    """A tensor of zeros. ``zeros(2, 3)`` or ``zeros((2, 3))``; RuntimeError for negative sizes."""
    ...


@primitive(factory=True, check=check_size)
def ones(size: Shape) -> Tensor:
    """A tensor of ones. ``ones(2, 3)`` or ``ones((2, 3))``; RuntimeError for negative sizes."""
    ...


def check_empty(size: tuple[int, ...], memory_format: object) -> None:
    """RuntimeError for a negative size."""
    check_size(size)


@primitive(factory=True, check=check_empty)
def empty(size: Shape, *, memory_format: Any = None) -> Tensor:
    """A tensor of this size whose values are whatever the memory holds.

    `memory_format` asks for a layout such as ``torch.channels_last``; devices without strides ignore it.
    """
    ...


@primitive(name="full", factory=True, namespace=(), out=False)
def filled(size: Shape, value: Number) -> Tensor:
    """A tensor of one number (what `full` is made of). RuntimeError where the dtype cannot hold it."""
    ...


@primitive(factory=True, namespace=(), out=False)
def counted(start: Number, step: Number, count: int) -> Tensor:
    """The 1-d tensor ``start + step * i`` for ``i = 0 … count - 1``, rounded once."""
    ...


@primitive(name="linspace", factory=True, namespace=(), out=False)
def spaced(start: Number, end: Number, steps: int) -> Tensor:
    """`steps` evenly spaced numbers from `start` to `end`, both included."""
    ...


def check_eye(n: int, m: int | None) -> None:
    """RuntimeError for negative sizes."""
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise ShapeError(f"{name} must be greater or equal to 0, got {size}")


@primitive(factory=True, check=check_eye)
def eye(n: int, m: int | None = None) -> Tensor:
    """The `n` by `m` matrix with ones on the main diagonal (`m` defaults to `n`)."""
    ...


# --- numbers and keywords ----------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    """A 0-d tensor or NumPy scalar as a Python number."""
    return value.item() if hasattr(value, "item") else value


def dtype_of_number(value: Any) -> DType:
    """The dtype a tensor made from this Python number has."""
    if isinstance(value, bool):
        return torchere.bool
    if isinstance(value, int):
        return torchere.int64
    return default_complex_dtype() if isinstance(value, complex) else get_default_dtype()


def placed(result: Tensor, out: Tensor | None) -> Tensor:
    """`result`, or `out` after taking on its shape and values."""
    if out is None:
        return result
    if out.shape != result.shape:
        out.resize_(result.shape)
    return out.copy_(result)


def _size(name: str, size: Any) -> tuple[int, ...]:
    if isinstance(size, int) or not isinstance(size, Sequence):
        raise TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    sizes = shape_tuple(size, name)
    check_size(sizes)
    return sizes


# --- constants ---------------------------------------------------------------------------------------------------


@composite()
def full(
    size: Sequence[int],
    fill_value: Number,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of shape `size` whose elements are all `fill_value`; its kind of number decides the dtype."""
    value = _number(fill_value)
    if dtype is None:
        if out is not None:
            dtype = out.dtype
        else:
            dtype = fill_value.dtype if isinstance(fill_value, Tensor) else dtype_of_number(value)
    result = filled(_size("full", size), value, dtype=dtype, device=device, requires_grad=requires_grad)
    return placed(result, out)


def _like(
    input: Tensor,
    make: Any,
    dtype: DType | None,
    device: Any,
    requires_grad: bool,
    memory_format: Any,
    layout: Any = None,
) -> Tensor:
    """``make(shape)`` with the shape, dtype, layout, device and, where it is dense, the order of axes of `input`."""
    dtype = input.dtype if dtype is None else dtype
    device = input.device if device is None else device
    layout = input.layout if layout is None else layout
    if layout is not strided:
        return make(input.shape, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)  # type: ignore[no-any-return]
    if (memory_format is None and input.is_contiguous()) or input.layout is not strided:
        made = make(input.shape, dtype=dtype, device=device, requires_grad=requires_grad)
        return input._key.accompany(made)  # type: ignore[no-any-return]
    name = str(memory_format).rpartition(".")[2]
    shape = input.shape
    order = tuple(range(len(shape)))
    if name.startswith("channels_last"):
        rank = 5 if name.endswith("3d") else 4
        if len(shape) != rank:
            raise ShapeError(f"required rank {rank} tensor to use {name} format, got shape {list(shape)}")
        order = (0, *order[2:], 1)
    elif name != "contiguous_format" and not input.is_contiguous():
        order = _dense_order(shape, input.stride()) or order
    if order == tuple(sorted(order)):
        made = make(shape, dtype=dtype, device=device, requires_grad=requires_grad)
        return input._key.accompany(made)  # type: ignore[no-any-return]
    result = make([shape[dim] for dim in order], dtype=dtype, device=device)
    result = input._key.accompany(result.permute([order.index(dim) for dim in range(len(shape))]).detach())
    return result.requires_grad_() if requires_grad else result


def _dense_order(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, ...] | None:
    """The axes from the slowest to the fastest if the elements fill their memory without gaps, else None."""
    order = sorted(range(len(shape)), key=lambda dim: (-strides[dim], dim))
    expected = 1
    for dim in reversed(order):
        if shape[dim] != 1 and strides[dim] != expected:
            return None
        expected *= shape[dim]
    return tuple(order)


@composite()
def zeros_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    return _like(input, zeros, dtype, device, requires_grad, memory_format, layout)


@composite()
def ones_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    return _like(input, ones, dtype, device, requires_grad, memory_format, layout)


@composite()
def empty_like(
    input: Tensor,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """An uninitialised tensor with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    return _like(input, empty, dtype, device, requires_grad, memory_format, layout)


@composite()
def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`fill_value` everywhere, with the shape, dtype and device of `input`, unless the keywords say otherwise."""
    value = _number(fill_value)

    def make(size: Sequence[int], **keywords: Any) -> Tensor:
        return filled(size, value, **keywords)

    return _like(input, make, dtype, device, requires_grad, memory_format, layout)


def _sizes(size: tuple[Any, ...], name: str, keyword: Any) -> tuple[int, ...]:
    sizes = shape_tuple(size if keyword is None else (keyword,), name)
    check_size(sizes)
    return sizes


@composite(method="only")
def new_zeros(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Zeros of a given size, by default of the dtype and on the device of `input`."""
    made = zeros(
        _sizes(args, "new_zeros", size),
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )
    return input._key.accompany(made)  # type: ignore[no-any-return]


@composite(method="only")
def new_ones(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Ones of a given size, by default of the dtype and on the device of `input`."""
    made = ones(
        _sizes(args, "new_ones", size),
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )
    return input._key.accompany(made)  # type: ignore[no-any-return]


@composite(method="only")
def new_empty(
    input: Tensor,
    *args: Any,
    size: Any = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """An uninitialised tensor of a given size, by default of the dtype and on the device of `input`."""
    made = empty(
        _sizes(args, "new_empty", size),
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )
    return input._key.accompany(made)  # type: ignore[no-any-return]


@composite(method="only")
def new_full(
    input: Tensor,
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`fill_value` in a given size, by default of the dtype (not that of the value) and on the device of `input`."""
    made = filled(
        _size("new_full", size),
        _number(fill_value),
        dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device,
        requires_grad=requires_grad,
    )
    return input._key.accompany(made)  # type: ignore[no-any-return]


@composite()
def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """An uninitialised tensor with these strides (counted in elements).

    RuntimeError if `size` and `stride` differ in length or a stride is negative.
    """
    sizes, strides = shape_tuple(size, "empty_strided"), shape_tuple(stride, "empty_strided")
    if len(sizes) != len(strides):
        raise ShapeError(
            f"dimensionality of sizes ({len(sizes)}) must match dimensionality of strides ({len(strides)})"
        )
    check_size(sizes)
    if any(step < 0 for step in strides):
        raise ShapeError(
            f"Storage size calculation overflowed with sizes={list(sizes)} and strides={list(strides)}: "
            "strides must not be negative"
        )
    needed = 0 if 0 in sizes else 1 + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    result = empty((needed,), dtype=dtype, device=device).as_strided(sizes, strides).detach()
    return result.requires_grad_() if requires_grad else result


@composite(method="only")
def new_empty_strided(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`empty_strided`, by default of the dtype and on the device of `input`."""
    dtype = input.dtype if dtype is None else dtype
    device = input.device if device is None else device
    return empty_strided(size, stride, dtype=dtype, device=device, requires_grad=requires_grad)


# --- ranges ------------------------------------------------------------------------------------------------------


def _range_dtype(numbers: Sequence[Any], dtype: DType | None, out: Tensor | None) -> DType:
    if dtype is None:
        if out is not None:
            return out.dtype
        return torchere.int64 if all(isinstance(number, int) for number in numbers) else get_default_dtype()
    if dtype is torchere.bool or dtype.is_complex:
        raise UnsupportedDTypeError(f"\"arange_cpu\" not implemented for '{scalar_type_name(dtype)}'")
    return dtype


def _check_range(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise ShapeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ShapeError(f"unsupported range: {start} -> {end}")
    if (end - start) * (1 if step > 0 else -1) < 0:
        raise ShapeError("upper bound and lower bound inconsistent with step sign")


@composite()
def arange(
    *bounds: Number,
    start: Number = 0,
    end: Number | None = None,
    step: Number = 1,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """``arange(end)``, ``arange(start, end, step=1)``: numbers from `start`, in steps, below (or above) `end`.

    int64 if all bounds are integers, else the default dtype. RuntimeError for a zero step, a step of the wrong sign
    and bounds that are not finite.
    """
    if len(bounds) > 3:
        raise TypeError(f"arange() takes at most 3 positional arguments ({len(bounds)} given)")
    if len(bounds) == 1:
        if end is None:
            end = bounds[0]
        else:
            start = bounds[0]
    elif bounds:
        start, end, step = (*bounds, step)[:3]
    if end is None:
        raise TypeError("arange() missing its end: arange(end) or arange(start, end, step)")
    start, end, step = _number(start), _number(end), _number(step)
    dtype = _range_dtype((start, end, step), dtype, out)
    _check_range(start, end, step)
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        count = -((start - end) // step)
    elif dtype.is_floating_point:
        count = math.ceil((end - start) / step)
    else:
        # PyTorch converts the bounds to the dtype before it counts.
        start, end, step = int(start), int(end), int(step)
        _check_range(start, end, step)
        count = -((start - end) // step)
    result = counted(start, step, max(count, 0), dtype=dtype, device=device, requires_grad=requires_grad)
    return placed(result, out)


@composite()
def linspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` evenly spaced numbers from `start` to `end`, both included; integers are truncated.

    `start` and `end` may be 0-d tensors. RuntimeError for a negative number of steps.
    """
    for name, bound in (("start", start), ("end", end)):
        if isinstance(bound, Tensor) and bound.ndim:
            raise ShapeError(
                f"linspace only supports 0-dimensional start and end tensors, but got {name} with {bound.ndim} "
                "dimension(s)."
            )
    start, end = _number(start), _number(end)
    if steps < 0:
        raise ShapeError("number of steps must be non-negative")
    is_complex = isinstance(start, complex) or isinstance(end, complex)
    if dtype is None:
        if out is not None:
            dtype = out.dtype
        else:
            dtype = default_complex_dtype() if is_complex else get_default_dtype()
    if dtype is torchere.bool:
        raise UnsupportedDTypeError("\"linspace_cpu\" not implemented for 'Bool'")
    if is_complex and not dtype.is_complex:
        raise DTypeError(
            f"torch.linspace(): inferred dtype {default_complex_dtype()} can't be safely cast to passed dtype {dtype}"
        )
    return placed(spaced(start, end, steps, dtype=dtype, device=device, requires_grad=requires_grad), out)


@composite()
def logspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """``base ** linspace(start, end, steps)``."""
    if dtype is None:
        dtype = get_default_dtype() if out is None else out.dtype
    wide = dtype if dtype.is_floating_point or dtype.is_complex else torchere.float32
    exponents = linspace(start, end, steps, dtype=wide, device=device)
    result = (base**exponents).to(dtype)
    return placed(result.requires_grad_() if requires_grad else result, out)
