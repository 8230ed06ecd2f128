"""The transform `RandomShift`."""

from typing import Any

import torchere
from torchere import Generator, Tensor
from torchere.testing import A, Sample
from torchere.vision.transforms import Transform

__all__ = ["RandomShift"]


class RandomShift(Transform):
    """Move the image by up to ``pixels`` up or down, and left or right; what enters is ``fill``.

    Shape: ``(*, H, W)``, kept.
    Raises: ValueError for negative `pixels`.
    """

    def __init__(self, pixels: int = 1, fill: float = 0.0, *, generator: Generator | None = None) -> None:
        if pixels < 0:
            raise ValueError(f"RandomShift: pixels should not be negative, got {pixels}")
        self.pixels = pixels
        self.fill = fill
        self.generator = generator

    def draw(self, height: int, width: int, generator: Generator | None) -> dict[str, Any]:
        """How far, in pixels down and to the right; one draw serves an image and its mask."""
        down, right = torchere.randint(-self.pixels, self.pixels + 1, (2,), generator=generator).tolist()
        return {"down": down, "right": right}

    def apply(self, image: Tensor, *, down: int, right: int) -> Tensor:
        """The shifted image."""
        height, width = image.shape[-2:]
        result = torchere.full_like(image, self.fill)
        if abs(down) < height and abs(right) < width:
            rows, columns = _overlap(down, height), _overlap(right, width)
            result[..., rows[1], columns[1]] = image[..., rows[0], columns[0]]
        return result

    def extra_repr(self) -> str:
        """The arguments, for the repr."""
        return f"pixels={self.pixels}, fill={self.fill}"


def _overlap(shift: int, size: int) -> tuple[slice, slice]:
    """Where what stays is read, and where it is written."""
    read, write = max(-shift, 0), max(shift, 0)
    length = size - abs(shift)
    return slice(read, read + length), slice(write, write + length)


def torchere_samples() -> list[Sample]:
    """How the conformance kit makes and calls the transform."""
    image = A(3, 5, 6, low=0.0, high=1.0)
    return [Sample(2, inputs=[image], output=(3, 5, 6), bounds=(0.0, 1.0)), Sample(9, 0.5, inputs=[image])]
