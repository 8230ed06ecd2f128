"""Convolution in one, two and three dimensions, plain and transposed.

All of them are `convolution`, whose gradients are convolutions again: that of the input has `transposed` turned over,
that of the weight is `convolution_weight_gradient`, bilinear in its two tensors like `convolution` itself.
Sources: PyTorch's page for ``torch.nn.functional.conv2d``; Dumoulin and Visin, arXiv:1603.07285.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

from torchere import Tensor
from torchere.dtype_sets import NUMERIC
from torchere.errors import ShapeError
from torchere.operators import composite, operator

from .matmul import matmul
from .padding import constant_pad_nd
from .sliding_windows import accumulate_windows, extract_windows, sizes_of

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolution",
    "convolution_of_sizes",
    "convolution_weight_gradient",
]

Sizes = tuple[int, ...]
IntOrInts = int | tuple[int, ...]


def _by(sizes: Sizes) -> str:
    return " x ".join(map(str, sizes))


def _check_convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> None:
    """Raise RuntimeError unless the operands and settings of `convolution` fit each other."""
    biases = None if bias is None else tuple(bias.shape)
    _check_shapes(input.shape, weight.shape, biases, stride, padding, dilation, transposed, output_padding, groups)


@lru_cache(maxsize=512)
def _check_shapes(
    shape: Sizes,
    kernel_shape: Sizes,
    biases: Sizes | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> None:
    """The same on shapes alone. What fitted once is remembered; networks repeat a few shapes over and over."""
    if groups <= 0:
        raise ShapeError(f"non-positive groups is not supported: convolution() got groups={groups}.")
    if min(padding, default=0) < 0:
        raise ShapeError(f"negative padding is not supported: convolution() got padding={padding}. Slice the input.")
    if min(output_padding, default=0) < 0:
        raise ShapeError(f"negative output_padding is not supported: convolution() got {output_padding}.")
    if min(stride, default=1) <= 0:
        raise ShapeError(f"non-positive stride is not supported: convolution() got stride={stride}.")
    if min(dilation, default=1) <= 0:
        raise ShapeError(f"dilation should be greater than zero, but got {list(dilation)} in convolution().")
    if len(shape) != len(kernel_shape):
        raise ShapeError(
            f"Expected {len(kernel_shape)}-dimensional input for {len(kernel_shape)}-dimensional weight "
            f"{list(kernel_shape)}, but got {len(shape)}-dimensional input of size {list(shape)} instead."
        )
    kernel = kernel_shape[2:]
    if min(kernel, default=1) <= 0:
        raise ShapeError(f"kernel size should be greater than zero, but got {_by(kernel)} in convolution().")
    if kernel_shape[0] < groups:
        raise ShapeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{list(kernel_shape)} instead."
        )
    if kernel_shape[0] % groups:
        raise ShapeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size {list(kernel_shape)} instead."
        )
    channels = kernel_shape[0] if transposed else kernel_shape[1] * groups
    filters = kernel_shape[1] * groups if transposed else kernel_shape[0]
    given = f"transposed={int(transposed)}" if transposed else f"groups={groups}"
    if shape[1] != channels:
        raise ShapeError(
            f"Given {given}, weight of size {list(kernel_shape)}, expected input{list(shape)} to have {channels} "
            f"channels, but got {shape[1]} channels instead. Channels are dimension 1 of a batched input."
        )
    if biases is not None and biases != (filters,):
        mode = f"{given}, " if transposed else ""
        raise ShapeError(
            f"Given {mode}weight of size {list(kernel_shape)}, expected bias to be 1-dimensional with {filters} "
            f"elements, but got bias of size {list(biases)} instead."
        )
    if transposed:
        _check_transposed_sizes(shape[2:], kernel, stride, padding, dilation, output_padding)
        return
    padded = tuple(n + 2 * p for n, p in zip(shape[2:], padding, strict=True))
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if any(n < r for n, r in zip(padded, reach, strict=True)) or 0 in shape[2:]:
        raise ShapeError(
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(reach)}). Kernel size "
            "can't be greater than actual input size. Add padding or use a smaller kernel."
        )


def _check_transposed_sizes(
    sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, output_padding: Sizes
) -> None:
    if any(o >= s and o >= d for o, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ShapeError(
            "output padding must be smaller than either stride or dilation, but got output_padding="
            f"{output_padding}, stride={stride}, dilation={dilation} in convolution()."
        )
    result = _transposed_sizes(sizes, kernel, stride, padding, dilation, output_padding)
    if min(result, default=1) < 1:
        raise ShapeError(
            f"Given input size per channel: ({_by(sizes)}). Calculated output size per channel: ({_by(result)}). "
            "Output size is too small. Use less padding."
        )


def _transposed_sizes(
    sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, output_padding: Sizes
) -> Sizes:
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + o
        for n, k, s, p, d, o in zip(sizes, kernel, stride, padding, dilation, output_padding, strict=True)
    )


@operator(namespace=(), dtypes=NUMERIC, same_dtype="strict", check=_check_convolution)
def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    output_padding: Sizes,
    groups: int,
) -> Tensor:
    """Cross-correlation of a batch of images with filters, or the adjoint of one (`transposed`).

    Shape: input ``(n, c, *size)``; weight ``(filters, c / groups, *kernel)``, transposed ``(c, filters / groups,
    *kernel)``; bias ``(filters,)`` or None. The result is ``(n, filters, *positions)``.
    Settings hold one int for each spatial dimension.
    Raises RuntimeError when shapes or settings do not fit.
    """
    adjoint = _transpose_correlate if transposed else _correlate
    y = adjoint(input, weight, stride, padding, dilation, output_padding, groups)
    return y if bias is None else y + bias.reshape(-1, *(1,) * (weight.ndim - 2))


def _bordered(x: Tensor, before: Sizes, after: Sizes) -> Tensor:
    if not any(before) and not any(after):
        return x
    pairs = zip(reversed(before), reversed(after), strict=True)
    return constant_pad_nd(x, tuple(size for pair in pairs for size in pair), 0)


def _correlate(
    x: Tensor, weight: Tensor, stride: Sizes, padding: Sizes, dilation: Sizes, _: Sizes, groups: int
) -> Tensor:
    filters, wide, *kernel = weight.shape
    windows = extract_windows(_bordered(x, padding, padding), tuple(kernel), stride, dilation)
    positions = tuple(windows.shape[2 + len(kernel) :])
    columns = windows.reshape(x.shape[0], groups, wide * prod(kernel), prod(positions))
    y = matmul(weight.reshape(groups, filters // groups, wide * prod(kernel)), columns)
    return y.reshape(x.shape[0], filters, *positions)


def _transpose_correlate(
    x: Tensor,
    weight: Tensor,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    output_padding: Sizes,
    groups: int,
) -> Tensor:
    channels, each, *kernel = weight.shape
    sizes = tuple(x.shape[2:])
    result = _transposed_sizes(sizes, tuple(kernel), stride, padding, dilation, output_padding)
    matrix = weight.reshape(groups, channels // groups, each * prod(kernel)).transpose(1, 2)
    columns = matmul(matrix, x.reshape(x.shape[0], groups, channels // groups, prod(sizes)))
    windows = columns.reshape(x.shape[0], groups * each, *kernel, *sizes)
    whole = tuple((n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True))
    image = accumulate_windows(windows, whole, stride, dilation)
    # Output padding may reach beyond the last window: those pixels are zero.
    after = tuple(n - w + p for n, w, p in zip(result, whole, padding, strict=True))
    return _bordered(image, tuple(-p for p in padding), after)


def _conjugate(x: Tensor) -> Tensor:
    return x.conj() if x.dtype.is_complex else x


def _cropped(x: Tensor, sizes: Sizes) -> Tensor:
    """The first `sizes` elements of the spatial dimensions (output padding can make room for a window too many)."""
    for axis, size in enumerate(sizes, 2):
        if x.shape[axis] != size:
            x = x.narrow(axis, 0, size)
    return x


def _input_gradient(
    grad: Tensor,
    weight: Tensor,
    input_shape: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    groups: int,
) -> Tensor:
    zeros = (0,) * len(stride)
    sizes, kernel = tuple(input_shape[2:]), tuple(weight.shape[2:])
    if transposed:
        back = convolution(grad, _conjugate(weight), None, stride, padding, dilation, False, zeros, groups)
        return _cropped(back, sizes)
    reached = _transposed_sizes(tuple(grad.shape[2:]), kernel, stride, padding, dilation, zeros)
    rest = tuple(n - r for n, r in zip(sizes, reached, strict=True))
    return convolution(grad, _conjugate(weight), None, stride, padding, dilation, True, rest, groups)


def _weight_gradient(
    grad: Tensor,
    input: Tensor,
    weight_shape: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    groups: int,
) -> Tensor:
    values, images = (_conjugate(input), grad) if transposed else (grad, _conjugate(input))
    return convolution_weight_gradient(values, images, tuple(weight_shape[2:]), stride, padding, dilation, groups)


convolution.gradient(
    input=_input_gradient,
    weight=_weight_gradient,
    bias=lambda grad: grad.sum((0, *range(2, grad.ndim))),
)


@operator(namespace=())
def convolution_weight_gradient(
    values: Tensor, input: Tensor, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Tensor:
    """For every filter and kernel offset, the sum of an output's gradient (`values`) times the pixel that met it.

    Shape: values ``(n, filters, *positions)``, input ``(n, c, *size)`` to ``(filters, c / groups, *kernel_size)``.
    """
    filters, positions = values.shape[1], tuple(values.shape[2:])
    wide = input.shape[1] // groups
    windows = extract_windows(_bordered(input, padding, padding), kernel_size, stride, dilation)
    for axis, size in enumerate(positions):
        windows = windows.narrow(2 + len(kernel_size) + axis, 0, size)
    columns = windows.reshape(input.shape[0], groups, wide * prod(kernel_size), prod(positions))
    rows = values.reshape(input.shape[0], groups, filters // groups, prod(positions))
    return matmul(rows, columns.transpose(-2, -1)).sum(0).reshape(filters, wide, *kernel_size)


def _values_gradient(
    grad: Tensor,
    input: Tensor,
    values_shape: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    zeros = (0,) * len(stride)
    back = convolution(_conjugate(input), grad, None, stride, padding, dilation, False, zeros, groups)
    return _cropped(back, tuple(values_shape[2:]))


def _images_gradient(
    grad: Tensor,
    values: Tensor,
    input_shape: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    zeros = (0,) * len(stride)
    reached = _transposed_sizes(tuple(values.shape[2:]), tuple(grad.shape[2:]), stride, padding, dilation, zeros)
    rest = tuple(n - r for n, r in zip(input_shape[2:], reached, strict=True))
    # Output padding is bounded; pixels beyond it met no window.
    extra = tuple(min(r, max(s, d) - 1) for r, s, d in zip(rest, stride, dilation, strict=True))
    images = convolution(_conjugate(values), grad, None, stride, padding, dilation, True, extra, groups)
    return _bordered(images, zeros, tuple(r - e for r, e in zip(rest, extra, strict=True)))


convolution_weight_gradient.gradient(values=_values_gradient, input=_images_gradient)


# ------------------------------------------------------------------------------------------- conv1d, conv2d, conv3d


@composite(name="convolution")
def convolution_of_sizes(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrInts,
    padding: IntOrInts,
    dilation: IntOrInts,
    transposed: bool,
    output_padding: IntOrInts,
    groups: int,
) -> Tensor:
    """Convolution of a batch, plain or `transposed`, in as many dimensions as `weight` has beyond two.

    Shape: see `conv2d` and `conv_transpose2d`. Settings are sequences of ints, or of one int for all dimensions.
    Raises RuntimeError when shapes or settings do not fit.
    """
    step, border, spread, extra = (
        sizes_of("convolution", name, value, weight.ndim - 2)
        for name, value in (
            ("stride", stride),
            ("padding", padding),
            ("dilation", dilation),
            ("output_padding", output_padding),
        )
    )
    return convolution(input, weight, bias, step, border, spread, transposed, extra, groups)


def _batched(operator_name: str, input: Tensor, rank: int) -> tuple[Tensor, bool]:
    """The input with a batch dimension, and whether it had one."""
    if input.ndim == rank + 2:
        return input, True
    if input.ndim == rank + 1:
        return input.unsqueeze(0), False
    raise ShapeError(
        f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {operator_name}, but got input of size: "
        f"{list(input.shape)}"
    )


def _same_padding(operator_name: str, padding: str, kernel: Sizes, stride: Sizes, dilation: Sizes) -> list[Sizes]:
    """The border before and after each dimension that `padding` asks for."""
    if padding == "valid":
        return [(0,) * len(kernel), (0,) * len(kernel)]
    if padding != "same":
        raise ShapeError(f"Invalid padding string: '{padding}'. {operator_name}() takes 'same', 'valid' or sizes.")
    if any(s != 1 for s in stride):
        raise ShapeError(
            f"padding='same' is not supported for strided convolutions: {operator_name}() got stride={stride}. "
            "Give the padding as numbers."
        )
    whole = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return [tuple(n // 2 for n in whole), tuple(n - n // 2 for n in whole)]


def _conv(
    operator_name: str,
    rank: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrInts,
    padding: IntOrInts | str,
    dilation: IntOrInts,
    groups: int,
) -> Tensor:
    x, batched = _batched(operator_name, input, rank)
    _check_filters(operator_name, weight, rank)
    step = sizes_of(operator_name, "stride", stride, rank)
    spread = sizes_of(operator_name, "dilation", dilation, rank)
    if isinstance(padding, str):
        before, after = _same_padding(operator_name, padding, tuple(weight.shape[2:]), step, spread)
        border = tuple(map(min, before, after))
        # What is left over when the border is not the same on both sides goes on by itself.
        x = _bordered(x, *(tuple(p - b for p, b in zip(side, border, strict=True)) for side in (before, after)))
    else:
        border = sizes_of(operator_name, "padding", padding, rank)
    y = convolution(x, weight, bias, step, border, spread, False, (0,) * rank, groups)
    return y if batched else y.squeeze(0)


def _check_filters(operator_name: str, weight: Tensor, rank: int) -> None:
    if weight.ndim != rank + 2:
        raise ShapeError(
            f"{operator_name}(): expected weight to have {rank + 2} dimensions (filters, channels / groups, *kernel), "
            f"but got weight of size {list(weight.shape)}."
        )


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of signals: ``(n, c, length)`` or ``(c, length)`` with ``(filters, c / groups, kernel)``.

    ``padding`` is a size, or ``"same"`` (output as long as the input, stride 1 only) or ``"valid"`` (none).
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of images: ``(n, c, h, w)`` or ``(c, h, w)`` with ``(filters, c / groups, kernel h, kernel w)``.

    ``padding`` is a size or a pair, or ``"same"`` (output as large as the input, stride 1 only) or ``"valid"`` (none).
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts | str = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of volumes: ``(n, c, d, h, w)`` or ``(c, d, h, w)`` with ``(filters, c / groups, *kernel)``.

    ``padding`` is a size or a triple, or ``"same"`` (output as large as the input, stride 1 only) or ``"valid"``.
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(
    operator_name: str,
    rank: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrInts,
    padding: IntOrInts,
    output_padding: IntOrInts,
    groups: int,
    dilation: IntOrInts,
) -> Tensor:
    x, batched = _batched(operator_name, input, rank)
    _check_filters(operator_name, weight, rank)
    if isinstance(padding, str):
        raise TypeError(f"{operator_name}(): argument 'padding' must be tuple of ints, not str")
    step, border, extra, spread = (
        sizes_of(operator_name, name, value, rank)
        for name, value in (
            ("stride", stride),
            ("padding", padding),
            ("output_padding", output_padding),
            ("dilation", dilation),
        )
    )
    y = convolution(x, weight, bias, step, border, spread, True, extra, groups)
    return y if batched else y.squeeze(0)


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """Adjoint of `conv1d`: ``(n, c, length)`` or ``(c, length)`` with ``(c, filters / groups, kernel)``.

    The output has length ``(length - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1``.
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv_transpose(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """Adjoint of `conv2d`: ``(n, c, h, w)`` or ``(c, h, w)`` with ``(c, filters / groups, kernel h, kernel w)``.

    Each side has ``(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1`` pixels.
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv_transpose(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


@operator(namespace=("", "nn.functional"), same_dtype="strict")
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: int = 1,
    dilation: IntOrInts = 1,
) -> Tensor:
    """Adjoint of `conv3d`: ``(n, c, d, h, w)`` or ``(c, d, h, w)`` with ``(c, filters / groups, *kernel)``.

    Each side has ``(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1`` voxels.
    Raises RuntimeError when shapes or settings do not fit.
    """
    return _conv_transpose(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )
