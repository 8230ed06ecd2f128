"""Adaptive pooling (the number of windows is given, not their size), power-mean pooling and max unpooling."""

from __future__ import annotations

from math import prod

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING
from torchere.errors import ArgumentError, ShapeError
from torchere.operators import Number, composite, operator

from .anywhere import anywhere
from .operand_kinds import require_dtypes
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d, pool_sizes, window_sum

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "adaptive_mean",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Sizes = tuple[int, ...]
IntOrInts = int | tuple[int, ...]
OutputSize = int | None | tuple[int | None, ...]


def _output_sizes(operator_name: str, input: Tensor, output_size: OutputSize, rank: int) -> Sizes:
    """The number of windows along each dimension (None: as many as elements); raises what PyTorch raises."""
    shape = tuple(input.shape)
    if len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"{operator_name}(): Expected {rank + 1}D or {rank + 2}D tensor, but got {list(shape)}. Channels come "
            "before the pooled dimensions."
        )
    sizes = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * rank
    if len(sizes) != rank:
        raise ShapeError(f"{operator_name}: output_size must be {rank} sizes, but got {list(sizes)}")
    counts = tuple(size if count is None else count for count, size in zip(sizes, shape[-rank:], strict=True))
    for count in counts:
        if not hasattr(count, "__index__"):
            raise TypeError(
                f"{operator_name}(): argument 'output_size' must be int or tuple of ints, not {type(count).__name__}"
            )
    if min(counts) < 0:
        received = ", ".join(map(str, counts))
        raise ShapeError(
            f"{operator_name}: elements of output_size must be greater than or equal to 0 but received {{{received}}}"
        )
    first = len(shape) - rank - 1 if len(shape) == rank + 1 else 1
    for axis in range(first, len(shape)):
        if shape[axis] == 0:
            raise ShapeError(
                f"{operator_name}(): Expected input to have non-zero size for non-batch dimensions, but input has "
                f"sizes {list(shape)} with dimension {axis} being empty"
            )
    return counts


