"""Whatever a user logs, as a NumPy array."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

import torchere

__all__ = ["Data", "make_np"]

#: What the writer's methods accept as numbers.
Data: TypeAlias = "torchere.Tensor | np.ndarray | np.generic | float"


def make_np(x: Data) -> np.ndarray:
    """A tensor, array or number as an array; tensors may be part of a graph or on a device.

    A number has shape ``(1,)``. Types that NumPy's arithmetic lacks (bfloat16, float8) become float32.

    Raises:
        NotImplementedError: anything else.
    """
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    if isinstance(x, torchere.Tensor):
        array = x.numpy(force=True)
        # dtypes added to NumPy call themselves void
        return array.astype(np.float32) if array.dtype.kind == "V" else array
    raise NotImplementedError(f"tensorboard takes a tensor, a numpy array or a number, and got {type(x).__name__}")
