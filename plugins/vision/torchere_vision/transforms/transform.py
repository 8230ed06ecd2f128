"""What a transform is: a draw and its application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torchere
from torchere import Generator, Tensor

__all__ = ["Compose", "Transform"]


class Transform:
    """Draws random values once a call, then applies them to every image of the call.

    A subclass defines ``apply``, and ``draw`` when it is random. ``transform(image)`` returns the new image,
    ``transform(image, mask)`` a tuple of both under the same draw. Images have shape ``(*, H, W)``; what stands before
    is left alone, so a batch is transformed as one.
    """

    generator: Generator | None = None

    def draw(self, height: int, width: int, generator: Generator | None) -> dict[str, Any]:
        """The random values for one call, as keyword arguments of `apply`."""
        return {}

    def apply(self, image: Tensor, **drawn: Any) -> Tensor:
        """The transformed image under the values drawn."""
        raise NotImplementedError(f"{type(self).__name__} must define apply(image, ...).")

    def __call__(self, *images: Any) -> Any:
        for image in images:
            if not isinstance(image, Tensor) or image.dim() < 2:
                got = f"shape {tuple(image.shape)}" if isinstance(image, Tensor) else type(image).__name__
                raise TypeError(
                    f"{type(self).__name__} expects tensors of shape (*, H, W), got {got}. "
                    "Put ToTensor() before it for NumPy arrays and PIL images."
                )
        drawn = self.draw(images[0].size(-2), images[0].size(-1), self.generator)
        results = tuple(self.apply(image, **drawn) for image in images)
        return results[0] if len(results) == 1 else results

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"

    def extra_repr(self) -> str:
        """The arguments, for the repr."""
        return ""


class Compose:
    """Transforms one after the other. Works with any callables.

    Example:
        >>> double = Compose([lambda x: x + 1, lambda x: x * 2])
        >>> double(3)
        8
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = transforms

    def __call__(self, *images: Any) -> Any:
        for transform in self.transforms:
            result = transform(*images)
            images = result if len(images) > 1 else (result,)
        return images if len(images) > 1 else images[0]

    def __repr__(self) -> str:
        lines = "".join(f"\n    {transform}" for transform in self.transforms)
        return f"{type(self).__name__}({lines}\n)"


def uniforms(count: int, generator: Generator | None) -> list[float]:
    """Random numbers in ``0..1``, the upper end excluded. One call for all that a transform needs is quicker."""
    return torchere.rand(count, generator=generator).tolist()


def between(low: float, high: float, share: float) -> float:
    """The number at ``share`` (0..1) of the way from ``low`` to ``high``."""
    return low + (high - low) * share
