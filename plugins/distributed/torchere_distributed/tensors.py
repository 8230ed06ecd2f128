"""Tensors as flat arrays and back, and what PyTorch checks of a collective's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import torchere
from torchere import Tensor

__all__ = ["check_list", "check_tensor", "flat", "like", "write"]


def check_tensor(value: Any, name: str) -> None:
    """Raises TypeError unless `value` is a tensor, ValueError unless it is dense."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type torch.Tensor\n"
            f"             but got {type(value)} instead."
        )
    if value.layout is not torchere.strided:
        raise ValueError(f"`{name}` has layout {value.layout}: collectives take dense tensors, use {name}.to_dense()")


def check_list(values: Any, name: str) -> None:
    """Raises TypeError unless `values` is a list of tensors."""
    if not isinstance(values, list | tuple) or not all(isinstance(value, Tensor) for value in values):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type List[torch.Tensor]\n"
            f"             but got {type(values)} with elements of type {[type(value) for value in values][:8]}."
            if isinstance(values, list | tuple)
            else f"Invalid function argument. Expected parameter `{name}` of type List[torch.Tensor]\n"
            f"             but got {type(values)} instead."
        )


def check_dtypes(*values: Tensor | Sequence[Tensor]) -> None:
    """Raises ValueError unless all tensors have one dtype."""
    tensors = [each for value in values for each in ([value] if isinstance(value, Tensor) else value)]
    for tensor in tensors[1:]:
        if tensor.dtype != tensors[0].dtype:
            raise ValueError(
                f"Invalid usage of tensors with different dtypes: found {tensors[0].dtype} and {tensor.dtype}"
            )


def flat(tensor: Tensor) -> np.ndarray:
    """The elements in C order as a contiguous vector, a view where possible."""
    return np.ascontiguousarray(tensor.detach().cpu().resolve_conj().resolve_neg().numpy()).reshape(-1)


def like(tensor: Tensor) -> np.ndarray:
    """A vector of the tensor's size and dtype that nobody has written."""
    return np.empty(tensor.numel(), flat(tensor[(slice(0, 0),)] if tensor.dim() else tensor.reshape(1)).dtype)


def write(tensor: Tensor, array: np.ndarray) -> None:
    """Put a vector into the tensor, whatever its strides and device, without recording."""
    source = torchere.from_numpy(array if array.flags.writeable else array.copy())
    with torchere.no_grad():
        tensor.detach().copy_(source.reshape(tensor.shape))
