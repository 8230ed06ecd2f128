"""Whole tensors."""

from __future__ import annotations

from typing import Final

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto

import torchere

from .plugin_values import owned_by, shape_proto, tensor_summary

__all__ = ["tensor_proto"]

#: dtype → type and field of the message. uint8 and the half types stand where TensorBoard's own reader looks for them,
#: which is not where PyTorch puts them.
_FIELDS: Final = {
    torchere.float16: ("DT_HALF", "half_val"),
    torchere.bfloat16: ("DT_BFLOAT16", "half_val"),
    torchere.float32: ("DT_FLOAT", "float_val"),
    torchere.float64: ("DT_DOUBLE", "double_val"),
    torchere.int8: ("DT_INT8", "int_val"),
    torchere.uint8: ("DT_UINT8", "int_val"),
    torchere.int16: ("DT_INT16", "int_val"),
    torchere.int32: ("DT_INT32", "int_val"),
    torchere.int64: ("DT_INT64", "int64_val"),
    torchere.bool: ("DT_BOOL", "bool_val"),
    torchere.complex64: ("DT_COMPLEX64", "scomplex_val"),
    torchere.complex128: ("DT_COMPLEX128", "dcomplex_val"),
}
#: Bytes a message may have.
_LIMIT: Final = 1 << 31


def tensor_proto(tag: str, tensor: torchere.Tensor) -> Summary:
    """The summary of a tensor of any shape.

    Raises:
        ValueError: 2 GiB or more, or a dtype without a place in the message.
    """
    if tensor.numel() * tensor.itemsize >= _LIMIT:
        raise ValueError(
            f"tensor '{tag}' (shape {tuple(tensor.shape)}, {tensor.dtype}) has 2 GiB or more, "
            "which no protocol buffer holds. Log parts of it."
        )
    if tensor.dtype not in _FIELDS:
        known = ", ".join(str(dtype).rpartition(".")[2] for dtype in _FIELDS)
        raise ValueError(f"tensor '{tag}' has unsupported tensor dtype {tensor.dtype}; supported are {known}")
    kind, field = _FIELDS[tensor.dtype]
    flat = np.ascontiguousarray(tensor.numpy(force=True)).reshape(-1)
    if field == "half_val":
        flat = flat.view(np.uint16)  # the field holds bit patterns
    elif flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)  # real and imaginary parts in turn
    message = TensorProto(dtype=kind, tensor_shape=shape_proto(tensor.shape), **{field: flat.tolist()})
    return tensor_summary(tag, message, owned_by("tensor"))
