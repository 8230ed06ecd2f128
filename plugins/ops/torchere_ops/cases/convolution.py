"""Cases of convolution, compared with loops over output positions."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from torchere.dtype_sets import COMPLEX, WIDE_FLOATING
from torchere.testing import A, Case, ErrorCase

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]


def _each(value: int | Sizes, rank: int) -> Sizes:
    return tuple(value) * (rank // len(value)) if isinstance(value, tuple | list) else (value,) * rank


def _places(position: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> list[tuple[Sizes, Sizes]]:
    """(kernel offset, place in the padded image) of one window."""
    return [
        (offset, tuple(p * s + o * d for p, s, o, d in zip(position, stride, offset, dilation, strict=True)))
        for offset in product(*map(range, kernel))
    ]


def _correlated(x: Array, weight: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Array:
    filters, wide, *kernel = weight.shape
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    counts = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(padded.shape[2:], kernel, stride, dilation, strict=True)
    ]
    y = np.zeros((len(x), filters, *counts), x.dtype)
    for position in product(*map(range, counts)):
        for offset, place in _places(position, tuple(kernel), stride, dilation):
            pixels = padded[(slice(None), slice(None), *place)].reshape(len(x), groups, wide)
            factors = weight[(slice(None), slice(None), *offset)].reshape(groups, filters // groups, wide)
            y[(slice(None), slice(None), *position)] += np.einsum("ngi,goi->ngo", pixels, factors).reshape(
                len(x), y.shape[1]
            )
    return y


def _spread(
    x: Array, weight: Array, stride: Sizes, padding: Sizes, dilation: Sizes, output_padding: Sizes, groups: int
) -> Array:
    channels, each, *kernel = weight.shape
    sizes = [
        (n - 1) * s + d * (k - 1) + 1 + o
        for n, s, d, k, o in zip(x.shape[2:], stride, dilation, kernel, output_padding, strict=True)
    ]
    y = np.zeros((len(x), groups * each, *sizes), x.dtype)
    for position in product(*map(range, x.shape[2:])):
        for offset, place in _places(position, tuple(kernel), stride, dilation):
            pixels = x[(slice(None), slice(None), *position)].reshape(len(x), groups, channels // groups)
            factors = weight[(slice(None), slice(None), *offset)].reshape(groups, channels // groups, each)
            y[(slice(None), slice(None), *place)] += np.einsum("ngi,gio->ngo", pixels, factors).reshape(
                len(x), y.shape[1]
            )
    inside = tuple(slice(p, n - p) for p, n in zip(padding, sizes, strict=True))
    return y[(slice(None), slice(None), *inside)]


def _with_bias(y: Array, bias: Array | None) -> Array:
    return y if bias is None else y + bias.reshape(-1, *(1,) * (y.ndim - 2))


def _conv(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    rank = weight.ndim - 2
    batched = x if x.ndim == rank + 2 else x[None]
    step, spread = _each(stride, rank), _each(dilation, rank)
    if padding == "valid":
        padding = 0
    if padding == "same":
        whole = [d * (k - 1) for k, d in zip(weight.shape[2:], spread, strict=True)]
        batched = np.pad(batched, [(0, 0), (0, 0), *((n // 2, n - n // 2) for n in whole)])
        padding = 0
    y = _with_bias(_correlated(batched, weight, step, _each(padding, rank), spread, groups), bias)
    return y if x.ndim == rank + 2 else y[0]


def _conv_transpose(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    rank = weight.ndim - 2
    batched = x if x.ndim == rank + 2 else x[None]
    settings = [_each(value, rank) for value in (stride, padding, dilation, output_padding)]
    y = _with_bias(_spread(batched, weight, *settings, groups), bias)
    return y if x.ndim == rank + 2 else y[0]


def _convolution(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Array:
    if transposed:
        return _conv_transpose(x, weight, bias, stride, padding, output_padding, groups, dilation)
    return _conv(x, weight, bias, stride, padding, dilation, groups)


def _weight_gradient(
    values: Array, x: Array, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Array:
    count, filters, *counts = values.shape
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    wide = x.shape[1] // groups
    out = np.zeros((filters, wide, *kernel_size), x.dtype)
    for position in product(*map(range, counts)):
        for offset, place in _places(position, kernel_size, stride, dilation):
            pixels = padded[(slice(None), slice(None), *place)].reshape(count, groups, wide)
            grads = values[(slice(None), slice(None), *position)].reshape(count, groups, filters // groups)
            out[(slice(None), slice(None), *offset)] += np.einsum("ngi,ngo->goi", pixels, grads).reshape(filters, wide)
    return out


#: Sums of tens of products: rounding of 16-bit results differs by the order in which a decomposition rounds.
_WIDE = WIDE_FLOATING

CASES = [
    Case(
        "convolution",
        A(2, 2, 5, 4),
        A(3, 2, 3, 2),
        A(3),
        (1, 1),
        (1, 0),
        (1, 1),
        False,
        (0, 0),
        1,
        reference=_convolution,
        dtypes=_WIDE,
    ),
    Case(
        "convolution",
        A(2, 4, 5),
        A(4, 3, 3),
        None,
        (2,),
        (1,),
        (1,),
        True,
        (1,),
        2,
        reference=_convolution,
        dtypes=_WIDE,
    ),
    Case(
        "convolution_weight_gradient",
        A(2, 4, 3),
        A(2, 2, 7),
        (3,),
        (2,),
        (1,),
        (1,),
        2,
        reference=_weight_gradient,
        dtypes=_WIDE,
    ),
    Case(
        "convolution_weight_gradient",
        A(2, 3, 4, 3),
        A(2, 2, 5, 4),
        (2, 2),
        (1, 1),
        (0, 0),
        (1, 1),
        1,
        reference=_weight_gradient,
        dtypes=_WIDE,
    ),
    Case(
        "convolution_weight_gradient",
        A(2, 3, 4),
        A(2, 3, 5),
        (2,),
        (1,),
        (0,),
        (1,),
        3,
        reference=_weight_gradient,
        dtypes=_WIDE,
    ),
    Case(
        "convolution_weight_gradient",
        A(2, 3, 4),
        A(2, 2, 4),
        (1,),
        (1,),
        (0,),
        (1,),
        1,
        reference=_weight_gradient,
        dtypes=_WIDE,
    ),
    Case("conv1d", A(2, 3, 7), A(4, 3, 3), A(4), reference=_conv, dtypes=_WIDE + COMPLEX),
    Case("conv1d", A(3, 7), A(4, 3, 2), stride=2, padding=1, dilation=2, reference=_conv, dtypes=_WIDE),
    Case("conv1d", A(2, 3, 6), A(2, 3, 4), padding="same", dilation=1, reference=_conv, dtypes=_WIDE),
    # A row too long for the layout with channels last, and one short enough, with few and many channels.
    Case("conv1d", A(2, 2, 60), A(2, 2, 3), padding=1, reference=_conv, dtypes=_WIDE, gradient=False),
    Case("conv1d", A(5, 8, 8), A(4, 8, 3), A(4), padding=1, reference=_conv, dtypes=_WIDE, gradient=False),
    Case("conv2d", A(2, 2, 5, 4), A(3, 2, 3, 2), A(3), reference=_conv, dtypes=_WIDE + COMPLEX),
    Case(
        "conv2d",
        A(2, 2, 5, 6),
        A(3, 2, 3, 3),
        A(3),
        stride=(2, 1),
        padding=(1, 2),
        dilation=(1, 2),
        reference=_conv,
        dtypes=_WIDE,
    ),
    Case("conv2d", A(2, 4, 4, 4), A(6, 2, 2, 2), groups=2, reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 3, 4, 4), A(3, 1, 2, 2), A(3), groups=3, padding=1, reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 3, 4, 4), A(6, 1, 2, 2), groups=3, reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 3, 4, 3), A(4, 3, 1, 1), A(4), reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 4, 5), A(3, 2, 2, 3), padding="same", groups=1, reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 2, 4, 5), A(3, 2, 2, 3), padding="valid", reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(0, 2, 4, 4), A(3, 2, 2, 2), A(3), padding=1, reference=_conv, dtypes=_WIDE),
    Case("conv2d", A(2, 2, 5, 4), A(3, 2, 3, 2), A(3), reference=_conv, dtypes=("int32", "int64")),
    Case(
        "conv3d",
        A(1, 2, 3, 4, 3),
        A(2, 2, 2, 2, 2),
        A(2),
        padding=(1, 0, 1),
        stride=(1, 2, 1),
        reference=_conv,
        dtypes=_WIDE,
    ),
    Case("conv3d", A(2, 3, 3, 3), A(2, 1, 2, 2, 2), groups=2, reference=_conv, dtypes=_WIDE),
    Case("conv_transpose1d", A(2, 3, 4), A(3, 2, 3), A(2), reference=_conv_transpose, dtypes=_WIDE + COMPLEX),
    Case(
        "conv_transpose1d",
        A(4, 4),
        A(4, 2, 3),
        stride=3,
        padding=1,
        output_padding=2,
        groups=2,
        dilation=2,
        reference=_conv_transpose,
        dtypes=_WIDE,
    ),
    Case("conv_transpose2d", A(2, 2, 3, 3), A(2, 3, 2, 3), A(3), reference=_conv_transpose, dtypes=_WIDE),
    Case(
        "conv_transpose2d",
        A(2, 2, 3, 3),
        A(2, 3, 3, 2),
        A(3),
        stride=(2, 1),
        padding=(1, 0),
        output_padding=(1, 0),
        reference=_conv_transpose,
        dtypes=_WIDE,
    ),
    Case(
        "conv_transpose2d",
        A(1, 2, 3, 3),
        A(2, 1, 2, 2),
        dilation=2,
        output_padding=1,
        reference=_conv_transpose,
        dtypes=_WIDE,
    ),
    Case(
        "conv_transpose2d", A(2, 2, 3, 3), A(2, 2, 2, 2), padding=3, stride=4, reference=_conv_transpose, dtypes=_WIDE
    ),
    Case("conv_transpose2d", A(0, 2, 3, 3), A(2, 3, 2, 2), reference=_conv_transpose, dtypes=_WIDE),
    Case(
        "conv_transpose3d",
        A(2, 2, 2, 2, 3),
        A(2, 1, 2, 2, 2),
        A(2),
        groups=2,
        stride=2,
        padding=1,
        reference=_conv_transpose,
        dtypes=_WIDE,
    ),
]

ERRORS = [
    ErrorCase("conv1d", A(5), A(4, 3, 3), raises=RuntimeError, match=r"Expected 2D \(unbatched\) or 3D"),
    ErrorCase("conv1d", A(1, 3, 5), A(4, 3, 7), raises=RuntimeError, match="can't be greater than actual input size"),
    ErrorCase("conv2d", A(1, 2, 5, 5), A(4, 3, 3, 3), raises=RuntimeError, match="to have 3 channels, but got 2"),
    ErrorCase(
        "conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), A(3), raises=RuntimeError, match="expected bias to be 1-dimensional"
    ),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), stride=0, raises=RuntimeError, match="non-positive stride"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), padding=-1, raises=RuntimeError, match="negative padding"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), dilation=0, raises=RuntimeError, match="greater than zero"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), groups=0, raises=RuntimeError, match="non-positive groups"),
    ErrorCase(
        "conv2d", A(1, 4, 5, 5), A(3, 2, 3, 3), groups=2, raises=RuntimeError, match="divisible by 2 at dimension 0"
    ),
    ErrorCase(
        "conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), padding="same", stride=2, raises=RuntimeError, match="padding='same'"
    ),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), padding="x", raises=RuntimeError, match="Invalid padding string"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), padding=1.5, raises=TypeError, match="padding"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), stride=(1, 2, 3), raises=RuntimeError, match="list of 2 values"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3), raises=RuntimeError, match="weight to have 4 dimensions"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 0, 3), raises=RuntimeError, match="kernel size should be greater"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3), raises=NotImplementedError, match="'Bool'", dtype="bool"),
    ErrorCase("conv2d", A(1, 3, 5, 5), A(4, 3, 3, 3, dtype="float64"), raises=RuntimeError, match="same dtype"),
    ErrorCase("conv3d", A(5, 5), A(4, 3, 3, 3, 3), raises=RuntimeError, match="Expected 4D"),
    ErrorCase("conv_transpose1d", A(3, 5), A(3, 4, 3), padding="same", raises=TypeError, match="not str"),
    ErrorCase(
        "conv_transpose2d", A(1, 3, 5, 5), A(4, 3, 3, 3), raises=RuntimeError, match="Given transposed=1, weight"
    ),
    ErrorCase(
        "conv_transpose2d", A(1, 3, 5, 5), A(3, 4, 3, 3), output_padding=1, raises=RuntimeError, match="must be smaller"
    ),
    ErrorCase("conv_transpose2d", A(1, 3, 5, 5), A(3, 4, 3, 3), padding=4, raises=RuntimeError, match="too small"),
    ErrorCase(
        "conv_transpose3d",
        A(1, 3, 2, 2, 2),
        A(3, 4, 2, 2, 2),
        output_padding=-1,
        raises=RuntimeError,
        match="negative output_padding",
    ),
]