def _edges(size: int, count: int) -> list[tuple[int, int]]:
    """Where each of `count` windows over `size` elements starts and stops."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def _even(sizes: Sizes, counts: Sizes) -> Sizes | None:
    """The windows' common size if they tile the input exactly, else None."""
    if all(count and size % count == 0 for size, count in zip(sizes, counts, strict=True)):
        return tuple(size // count for size, count in zip(sizes, counts, strict=True))
    return None


def _gathered_windows(x: Tensor, axis: int, count: int) -> tuple[Tensor, Tensor, list[int]]:
    """Elements of all windows along `axis` as ``(…, count, longest, …)``, where one is missing, and the lengths."""
    edges = _edges(x.shape[axis], count)
    longest = max((stop - start for start, stop in edges), default=0)
    index = [min(start + offset, stop - 1) for start, stop in edges for offset in range(longest)]
    missing = [[start + offset >= stop for offset in range(longest)] for start, stop in edges]
    taken = x.index_select(axis, torchere.tensor(index, dtype=torchere.int64, device=x.device))
    taken = taken.reshape(*x.shape[:axis], count, longest, *x.shape[axis + 1 :])
    mask = torchere.tensor(missing, dtype=torchere.bool, device=x.device).reshape(count, longest)
    return taken, mask.reshape(count, longest, *(1,) * (x.ndim - 1 - axis)), [stop - start for start, stop in edges]


# -------------------------------------------------------------------------------------------------------------- mean


@operator(namespace=(), dtypes=FLOATING)
def adaptive_mean(input: Tensor, counts: Sizes) -> Tensor:
    """Means over ``counts`` windows that cover the last dimensions evenly: ``(*lead, *size)`` to ``(*lead, *counts)``.

    Window i of n over a dimension of size s reaches from ``floor(i s / n)`` to ``ceil((i + 1) s / n)``.
    """
    lead = input.ndim - len(counts)
    x = input
    for axis, count in enumerate(counts, lead):
        if 0 in (count, *x.shape):
            shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
            x = x.new_zeros(shape)
            continue
        taken, missing, lengths = _gathered_windows(x, axis, count)
        total = taken.masked_fill(missing, 0).sum(axis + 1)
        length = torchere.tensor(lengths, dtype=x.dtype, device=x.device)
        x = total / length.reshape(count, *(1,) * (x.ndim - 1 - axis))
    return x


def _adaptive_avg_pool(operator_name: str, rank: int, input: Tensor, output_size: OutputSize) -> Tensor:
    counts = _output_sizes(operator_name, input, output_size, rank)
    sizes = tuple(input.shape[-rank:])
    window = _even(sizes, counts)
    if window is None:
        return adaptive_mean(input, counts)
    return window_sum(input, window, window, (0,) * rank, counts) / prod(window)


@operator(namespace=("", "nn.functional"), dtypes=FLOATING)
def adaptive_avg_pool1d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over `output_size` windows that cover signals ``(n, c, length)`` or ``(c, length)`` evenly.

    Raises RuntimeError for an input of another rank, empty channels or length, or a negative size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


@operator(namespace="nn.functional", dtypes=FLOATING)
def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over `output_size` (int or pair; None: keep that side) windows that cover images evenly.

    Shape: ``(n, c, h, w)`` or ``(c, h, w)`` to the same with the last two sizes replaced.
    Raises RuntimeError for an input of another rank, empty channels or sides, or a negative size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


@operator(namespace="nn.functional", dtypes=FLOATING)
def adaptive_avg_pool3d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Means over `output_size` (int or triple; None: keep that side) windows that cover volumes evenly.

    Shape: ``(n, c, d, h, w)`` or ``(c, d, h, w)`` to the same with the last three sizes replaced.
    Raises RuntimeError for an input of another rank, empty channels or sides, or a negative size.
    """
    return _adaptive_avg_pool("adaptive_avg_pool3d", 3, input, output_size)


# ----------------------------------------------------------------------------------------------------------- maximum


def _adaptive_max_pool(
    operator_name: str, rank: int, input: Tensor, output_size: OutputSize, return_indices: bool
) -> Tensor | tuple[Tensor, Tensor]:
    counts = _output_sizes(operator_name, input, output_size, rank)
    if input.dtype.name not in FLOATING:
        raise NotImplementedError(
            f"\"{operator_name}\" not implemented for '{input.dtype}': it is defined for {', '.join(FLOATING)}."
        )
    sizes = tuple(input.shape[-rank:])
    lead = input.ndim - rank
    window = _even(sizes, counts)
    if window is not None and 0 not in sizes:
        pool = (max_pool1d, max_pool2d, max_pool3d)[rank - 1]
        return pool(input, window, return_indices=return_indices)
    if 0 in counts or 0 in input.shape:
        values = input.new_zeros((*input.shape[:lead], *counts))
        return (values, values.to(torchere.int64)) if return_indices else values
    # Where each maximum is needs no graph; the values are then read at those places, which carries the gradient.
    with torchere.no_grad():
        indices = _adaptive_argmax(input.detach(), counts)
    flat = input.reshape(*input.shape[:lead], prod(sizes))
    values = flat.gather(-1, indices.reshape(*input.shape[:lead], prod(counts))).reshape(indices.shape)
    return (values, indices) if return_indices else values


def _adaptive_argmax(x: Tensor, counts: Sizes) -> Tensor:
    """Flat indices of the windows' maxima; the first of equal elements, the last NaN."""
    lead = x.ndim - len(counts)
    sizes = tuple(x.shape[lead:])
    places = torchere.arange(prod(sizes), device=x.device).reshape(sizes).expand(x.shape)
    for axis in reversed(range(len(counts))):
        at, count = lead + axis, counts[axis]
        taken, missing, _ = _gathered_windows(x, at, count)
        where, _, _ = _gathered_windows(places, at, count)
        taken = taken.masked_fill(missing, -float("inf"))
        winner = taken.argmax(at + 1)
        isnan = taken.isnan() & ~missing
        last = taken.shape[at + 1] - 1 - isnan.flip(at + 1).to(torchere.uint8).argmax(at + 1)
        winner = torchere.where(isnan.any(at + 1), last, winner).unsqueeze(at + 1)
        x = taken.gather(at + 1, winner).squeeze(at + 1)
        places = where.gather(at + 1, winner).squeeze(at + 1)
    return places


@composite(namespace="nn.functional")
def adaptive_max_pool1d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """Maxima over `output_size` windows that cover signals evenly; with `return_indices` also their places.

    Shape: ``(n, c, length)`` or ``(c, length)``. Raises RuntimeError as `adaptive_avg_pool1d`.
    """
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


@composite(namespace="nn.functional")
def adaptive_max_pool2d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """Maxima over `output_size` windows that cover images evenly; with `return_indices` also their flat places.

    Shape: ``(n, c, h, w)`` or ``(c, h, w)``. Raises RuntimeError as `adaptive_avg_pool2d`.
    """
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


@composite(namespace="nn.functional")
def adaptive_max_pool3d(
    input: Tensor, output_size: OutputSize, return_indices: bool = False
) -> Tensor | tuple[Tensor, Tensor]:
    """Maxima over `output_size` windows that cover volumes evenly; with `return_indices` also their flat places.

    Shape: ``(n, c, d, h, w)`` or ``(c, d, h, w)``. Raises RuntimeError as `adaptive_avg_pool3d`.
    """
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)


@composite(namespace="nn.functional")
def adaptive_max_pool1d_with_indices(input: Tensor, output_size: OutputSize) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool1d` with ``return_indices=True``."""
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, True)


@composite(namespace="nn.functional")
def adaptive_max_pool2d_with_indices(input: Tensor, output_size: OutputSize) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` with ``return_indices=True``."""
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, True)


@composite(namespace="nn.functional")
def adaptive_max_pool3d_with_indices(input: Tensor, output_size: OutputSize) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool3d` with ``return_indices=True``."""
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, True)


# -------------------------------------------------------------------------------------------------------- power mean


def _lp_pool(
    operator_name: str,
    rank: int,
    input: Tensor,
    norm_type: Number,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    ceil_mode: bool,
) -> Tensor:
    average = (avg_pool1d, avg_pool2d, avg_pool3d)[rank - 1]
    kernel = pool_sizes(operator_name, "kernel_size", kernel_size, rank)
    mean = average(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    # A negative sum of odd powers keeps its sign, so that its root is NaN only where PyTorch's is.
    return (mean.sign() * mean.abs().relu() * prod(kernel)).pow(1.0 / norm_type)


@composite(namespace="nn.functional")
def lp_pool1d(
    input: Tensor,
    norm_type: Number,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of signals ``(n, c, length)`` or ``(c, length)``."""
    return _lp_pool("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


@composite(namespace="nn.functional")
def lp_pool2d(
    input: Tensor,
    norm_type: Number,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of images ``(n, c, h, w)`` or ``(c, h, w)``."""
    return _lp_pool("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


@composite(namespace="nn.functional")
def lp_pool3d(
    input: Tensor,
    norm_type: Number,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``(sum of x ** norm_type) ** (1 / norm_type)`` over windows of volumes ``(n, c, d, h, w)``, also without n."""
    return _lp_pool("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


# --------------------------------------------------------------------------------------------------------- unpooling


def _max_unpool(
    operator_name: str,
    rank: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None,
    padding: IntOrInts,
    output_size: Sizes | None,
) -> Tensor:
    kernel = pool_sizes(operator_name, "kernel_size", kernel_size, rank)
    step = pool_sizes(operator_name, "stride", stride, rank, kernel)
    border = pool_sizes(operator_name, "padding", padding, rank)
    shape = tuple(input.shape)
    if indices.dtype is not torchere.int64:
        raise ShapeError(f"elements in indices should be type int64 but got: {indices.dtype} in {operator_name}()")
    if tuple(indices.shape) != shape:
        raise ShapeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(shape)}) but got indices tensor "
            f"with shape: {list(indices.shape)} in {operator_name}()"
        )
    if len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"Input to {operator_name}() should be a {rank + 1}d or {rank + 2}d Tensor, but got a tensor with "
            f"{len(shape)} dimensions."
        )
    lead = len(shape) - rank
    default = tuple((n - 1) * s + k - 2 * p for n, s, k, p in zip(shape[lead:], step, kernel, border, strict=True))
    sizes = default
    if output_size is not None:
        sizes = tuple(output_size)
        if len(sizes) == rank + 2:
            sizes = sizes[2:]
        if len(sizes) != rank:
            raise ArgumentError(
                f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has a length of "
                f"'{len(sizes)}'"
            )
        for axis, (size, middle, s) in enumerate(zip(sizes, default, step, strict=True)):
            if not middle - s < size < middle + s:
                raise ArgumentError(
                    f'invalid output_size "{sizes}" (dim {axis} must be between {middle - s} and {middle + s})'
                )
    require_dtypes(operator_name, input, FLOATING)
    places = indices.reshape(*shape[:lead], prod(shape[lead:]))
    if anywhere((places < 0) | (places >= prod(sizes))):
        lowest, highest = int(places.min()), int(places.max())
        if lowest < 0 or highest >= prod(sizes):
            volume = "x".join(map(str, sizes))
            raise ShapeError(
                f"Found an invalid max index: {lowest if lowest < 0 else highest} (output volumes are of size "
                f"{volume}) in {operator_name}(). Pass the size of the pooled input as output_size."
            )
    canvas = input.new_zeros((*shape[:lead], prod(sizes)))
    filled = canvas.scatter(-1, places, input.reshape(*shape[:lead], prod(shape[lead:])))
    return filled.reshape(*shape[:lead], *sizes)


@composite(namespace="nn.functional")
def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sizes | None = None,
) -> Tensor:
    """Maxima put back where `max_pool1d` found them, zero elsewhere: a partial inverse.

    Shape: input and indices ``(n, c, length)`` or ``(c, length)``. `output_size` settles sizes that pool alike.
    Raises RuntimeError for indices of another shape, dtype or range, ValueError for an impossible `output_size`.
    """
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


@composite(namespace="nn.functional")
def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sizes | None = None,
) -> Tensor:
    """Maxima put back where `max_pool2d` found them, zero elsewhere: a partial inverse.

    Shape: input and indices ``(n, c, h, w)`` or ``(c, h, w)``. `output_size` settles sizes that pool alike.
    Raises RuntimeError for indices of another shape, dtype or range, ValueError for an impossible `output_size`.
    """
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@composite(namespace="nn.functional")
def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: Sizes | None = None,
) -> Tensor:
    """Maxima put back where `max_pool3d` found them, zero elsewhere: a partial inverse.

    Shape: input and indices ``(n, c, d, h, w)`` or ``(c, d, h, w)``. `output_size` settles sizes that pool alike.
    Raises RuntimeError for indices of another shape, dtype or range, ValueError for an impossible `output_size`.
    """
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
