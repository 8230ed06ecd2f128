"""Views: the same elements under another shape.

Eight primitives make views; everything else here is arithmetic on shapes above them. The public functions accept what
PyTorch's do, the primitives (``…_view``) only what is already normalised.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torchere
from torchere import Tensor
from torchere.dtypes import DType
from torchere.errors import ShapeError
from torchere.operators import Dim, composite, operator, primitive
from torchere.operators.arguments import shape_tuple, wrap_dim, wrap_dims
from torchere.promotion import scalar_type_name
from torchere.tensors.views import as_own

from .broadcast_shape import broadcast_shape, reduced

__all__ = [
    "adjoint",
    "as_strided",
    "broadcast_tensors",
    "broadcast_to",
    "diagonal",
    "diagonal_backward",
    "dtype_view",
    "expand",
    "expand_as",
    "expand_view",
    "flatten",
    "index_view",
    "index_view_backward",
    "movedim",
    "permute",
    "permute_view",
    "ravel",
    "reshape",
    "reshape_as",
    "shape_view",
    "squeeze",
    "strided_view",
    "swapaxes",
    "t",
    "transpose",
    "unflatten",
    "unfold",
    "unfold_backward",
    "unsqueeze",
    "view",
    "view_as",
]


# --- primitives --------------------------------------------------------------------------------------------------


@primitive(name="view", view=True, namespace=())
def shape_view(input: Tensor, size: tuple[int, ...]) -> Tensor:
    """The elements in row-major order under another shape of the same number of elements, without copying.

    One size may be -1. RuntimeError where the numbers of elements differ or the strides of `input` do not allow it.
    """
    ...


shape_view.gradient(input=lambda grad, input_shape: reshape(grad, input_shape))


@primitive(name="view_dtype", view=True, namespace=(), result="array")
def dtype_view(input: Tensor, dtype: DType) -> Tensor:
    """The same bytes read as another dtype."""
    ...


@primitive(name="expand", view=True, namespace=())
def expand_view(input: Tensor, size: tuple[int, ...]) -> Tensor:
    """`input` with axes of size 1 repeated, and new leading axes, to shape `size`, without copying."""
    ...


expand_view.gradient(input=lambda grad, input_shape: reduced(grad, input_shape))


@primitive(name="permute", view=True, namespace=())
def permute_view(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """The axes in another order; `dims` names each once, counted from the front."""
    ...


permute_view.gradient(input=lambda grad, dims: permute_view(grad, inverse(dims)))


def inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `dims`."""
    found = [0] * len(dims)
    for place, dim in enumerate(dims):
        found[dim] = place
    return tuple(found)


@primitive(method="only", view=True)
def index_view(input: Tensor, index: tuple[Any, ...]) -> Tensor:
    """Basic indexing: `index` holds ints, slices with positive step, None and at most one Ellipsis.

    IndexError for an integer out of range or too many indices.
    """
    ...


index_view.gradient(input=lambda grad, input_shape, index: index_view_backward(grad, input_shape, index))


@index_view.accumulates
def _add_to_region(node: Any, total: Tensor, grad: Tensor) -> None:
    index_view(total, node.p_index).add_(grad)


@operator(namespace=())
def index_view_backward(grad: Tensor, size: tuple[int, ...], index: tuple[Any, ...]) -> Tensor:
    """Zeros of shape `size` with `grad` in the region `index` (gradient of `index_view`)."""
    return _written(grad, size, lambda positions: index_view(positions, index))


index_view_backward.gradient(grad=lambda grad, index: index_view(grad, index))


def _written(grad: Tensor, size: tuple[int, ...], region: Any) -> Tensor:
    """Zeros of shape `size` with `grad` added where `region` of a tensor of this shape lies."""
    count = math.prod(size)
    positions = region(torchere.arange(count, device=grad.device).reshape(size))
    flat = grad.new_zeros((count,)).put(positions.reshape(-1), grad.reshape(-1), True)
    return flat.reshape(size)


#: Strides and storage offset of a tensor, in elements.
Geometry = tuple[tuple[int, ...], int]


@primitive(name="as_strided", view=True, namespace=())
def strided_view(
    input: Tensor, size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int, geometry: Geometry
) -> Tensor:
    """`as_strided` with its offset filled in. `geometry` is that of `input`, which the gradient needs."""
    ...


