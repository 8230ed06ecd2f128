"""Methods that tell how a tensor lies in memory, or hand it to what PyTorch keeps beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Tensor
from torchere.errors import ShapeError, UnsupportedDTypeError
from torchere.operators import composite

from .matmul import summed_to

__all__ = [
    "const_data_ptr",
    "dim_order",
    "get_device",
    "is_nonzero",
    "is_same_size",
    "module_load",
    "record_stream",
    "storage_type",
    "sum_to_size",
    "to_mkldnn",
]


def _order(input: Tensor) -> tuple[int, ...]:
    """Dimensions from the outermost in memory to the innermost.

    Dense layouts are recognised first, as size 1 has no place of its own; broadcast dimensions (stride 0) stay.
    """
    count = input.ndim
    if input.is_contiguous():
        return tuple(range(count))
    for dims, memory_format in ((4, torchere.channels_last), (5, torchere.channels_last_3d)):
        if count == dims and input.is_contiguous(memory_format=memory_format):
            return (0, *range(2, dims), 1)
    strides = input.stride()
    found: list[int] = []
    for dim in range(count):
        place = len(found)
        for before in range(len(found) - 1, -1, -1):
            other = found[before]
            if 0 in (strides[other], strides[dim]):
                continue
            if strides[other] >= strides[dim]:
                break
            place = before
        found.insert(place, dim)
    return tuple(found)


@composite(method="only")
def dim_order(input: Tensor, *, ambiguity_check: bool | Sequence[Any] = False) -> tuple[int, ...]:
    """The dimensions in the order they lie in memory, outermost first.

    With ``ambiguity_check=True`` a RuntimeError says that several orders fit (sizes of 1, equal strides); a list of
    memory formats allows just what fits one of them.
    """
    if not isinstance(ambiguity_check, bool):
        formats = ambiguity_check
        if not isinstance(formats, (list, tuple)) or not all(isinstance(f, torchere.memory_format) for f in formats):
            raise TypeError("dim_order(): The ambiguity_check argument must be a bool or a list of memory formats.")
    shape, strides = tuple(input.shape), input.stride()
    moving = [dim for dim, size in enumerate(shape) if size > 1]
    unique = len(moving) >= len(shape) and len({strides[dim] for dim in moving}) == len(moving)
    if ambiguity_check and not unique:
        formats = [] if isinstance(ambiguity_check, bool) else ambiguity_check
        fitting = [item for item in formats if input.is_contiguous(memory_format=item)]
        if len(fitting) != 1:
            raise ShapeError(
                "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats. "
                f"[dim_order() of shape {shape}, strides {strides}]"
            )
    return _order(input)


@composite(method="only")
def const_data_ptr(input: Tensor) -> int:
    """Address of the first element, for reading; as `data_ptr`."""
    return input.data_ptr()


@composite(method="only")
def storage_type(input: Tensor) -> type:
    """The class of typed storage of this dtype: ``torch.FloatStorage``."""
    return getattr(torchere, input.storage().pickle_storage_type())  # type: ignore[no-any-return]


@composite(method="only")
def record_stream(input: Tensor, stream: Any) -> None:
    """Tell that `stream` uses the memory: it is not reused before the stream's work so far is done.

    RuntimeError where the device has no streams.
    """
    if input.device.type == "cpu" or not hasattr(stream, "synchronize"):
        raise ShapeError(
            f"record_stream(): a tensor on {input.device} and {type(stream).__name__} know no common stream. "
            "Only tensors of devices with streams (cuda) take part."
        )
    stream.synchronize()


@composite(method="only")
def to_mkldnn(input: Tensor, dtype: Any = None) -> Tensor:
    """The tensor itself, or converted to `dtype`: oneDNN's layouts are internal to the kernels that use them.

    RuntimeError for dtypes PyTorch cannot convert either.
    """
    if input.dtype.name not in ("float32", "bfloat16", "float16", "uint8", "int8"):
        raise UnsupportedDTypeError(
            f"to_mkldnn(): expects float, bfloat16, half, uint8, int8 tensor input, got {input.dtype}"
        )
    return input if dtype is None else input.to(dtype)


@composite(method="only")
def module_load(input: Tensor, other: Tensor, assign: bool = False) -> Tensor:
    """What `Module.load_state_dict` puts in the place of this tensor: itself with `other`'s values, or `other`."""
    return other.detach() if assign else input.copy_(other).detach()


@composite(method="only")
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape."""
    return input.shape == other.shape


@composite(method="only")
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero. RuntimeError for more or none."""
    return bool(input)


@composite()
def get_device(input: Tensor) -> int:
    """The device's index; -1 on the cpu."""
    return input.get_device()


@composite(method="only")
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """The sum over dimensions that broadcasting from `size` would have made: the transpose of ``expand``.

    RuntimeError if `size` does not expand to the shape.
    """
    wanted = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (list, tuple)) else tuple(size)
    shape = tuple(input.shape)
    tail = shape[len(shape) - len(wanted) :]
    if len(wanted) > len(shape) or any(w not in (1, s) for w, s in zip(wanted, tail, strict=True)):
        raise ShapeError(f"sum_to_size(): size {list(wanted)} is not expandable to size {list(shape)}.")
    return summed_to(input, wanted)
