"""Max and average pooling over sliding windows in one, two and three dimensions.

Max pooling remembers the winner of each window as its number within the window (one byte as a rule), from which both
the gradient and PyTorch's flat indices follow. Average pooling is a sum over windows divided by a count.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING, REAL
from torchere.errors import ShapeError
from torchere.operators import composite, operator

from .operand_kinds import require_dtypes
from .padding import constant_pad_nd
from .sliding_windows import accumulate_windows, extract_windows

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_pool_gradient",
    "pool_sizes",
    "window_spread",
    "window_sum",
]

Sizes = tuple[int, ...]
IntOrInts = int | tuple[int, ...]

_WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


def pool_sizes(
    operator_name: str, name: str, value: IntOrInts | None, rank: int, default: Sizes | None = None
) -> Sizes:
    """`value` as `rank` ints; None or an empty sequence stand for `default`."""
    if value is None or (isinstance(value, tuple | list) and not value):
        if default is None:
            raise ShapeError(f"{operator_name}: {name} must either be a single int, or a tuple of {_WORDS[rank]}")
        return default
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
    for size in sizes:
        if not hasattr(size, "__index__"):
            raise TypeError(
                f"{operator_name}(): argument '{name}' must be int or tuple of ints, not {type(size).__name__}"
            )
    if len(sizes) == 1:
        return (int(sizes[0]),) * rank
    if len(sizes) != rank:
        omitted = "be omitted, a single int," if default is not None and name == "stride" else "be a single int,"
        raise ShapeError(
            f"{operator_name}: {name} must either {omitted} or a tuple of {_WORDS[rank]}, but got {list(sizes)}"
        )
    return tuple(map(int, sizes))


def _settings(
    operator_name: str,
    input: Tensor,
    rank: int,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    dilation: IntOrInts,
    ceil_mode: bool,
) -> tuple[Sizes, Sizes, Sizes, Sizes, Sizes]:
    """Kernel, stride, padding, dilation and the number of windows along each dimension; raises what PyTorch raises."""
    given = (kernel_size, stride, padding, dilation)
    if list in map(type, given):
        given = tuple(tuple(value) if isinstance(value, list) else value for value in given)
    return _settings_of_shape(operator_name, input.shape, rank, *given, ceil_mode)


@lru_cache(maxsize=512)
def _settings_of_shape(
    operator_name: str,
    shape: Sizes,
    rank: int,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    dilation: IntOrInts,
    ceil_mode: bool,
) -> tuple[Sizes, Sizes, Sizes, Sizes, Sizes]:
    """The same from a shape alone; networks repeat a few shapes over and over."""
    kernel = pool_sizes(operator_name, "kernel_size", kernel_size, rank)
    step = pool_sizes(operator_name, "stride", stride, rank, kernel)
    border = pool_sizes(operator_name, "padding", padding, rank)
    spread = pool_sizes(operator_name, "dilation", dilation, rank)
    if len(shape) not in (rank + 1, rank + 2) or 0 in shape[-rank - 1 :]:
        raise ShapeError(
            f"{operator_name}: Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with optional 0 dim batch size "
            f"for input, but got:{list(shape)}"
        )
    if min(kernel) <= 0:
        raise ShapeError(f"{operator_name}() kernel_size must be greater than zero, but got {_plain(kernel)}")
    if min(step) <= 0:
        # PyTorch words this in two ways: "stride should not be zero" in 2-d and 3-d, as below in 1-d.
        raise ShapeError(
            f"{operator_name}() stride must be greater than zero (stride should not be zero), but got {_plain(step)}"
        )
    if min(spread) <= 0:
        raise ShapeError(f"{operator_name}(): dilation should be greater than zero, but got {_plain(spread)}")
    if min(border) < 0:
        raise ShapeError(f"{operator_name}(): pad must be non-negative, but got pad: {min(border)}")
    for k, p, d in zip(kernel, border, spread, strict=True):
        if p > (d * (k - 1) + 1) // 2:
            raise ShapeError(
                f"{operator_name}(): pad should be at most half of effective kernel size, but got pad={p}, "
                f"kernel_size={k} and dilation={d}. Use pad() for wider borders."
            )
    sizes = shape[-rank:]
    counts = tuple(map(_count, sizes, kernel, step, border, spread, (ceil_mode,) * rank))
    if min(counts) < 1:
        raise ShapeError(
            f"Given input size: ({_by(shape[-rank - 1 :])}). Calculated output size: "
            f"({_by((shape[-rank - 1], *counts))}). Output size is too small in {operator_name}(). Use a smaller "
            "kernel or pad the input."
        )
    return kernel, step, border, spread, counts


def _plain(sizes: Sizes) -> int | Sizes:
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _by(sizes: Sizes) -> str:
    return "x".join(map(str, sizes))


def _count(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    # A last window must not begin beyond the input and its left border.
    return count - 1 if (count - 1) * stride >= size + padding else count


def _borders(sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Sizes:
    """(before, after) pairs, last dimension first, that make room for exactly `counts` windows."""
    pairs: list[int] = []
    for size, k, s, p, d, n in zip(sizes, kernel, stride, padding, dilation, counts, strict=True):
        pairs[:0] = (p, (n - 1) * s + d * (k - 1) + 1 - size - p)
    return tuple(pairs)


# ------------------------------------------------------------------------------------------------------ max pooling


def _code_dtype(size: int) -> torchere.dtype:
    """The smallest dtype that numbers the places of a window of `size`."""
    return torchere.uint8 if size <= 256 else torchere.int32


@operator(namespace=(), outputs=("values", "winners"), differentiable=(0,), dtypes=REAL)
def max_pool(
    input: Tensor, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes
) -> tuple[Tensor, Tensor]:
    """The maximum of each window of the last dimensions, and the winner's number in row-major order of the window.

    The first of equal elements wins; NaN wins over all, the last one of several. The border never wins.
    Shape: ``(*lead, *size)`` to ``(*lead, *counts)`` twice. `winners` has dtype uint8, int32 above 256 places.
    """
    rank = len(kernel_size)
    borders = _borders(tuple(input.shape[-rank:]), kernel_size, stride, padding, dilation, counts)
    x = constant_pad_nd(input, borders, _lowest(input)) if any(borders) else input
    places = _window_places(extract_windows(x, kernel_size, stride, dilation), rank)
    winners = places.argmax(-1)
    if input.dtype.is_floating_point:
        # argmax stops at the first NaN, the winner is the last.
        last = places.shape[-1] - 1 - places.isnan().flip(-1).to(torchere.uint8).argmax(-1)
        winners = torchere.where(places.isnan().any(-1), last, winners)
    if any(padding):
        # Where nothing exceeds the border's value (all -inf), the first place inside the input is the winner.
        first = _first_inside(input, kernel_size, stride, padding, dilation, counts)
        winners = torchere.where(winners < first, first, winners)
    values = places.gather(-1, winners.unsqueeze(-1)).squeeze(-1)
    return values, winners.to(_code_dtype(prod(kernel_size)))


def _first_inside(x: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Tensor:
    """For each window the number of its first place that is not on the border."""
    first = torchere.zeros((), dtype=torchere.int64, device=x.device)
    for axis, (s, p, d, n) in enumerate(zip(stride, padding, dilation, counts, strict=True)):
        outside = [-(-max(p - position * s, 0) // d) * prod(kernel[axis + 1 :]) for position in range(n)]
        first = first.unsqueeze(-1) + torchere.tensor(outside, dtype=torchere.int64, device=x.device)
    return first


def _lowest(x: Tensor) -> float | int:
    return -float("inf") if x.dtype.is_floating_point else torchere.iinfo(x.dtype).min


def _window_places(windows: Tensor, rank: int) -> Tensor:
    """``(*lead, *kernel, *counts)`` to ``(*lead, *counts, places)``."""
    lead = windows.ndim - 2 * rank
    order = (*range(lead), *range(lead + rank, windows.ndim), *range(lead, lead + rank))
    places = windows.permute(*order)
    return places.reshape(*places.shape[: lead + rank], prod(places.shape[lead + rank :]))


def _inner_sizes(shape: Sizes, rank: int) -> Sizes:
    return tuple(shape[len(shape) - rank :])


max_pool.gradient(
    input=lambda grad, winners, input_shape, kernel_size, stride, padding, dilation: max_pool_gradient(
        grad, winners, _inner_sizes(input_shape, len(kernel_size)), kernel_size, stride, padding, dilation
    )
)


@operator(namespace=(), same_dtype=False)
def max_pool_gradient(
    values: Tensor, winners: Tensor, sizes: Sizes, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Tensor:
    """Each value added to the place its window's winner came from; zero elsewhere.

    Shape: `values` and `winners` ``(*lead, *counts)`` to ``(*lead, *sizes)``.
    """
    rank, size = len(kernel_size), prod(kernel_size)
    lead = values.ndim - rank
    numbers = torchere.arange(size, device=values.device).reshape(*kernel_size, *(1,) * rank)
    shape = (*values.shape[:lead], *(1,) * rank, *values.shape[lead:])
    chosen = winners.to(torchere.int64).reshape(shape) == numbers
    windows = torchere.where(chosen, values.reshape(shape), torchere.zeros_like(values).reshape(shape))
    counts = tuple(values.shape[lead:])
    borders = _borders(sizes, kernel_size, stride, padding, dilation, counts)
    whole = tuple(
        (n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(counts, kernel_size, stride, dilation, strict=True)
    )
    image = accumulate_windows(windows, whole, stride, dilation)
    return constant_pad_nd(image, tuple(-border for border in borders), 0) if any(borders) else image


def _winners_of(
    grad: Tensor, winners: Tensor, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Tensor:
    """The elements of `grad` at the winners' places: the adjoint of `max_pool_gradient`."""
    rank = len(kernel_size)
    counts = tuple(winners.shape[winners.ndim - rank :])
    borders = _borders(tuple(grad.shape[-rank:]), kernel_size, stride, padding, dilation, counts)
    x = constant_pad_nd(grad, borders, 0) if any(borders) else grad
    places = _window_places(extract_windows(x, kernel_size, stride, dilation), rank)
    return places.gather(-1, winners.to(torchere.int64).unsqueeze(-1)).squeeze(-1)