def _strided_backward(
    grad: Tensor,
    shape: tuple[int, ...],
    size: tuple[int, ...],
    stride: tuple[int, ...],
    offset: int,
    geometry: Geometry,
) -> Tensor:
    """Gradient of `as_strided`: added up in a storage of zeros, which is then read with the geometry of the operand."""
    own_stride, own_offset = geometry
    # The storage may begin before and end after what either view reaches; only their common range matters.
    start = min(offset, own_offset)
    ends = [
        begin + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True) if n)
        for begin, sizes, steps in ((offset, size, stride), (own_offset, shape, own_stride))
    ]
    positions = torchere.zeros((), dtype=torchere.int64, device=grad.device)
    for n, step in zip(size, stride, strict=True):
        positions = positions.unsqueeze(-1) + torchere.arange(n, device=grad.device) * step
    storage = grad.new_zeros((max(ends) - start + 1,))
    storage = storage.put((positions + (offset - start)).reshape(-1), grad.reshape(-1), True)
    return as_strided(storage, shape, own_stride, own_offset - start)


strided_view.gradient(
    input=lambda grad, input_shape, size, stride, storage_offset, geometry: _strided_backward(
        grad, input_shape, size, stride, storage_offset, geometry
    )
)


@composite(method=True)
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view of the storage of `input` with this size, strides and offset, all counted in elements.

    The offset counts from the start of the storage and defaults to that of `input`. RuntimeError if sizes and strides
    differ in number, are negative, or reach beyond the storage.
    """
    size, stride = shape_tuple(size, "as_strided"), shape_tuple(stride, "as_strided")
    if len(size) != len(stride):
        raise ShapeError(f"mismatch in length of strides and shape: {len(stride)} strides for {len(size)} sizes")
    if stride and min(stride) < 0:
        raise ShapeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    own_offset = input.storage_offset()
    if storage_offset is None:
        storage_offset = own_offset
    elif storage_offset < 0:
        raise ShapeError(f"Tensor: invalid storage offset {storage_offset}")
    return strided_view(input, size, stride, storage_offset, (tuple(input.stride()), own_offset))


def _check_diagonal(input: Tensor, offset: int, dim1: int, dim2: int) -> None:
    if dim1 == dim2:
        raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")


@primitive(method=True, view=True, check=_check_diagonal)
def diagonal(input: Tensor, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Tensor:
    """The elements with ``index[dim2] - index[dim1] == offset``; their axis comes last.

    RuntimeError if both dimensions are the same.
    """
    ...


diagonal.gradient(
    input=lambda grad, input_shape, offset, dim1, dim2: diagonal_backward(grad, input_shape, offset, dim1, dim2)
)


@operator(namespace=())
def diagonal_backward(grad: Tensor, size: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Tensor:
    """Zeros of shape `size` with `grad` on a diagonal."""
    return _written(grad, size, lambda positions: diagonal(positions, offset, dim1, dim2))


diagonal_backward.gradient(grad=lambda grad, offset, dim1, dim2: diagonal(grad, offset, dim1, dim2))


def _check_unfold(input: Tensor, dimension: int, size: int, step: int) -> None:
    limit = input.shape[dimension] if input.ndim else 1
    if size < 0:
        raise ShapeError(f"size is {size} but must be >= 0")
    if size > limit:
        raise ShapeError(f"maximum size for tensor at dimension {dimension} is {limit} but size is {size}")
    if step <= 0:
        raise ShapeError(f"step is {step} but must be > 0")


@primitive(method="only", view=True, check=_check_unfold)
def unfold(input: Tensor, dimension: Dim, size: int, step: int) -> Tensor:
    """Windows of `size` elements, `step` apart, along a dimension; a window's elements form a new last axis.

    RuntimeError if `size` exceeds the dimension or `step` is not positive.
    """
    ...


unfold.gradient(
    input=lambda grad, input_shape, dimension, size, step: unfold_backward(grad, input_shape, dimension, size, step)
)


@operator(namespace=())
def unfold_backward(grad: Tensor, input_size: tuple[int, ...], dim: int, size: int, step: int) -> Tensor:
    """Each element's sum over the windows it is in (gradient of `unfold`)."""
    return _written(grad, input_size, lambda positions: positions.unfold(dim, size, step))


