"""Transforms of values: into tensors, to another scale, by a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import torchere
from torchere import Tensor

from .transform import Transform

__all__ = ["Lambda", "Normalize", "ToTensor"]


class ToTensor:
    """A NumPy array or PIL image ``(H, W)`` or ``(H, W, C)`` to a tensor ``(C, H, W)``.

    uint8 values 0..255 become float32 in 0..1; other dtypes keep their values, and bool images become 0 and 1.

    Raises:
        TypeError: neither an array nor an image.
        ValueError: an array of another number of dimensions.
    """

    def __call__(self, image: Any) -> Tensor:
        if isinstance(image, Tensor) or not (isinstance(image, np.ndarray) or hasattr(image, "__array_interface__")):
            raise TypeError(f"ToTensor: pic should be PIL Image or ndarray. Got {type(image)}")
        array = np.asarray(image)
        if array.ndim not in (2, 3):
            raise ValueError(f"ToTensor: pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
        planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
        tensor = torchere.from_numpy(np.ascontiguousarray(planes).copy())
        if array.dtype == np.uint8:
            return tensor.to(torchere.float32) / 255
        return tensor.to(torchere.float32) if array.dtype == np.bool_ else tensor

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize(Transform):
    """``(image - mean) / std``, channel by channel.

    Args:
        mean: one number a channel.
        std: likewise, not zero.
        inplace: write into the image given.

    Shape: floating ``(*, C, H, W)``.

    Raises:
        TypeError: the image is not of a floating dtype.
        ValueError: a ``std`` of zero, or an image with fewer than three dimensions.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        if any(value == 0 for value in std):
            raise ValueError(f"Normalize: std evaluated to zero, leading to division by zero: got {list(std)}")
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def apply(self, image: Tensor, **drawn: Any) -> Tensor:
        """The normalised image."""
        if not image.is_floating_point():
            raise TypeError(f"Normalize: input tensor should be a float tensor. Got {image.dtype}; use ToTensor first.")
        if image.dim() < 3:
            raise ValueError(f"Normalize: expected a tensor of shape (*, C, H, W), got {tuple(image.shape)}")
        mean = torchere.as_tensor(self.mean, dtype=image.dtype, device=image.device).reshape(-1, 1, 1)
        std = torchere.as_tensor(self.std, dtype=image.dtype, device=image.device).reshape(-1, 1, 1)
        if self.inplace:
            return image.sub_(mean).div_(std)
        return (image - mean) / std

    def extra_repr(self) -> str:
        return f"mean={self.mean}, std={self.std}"


class Lambda:
    """A function as a transform.

    Raises:
        TypeError: it cannot be called.
    """

    def __init__(self, lambd: Callable[..., Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, *images: Any) -> Any:
        return self.lambd(*images)

    def __repr__(self) -> str:
        return "Lambda()"