max_pool_gradient.gradient(
    values=lambda grad, winners, kernel_size, stride, padding, dilation: _winners_of(
        grad, winners, kernel_size, stride, padding, dilation
    )
)


def _flat_indices(
    winners: Tensor, sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Tensor:
    """Winners as positions in the flattened spatial dimensions of the input."""
    rank = len(kernel)
    steps = [prod(sizes[axis + 1 :]) for axis in range(rank)]
    offsets = [
        sum(o * d * step for o, d, step in zip(place, dilation, steps, strict=True))
        for place in product(*map(range, kernel))
    ]
    table = torchere.tensor(offsets, dtype=torchere.int64, device=winners.device)
    indices = table.index_select(0, winners.reshape(-1).to(torchere.int64)).reshape(winners.shape)
    for axis in range(rank):
        count = winners.shape[winners.ndim - rank + axis]
        first = (
            torchere.arange(count, device=winners.device) * (stride[axis] * steps[axis]) - padding[axis] * steps[axis]
        )
        indices = indices + first.reshape(-1, *(1,) * (rank - 1 - axis))
    return indices


def _max_pool(
    operator_name: str,
    rank: int,
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    dilation: IntOrInts,
    ceil_mode: bool,
    return_indices: bool,
) -> Tensor | tuple[Tensor, Tensor]:
    if rank == 1 and not return_indices:
        require_dtypes(operator_name, input, FLOATING)
    *settings, counts = _settings(operator_name, input, rank, kernel_size, stride, padding, dilation, ceil_mode)
    if not return_indices and not (input.requires_grad and torchere.is_grad_enabled()):
        return max_pool_values(input, *settings, counts)
    values, winners = max_pool(input, *settings, counts)
    if not return_indices:
        return values
    return values, _flat_indices(winners, tuple(input.shape[-rank:]), *settings)


@operator(namespace=(), dtypes=REAL)
def max_pool_values(
    input: Tensor, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes
) -> Tensor:
    """The values of `max_pool` alone, for calls that need neither winners nor gradients."""
    return max_pool(input, kernel_size, stride, padding, dilation, counts)[0]


@composite(namespace=("", "nn.functional"))
def max_pool1d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Maximum over sliding windows of signals ``(n, c, length)`` or ``(c, length)``.

    A border of `padding` never wins, NaN always does, and of equal elements the first; `ceil_mode` keeps a last window
    that sticks out. With `return_indices` also where in the signal each maximum was (int64).
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(namespace=("", "nn.functional"))
def max_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Maximum over sliding windows of images ``(n, c, h, w)`` or ``(c, h, w)``.

    A border of `padding` never wins, NaN always does, and of equal elements the first; `ceil_mode` keeps a last window
    that sticks out. With `return_indices` also where in the flattened image each maximum was (int64).
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(namespace=("", "nn.functional"))
def max_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Maximum over sliding windows of volumes ``(n, c, d, h, w)`` or ``(c, d, h, w)``.

    A border of `padding` never wins, NaN always does, and of equal elements the first; `ceil_mode` keeps a last window
    that sticks out. With `return_indices` also where in the flattened volume each maximum was (int64).
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@composite(namespace=("", "nn.functional"))
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool1d` with ``return_indices=True``."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composite(namespace="nn.functional")
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool2d` with ``return_indices=True``."""
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


@composite(namespace="nn.functional")
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """`max_pool3d` with ``return_indices=True``."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, True)


# -------------------------------------------------------------------------------------------------- average pooling


@operator(namespace=())
def window_sum(input: Tensor, kernel_size: Sizes, stride: Sizes, padding: Sizes, counts: Sizes) -> Tensor:
    """The sum of each window of the last dimensions; the border counts as zero.

    Shape: ``(*lead, *size)`` to ``(*lead, *counts)``.
    """
    rank = len(kernel_size)
    dense = (1,) * rank
    borders = _borders(tuple(input.shape[-rank:]), kernel_size, stride, padding, dense, counts)
    x = constant_pad_nd(input, borders, 0) if any(borders) else input
    lead = x.ndim - rank
    windows = extract_windows(x, kernel_size, stride, dense)
    return windows.sum(tuple(range(lead, lead + rank)), dtype=input.dtype)


window_sum.gradient(
    input=lambda grad, input_shape, kernel_size, stride, padding: window_spread(
        grad, _inner_sizes(input_shape, len(kernel_size)), kernel_size, stride, padding
    )
)


@operator(namespace=())
def window_spread(input: Tensor, sizes: Sizes, kernel_size: Sizes, stride: Sizes, padding: Sizes) -> Tensor:
    """Each value added to every place of its window: the adjoint of `window_sum`.

    Shape: ``(*lead, *counts)`` to ``(*lead, *sizes)``.
    """
    rank = len(sizes)
    lead, dense = input.ndim - rank, (1,) * rank
    counts = tuple(input.shape[lead:])
    shape = (*input.shape[:lead], *(1,) * rank, *counts)
    windows = input.reshape(shape).expand(*input.shape[:lead], *kernel_size, *counts)
    whole = tuple((n - 1) * s + k for n, k, s in zip(counts, kernel_size, stride, strict=True))
    image = accumulate_windows(windows, whole, stride, dense)
    borders = _borders(sizes, kernel_size, stride, padding, dense, counts)
    return constant_pad_nd(image, tuple(-border for border in borders), 0) if any(borders) else image


window_spread.gradient(
    input=lambda grad, input_shape, kernel_size, stride, padding: window_sum(
        grad, kernel_size, stride, padding, _inner_sizes(input_shape, len(kernel_size))
    )
)


def _places_counted(size: int, kernel: int, stride: int, padding: int, count: int, include_padding: bool) -> list[int]:
    """How many elements each window along one dimension is divided by."""
    counted = []
    for position in range(count):
        start = position * stride - padding
        stop = min(start + kernel, size + padding)
        counted.append(stop - start if include_padding else min(stop, size) - max(start, 0))
    return counted


def _avg_pool(
    operator_name: str,
    rank: int,
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    require_dtypes(operator_name, input, (*FLOATING, "int64"))
    kernel, step, border, _, counts = _settings(operator_name, input, rank, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise ShapeError(f"divisor must be not zero: {operator_name}() got divisor_override=0.")
    total = window_sum(input, kernel, step, border, counts)
    divisor: Tensor | int
    if divisor_override is not None:
        divisor = divisor_override
    else:
        sizes = tuple(input.shape[-rank:])
        along = [
            _places_counted(n, k, s, p, m, count_include_pad)
            for n, k, s, p, m in zip(sizes, kernel, step, border, counts, strict=True)
        ]
        if all(len(set(counted)) == 1 for counted in along):
            divisor = prod(counted[0] for counted in along)
        else:
            divisor = torchere.tensor(along[0], dtype=input.dtype, device=input.device)
            for counted in along[1:]:
                more = torchere.tensor(counted, dtype=input.dtype, device=input.device)
                divisor = divisor.unsqueeze(-1) * more
    if input.dtype.is_floating_point:
        return total / divisor
    return total.div(divisor, rounding_mode="trunc").to(input.dtype)


@operator(namespace=("", "nn.functional"), dtypes=REAL)
def avg_pool1d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Mean over sliding windows of signals ``(n, c, length)`` or ``(c, length)``.

    The border of `padding` holds zeros, which count unless `count_include_pad` is false; `ceil_mode` keeps a last
    window that sticks out (its missing elements never count).
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


@operator(namespace="nn.functional", dtypes=REAL)
def avg_pool2d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Mean over sliding windows of images ``(n, c, h, w)`` or ``(c, h, w)``.

    The border of `padding` holds zeros, which count unless `count_include_pad` is false; `ceil_mode` keeps a last
    window that sticks out (its missing elements never count); `divisor_override` replaces the count.
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@operator(namespace="nn.functional", dtypes=REAL)
def avg_pool3d(
    input: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Mean over sliding windows of volumes ``(n, c, d, h, w)`` or ``(c, d, h, w)``.

    The border of `padding` holds zeros, which count unless `count_include_pad` is false; `ceil_mode` keeps a last
    window that sticks out (its missing elements never count); `divisor_override` replaces the count.
    Raises RuntimeError when no window fits or a setting is out of range.
    """
    return _avg_pool(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