unfold_backward.gradient(grad=lambda grad, dim, size, step: grad.unfold(dim, size, step))


# --- shapes ------------------------------------------------------------------------------------------------------


def _inferred(size: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """`size` with -1 replaced; RuntimeError unless it holds `numel` elements."""
    if not size or min(size) >= 0:
        if math.prod(size) != numel:
            raise ShapeError(f"shape '{list(size)}' is invalid for input of size {numel}")
        return size
    known, place = 1, -1
    for index, count in enumerate(size):
        if count == -1:
            if place >= 0:
                raise ShapeError(f"only one dimension can be inferred, got -1 twice in {list(size)}")
            place = index
        elif count < 0:
            raise ShapeError(f"invalid shape dimension {count} at index {index} of shape {list(size)}")
        else:
            known *= count
    if known == 0 and numel == 0:
        raise ShapeError(
            f"cannot reshape tensor of 0 elements into shape {list(size)} because the unspecified dimension size -1 "
            "can be any value and is ambiguous"
        )
    if known == 0 or numel % known:
        raise ShapeError(f"shape '{list(size)}' is invalid for input of size {numel}")
    return (*size[:place], numel // known, *size[place + 1 :])


@composite(method=True)
def reshape(input: Tensor, *args: Any, shape: Any = None) -> Tensor:
    """The elements in row-major order under another shape; one size may be -1. A view where possible, else a copy."""
    if args and args[0].__class__ is int:
        if input.is_contiguous() and min(args) >= 0:
            try:
                return shape_view(input, args)
            except (ShapeError, TypeError):
                pass  # told below
        return _reshaped(input, args)
    return _reshaped(input, shape_tuple(args if shape is None else shape, "reshape"))


def _reshaped(input: Tensor, size: tuple[int, ...]) -> Tensor:
    # Whether a view is possible is computed, not tried: an exception keeps the callers' tensors alive in its traceback.
    if input.is_contiguous() and (not size or min(size) >= 0):
        try:
            return shape_view(input, size)
        except ShapeError:
            _inferred(size, input.numel())  # raises: the sizes are wrong
            raise
    size = _inferred(size, input.numel())
    if _is_viewable(input.shape, input.stride(), size):
        return shape_view(input, size)
    return as_own(shape_view(torchere.clone(input, memory_format="contiguous_format"), size))


def _is_viewable(shape: Sequence[int], strides: Sequence[int], size: Sequence[int]) -> bool:
    """Whether elements with these strides take shape `size` without being moved.

    Axes that lie in memory like a single one form a run; the sizes of a view must multiply up to those of each run.
    """
    if 0 in shape or not shape:
        return True
    step, have, wanted, place = strides[-1], 1, 1, len(size) - 1
    for axis in range(len(shape) - 1, -1, -1):
        have *= shape[axis]
        if axis and (shape[axis - 1] == 1 or strides[axis - 1] == have * step):
            continue  # the next axis continues the run
        while place >= 0 and (wanted < have or size[place] == 1):
            wanted *= size[place]
            place -= 1
        if wanted != have:
            return False
        if axis:
            step, have, wanted = strides[axis - 1], 1, 1
    return place < 0


@composite(method="only")
def view(input: Tensor, *args: Any, size: Any = None, dtype: DType | None = None) -> Tensor:
    """The elements under another shape, or the bytes as another dtype, always sharing memory.

    ``x.view(2, -1)``, ``x.view(torch.int32)``. RuntimeError where that needs a copy: use `reshape`. With a dtype of
    another size the last dimension shrinks or grows; such a view is outside the graph, as `detach`.
    """
    if args and args[0].__class__ is int:
        sizes = args  # what users write; entries that are no ints fail below
    else:
        if args and isinstance(args[0], DType):
            dtype = args[0]
        if dtype is not None:
            _check_dtype_view(input, dtype)
            return as_own(dtype_view(input.detach(), dtype))
        sizes = shape_tuple(args if size is None else size, "view")
    if not sizes or min(sizes) >= -1:
        try:
            return shape_view(input, sizes)
        except ShapeError:
            _inferred(sizes, input.numel())  # raises if the sizes are wrong; otherwise the strides are
            raise
    return shape_view(input, _inferred(sizes, input.numel()))


def _check_dtype_view(input: Tensor, dtype: DType) -> None:
    have, wanted = input.dtype.itemsize, dtype.itemsize
    if have == wanted:
        return
    what = f"to view {scalar_type_name(input.dtype)} as {scalar_type_name(dtype)} (different element sizes)"
    if input.ndim == 0:
        raise ShapeError(f"self.dim() cannot be 0 {what}")
    if input.stride()[-1] != 1:
        raise ShapeError(f"self.stride(-1) must be 1 {what}, but got {input.stride()[-1]}")
    if wanted > have:
        ratio = wanted // have
        if input.shape[-1] % ratio:
            raise ShapeError(f"self.size(-1) must be divisible by {ratio} {what}, but got {input.shape[-1]}")


@composite(method="only")
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.view(other.shape)``."""
    return shape_view(input, _inferred(tuple(other.shape), input.numel()))


@composite(method="only")
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.reshape(other.shape)``."""
    return reshape(input, other.shape)


@composite(method=True)
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` joined into one; a 0-d tensor becomes 1-d."""
    shape = input.shape
    ndim = len(shape)
    if ndim == 0:
        wrap_dim(start_dim, 0, "flatten"), wrap_dim(end_dim, 0, "flatten")
        return shape_view(input, (1,))
    start = start_dim if 0 <= start_dim < ndim else wrap_dim(start_dim, ndim, "flatten")
    end = ndim - 1 if end_dim == -1 else wrap_dim(end_dim, ndim, "flatten")
    if start > end:
        raise ShapeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    return _reshaped(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite(method=True)
def ravel(input: Tensor) -> Tensor:
    """All elements as one contiguous dimension."""
    return _reshaped(input.contiguous(), (-1,))


@composite(method=True)
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Dimension `dim` split into several of these sizes, one of which may be -1.

    RuntimeError unless they multiply up to its size.
    """
    sizes = shape_tuple(sizes, "unflatten")
    if not sizes:
        raise ShapeError("unflatten: sizes must be non-empty")
    if input.ndim == 0:
        raise ShapeError("unflatten: Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim, "unflatten")
    try:
        sizes = _inferred(sizes, input.shape[dim])
    except ShapeError:
        raise ShapeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({input.shape[dim]}) in the input tensor"
        ) from None
    return shape_view(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


@composite(method=True)
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """`input` without its dimensions of size 1, or only those of them that `dim` names."""
    shape = input.shape
    if dim is None:
        kept = tuple(size for size in shape if size != 1)
    else:
        dims = wrap_dims(dim, len(shape), "squeeze")
        kept = tuple(size for place, size in enumerate(shape) if size != 1 or place not in dims)
    return shape_view(input, kept)


@composite(method=True)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """`input` with a new dimension of size 1 at position `dim`."""
    sizes = list(input.shape)
    if dim.__class__ is not int or not 0 <= dim <= len(sizes):
        dim = wrap_dim(dim, len(sizes) + 1, "unsqueeze")
    sizes.insert(dim, 1)
    return shape_view(input, tuple(sizes))


# --- broadcasting ------------------------------------------------------------------------------------------------


@composite(method="only")
def expand(input: Tensor, *args: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """`input` with dimensions of size 1 repeated to `size`, without copying; -1 keeps a size, new axes come first.

    RuntimeError for sizes that do not fit.
    """
    if args and args[0].__class__ is int:
        sizes = args
    else:
        sizes = shape_tuple(args if size is None else size, "expand")
    if not sizes or min(sizes) >= 0:
        try:
            return expand_view(input, sizes)
        except (ShapeError, ValueError):
            pass
    return expand_view(input, _expanded(tuple(input.shape), sizes, input))


def _expanded(shape: tuple[int, ...], sizes: tuple[int, ...], input: Tensor) -> tuple[int, ...]:
    """`sizes` with -1 replaced; RuntimeError where they do not fit `shape`."""
    extra = len(sizes) - len(shape)
    if extra < 0:
        raise ShapeError(
            f"expand({input.dtype}{list(shape)}, size={list(sizes)}): the number of sizes provided ({len(sizes)}) must "
            f"be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    result = list(sizes)
    for place, wanted in enumerate(sizes):
        if place < extra:
            if wanted < 0:
                raise ShapeError(
                    f"The expanded size of the tensor ({wanted}) isn't allowed in a leading, non-existing dimension "
                    f"{place}"
                )
            continue
        have = shape[place - extra]
        if wanted == -1:
            result[place] = have
        elif have != wanted and (have != 1 or wanted < 0):
            raise ShapeError(
                f"The expanded size of the tensor ({wanted}) must match the existing size ({have}) at non-singleton "
                f"dimension {place}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(shape)}"
            )
    return tuple(result)


@composite(method=True)
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """`expand` as a function: `input` repeated without copying to shape `size`."""
    return expand(input, size)


@composite(method="only")
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.expand(other.shape)``."""
    return expand(input, other.shape)


@composite()
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to their common shape. RuntimeError where sizes differ and neither is 1."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    shape = broadcast_shape(*[tensor.shape for tensor in tensors])
    return tuple(expand(tensor, shape) for tensor in tensors)


# --- order of dimensions -----------------------------------------------------------------------------------------


@composite(method=True)
def permute(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The dimensions in the order `dims`, each named once."""
    if not args and dims is None:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    order = shape_tuple(args if dims is None else dims, "permute")
    ndim = input.ndim
    if len(order) != ndim:
        raise ShapeError(
            f"permute(): number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
    order = tuple(wrap_dim(dim, ndim, "permute") for dim in order)
    if len(set(order)) != ndim:
        raise ShapeError(f"permute(): duplicate dims are not allowed, got {list(order)}.")
    return permute_view(input, order)


@composite(method=True, aliases=("swapdims",))
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Dimensions `dim0` and `dim1` exchanged."""
    if dim0.__class__ is int and dim1.__class__ is int:
        return permute_view(input, _exchanged(input.ndim, dim0, dim1))
    ndim = input.ndim
    return permute_view(input, _exchanged(ndim, wrap_dim(dim0, ndim, "transpose"), wrap_dim(dim1, ndim, "transpose")))


@lru_cache(maxsize=256)
def _exchanged(ndim: int, dim0: int, dim1: int) -> tuple[int, ...]:
    """The order of dimensions with two of them exchanged."""
    dim0, dim1 = wrap_dim(dim0, ndim, "transpose"), wrap_dim(dim1, ndim, "transpose")
    order = list(range(ndim))
    if ndim:
        order[dim0], order[dim1] = dim1, dim0
    return tuple(order)


@composite(method=True)
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """`transpose` under NumPy's name."""
    return transpose(input, axis0, axis1)


@composite(method=True)
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; tensors of fewer dimensions as they are. RuntimeError above two dimensions."""
    ndim = input.ndim
    if ndim > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return permute_view(input, (1, 0) if ndim == 2 else tuple(range(ndim)))


@composite(method=True, aliases=("moveaxis",))
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Dimensions `source` moved to positions `destination`; the others keep their order."""
    starts = (source,) if isinstance(source, int) else tuple(source)
    ends = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(starts) != len(ends):
        raise ShapeError(
            f"movedim: Invalid source or destination dims: source ({list(starts)} dims) should contain the same number "
            f"of dims as destination ({list(ends)} dims)"
        )
    ndim = input.ndim
    wrapped = [[wrap_dim(dim, ndim, "movedim") for dim in dims] for dims in (starts, ends)]
    for name, dims, given in (("source", wrapped[0], starts), ("destination", wrapped[1], ends)):
        if len(set(dims)) != len(dims):
            raise ShapeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if ndim == 0:
        return permute_view(input, ())
    order: list[int | None] = [None] * ndim
    for start, end in zip(*wrapped, strict=True):
        order[end] = start
    rest = iter(dim for dim in range(ndim) if dim not in wrapped[0])
    return permute_view(input, tuple(next(rest) if dim is None else dim for dim in order))


def _conjugate(input: Tensor) -> Tensor:
    return input.conj() if input.dtype.is_complex else input


@composite(method=True)
def adjoint(input: Tensor) -> Tensor:
    """Each matrix conjugated and transposed (``mH`` as a function). RuntimeError for 1-d tensors."""
    if input.ndim == 0:
        warnings.warn("adjoint() is deprecated on 0-D tensors. Consider using x.conj().", UserWarning, stacklevel=2)
        return _conjugate(permute_view(input, ()))
    if input.ndim == 1:
        raise ShapeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return _conjugate(transpose(input, -2, -1))
