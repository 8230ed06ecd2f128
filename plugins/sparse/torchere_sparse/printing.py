"""The text of sparse tensors, as PyTorch 2.13 prints them."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchere import dtypes
from torchere.promotion import get_default_dtype
from torchere.tensors.printing import _with_remarks, format_tensor, get_printoptions

from .arrays import COMPRESSED, CooArray, dtype_of

__all__ = ["sparse_repr"]


def _part(name: str, array: np.ndarray[Any, Any], indent: int) -> str:
    """``name=tensor(...)``; sizes are said of empty ones, dtypes of indices that are not int64."""
    prefix = f"{name}=tensor("
    extra = []
    dtype = dtype_of(array)
    default = get_default_dtype()
    if array.size == 0:
        # The dtype stands in the last line; format_tensor would say it, and not the size of a vector.
        return f"{prefix}[], size={tuple(array.shape)})"
    if name == "values":
        default = dtype if dtype.is_floating_point else default
    text = format_tensor(array, dtype=dtype, default_dtype=default, indent=indent, prefix=prefix, extra=extra)
    return text


def sparse_repr(tensor: Any) -> str:
    """The text of a tensor of a sparse layout: its parts, size, number of elements and what is unusual about it."""
    array, layout = tensor._array, tensor.layout
    dtype = tensor.dtype
    coo = isinstance(array, CooArray)
    indent = len("tensor(")
    if coo:
        parts = [("indices", array.indices)]
    else:
        names = ("crow_indices", "col_indices") if COMPRESSED[array.layout][0] == 0 else ("ccol_indices", "row_indices")
        parts = [(names[0], array.compressed), (names[1], array.plain)]
    pieces = [_part(name, part, indent) for name, part in [*parts, ("values", array.values)]]
    space = "\n" + " " * indent
    text = f"tensor({f',{space}'.join(pieces)},"
    size = f"size={tuple(array.shape)}, nnz={array.nnz}"
    text += f"{space}{size}" if coo else f" {size}"
    remarks = []
    if tensor.device.type != "cpu":
        remarks.append(f"device='{tensor.device}'")
    usual = dtype is get_default_dtype() or dtype is dtypes.int64 or dtype is dtypes.bool_
    if dtype.is_complex:
        usual = dtype is get_default_dtype().to_complex()
    if not usual or (array.values.size == 0 and dtype is not get_default_dtype()):
        remarks.append(f"dtype={dtype!r}")
    remarks.append(f"layout={layout!r}")
    node = tensor.grad_fn
    if node is not None:
        remarks.append(f"grad_fn=<{node.name()}>")
    elif tensor.requires_grad:
        remarks.append("requires_grad=True")
    return _with_remarks(text, remarks, indent, get_printoptions()["linewidth"])
