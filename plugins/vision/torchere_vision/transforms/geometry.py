"""Random crops, flips and affine maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torchere
from torchere import Generator, Tensor

from .padding import MODES, pad, sides
from .transform import Transform, between, uniforms

__all__ = ["RandomAffine", "RandomCrop", "RandomHorizontalFlip"]


class RandomHorizontalFlip(Transform):
    """Mirror left and right with probability ``p``. Shape kept."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p should be within 0..1, got {p}")
        self.p = p
        self.generator = generator

    def draw(self, height: int, width: int, generator: Generator | None) -> dict[str, Any]:
        """Whether to flip."""
        return {"flip": uniforms(1, generator)[0] < self.p}

    def apply(self, image: Tensor, *, flip: bool) -> Tensor:  # type: ignore[override]
        """The image, mirrored if ``flip``."""
        return image.flip(-1) if flip else image

    def extra_repr(self) -> str:
        return f"p={self.p}"


class RandomCrop(Transform):
    """Cut a window of ``size`` at a random place, after padding.

    Args:
        size: (height, width), or one number for both.
        padding: pixels added before: one number, (left and right, top and bottom), or (left, top, right, bottom).
        pad_if_needed: pad further where the image is smaller than ``size``.
        fill: value of added pixels in the mode ``constant``.
        padding_mode: ``constant``, ``edge`` (repeat the border), ``reflect`` (mirror without the border pixel),
            ``symmetric`` (with it).

    Shape: ``(*, H, W)`` to ``(*, *size)``.

    Raises:
        ValueError: the image is smaller than ``size``, or an option is not among those named.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: str = "constant",
        *,
        generator: Generator | None = None,
    ) -> None:
        if padding_mode not in MODES:
            raise ValueError(f"RandomCrop: padding_mode should be one of {', '.join(MODES)}, got {padding_mode!r}")
        numbers = (size, size) if isinstance(size, int) else tuple(size)
        if len(numbers) not in (1, 2):
            raise ValueError(f"RandomCrop: please provide only two dimensions (h, w) for size, got {numbers}")
        self.size = (numbers[0], numbers[-1])
        self.padding = None if padding is None else sides(padding)
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode
        self.generator = generator

    def _padding(self, height: int, width: int) -> tuple[int, int, int, int]:
        left, top, right, bottom = self.padding or (0, 0, 0, 0)
        if self.pad_if_needed:
            across = max(0, self.size[1] - width - left - right)
            down = max(0, self.size[0] - height - top - bottom)
            left, right, top, bottom = left + across, right + across, top + down, bottom + down
        return left, top, right, bottom

    def draw(self, height: int, width: int, generator: Generator | None) -> dict[str, Any]:
        """The window's upper left corner in the padded image."""
        left, top, right, bottom = self._padding(height, width)
        free_rows = height + top + bottom - self.size[0]
        free_columns = width + left + right - self.size[1]
        if free_rows < 0 or free_columns < 0:
            raise ValueError(
                f"RandomCrop: required crop size {self.size} is larger than the padded image "
                f"({height + top + bottom}, {width + left + right}). Pass pad_if_needed=True or more padding."
            )
        row, column = uniforms(2, generator)
        return {"top": int(row * (free_rows + 1)), "left": int(column * (free_columns + 1))}

    def apply(self, image: Tensor, *, top: int, left: int) -> Tensor:  # type: ignore[override]
        """The window at (top, left)."""
        padding = self._padding(image.size(-2), image.size(-1))
        if any(padding):
            image = pad(image, padding, self.fill, self.padding_mode)
        return image[..., top : top + self.size[0], left : left + self.size[1]]

    def extra_repr(self) -> str:
        return f"size={self.size}, padding={self.padding}"


class RandomAffine(Transform):
    """Rotate, shift and scale about the centre, with bilinear interpolation.

    Args:
        degrees: the angle is drawn from ``-degrees..degrees``, or from a pair ``(low, high)``; clockwise.
        translate: largest shift as fractions of (width, height); None for none.
        scale: a pair ``(low, high)`` of factors; None for none.
        fill: value of what comes from outside the image.

    Shape: floating ``(*, H, W)``, kept. Shifts are not rounded to whole pixels.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        *,
        fill: float = 0,
        generator: Generator | None = None,
    ) -> None:
        if isinstance(degrees, int | float):
            if degrees < 0:
                raise ValueError(f"RandomAffine: a single degrees value should be positive, got {degrees}")
            degrees = (-degrees, degrees)
        if translate is not None and not all(0 <= part <= 1 for part in translate):
            raise ValueError(f"RandomAffine: translation values should be between 0 and 1, got {tuple(translate)}")
        if scale is not None and not all(factor > 0 for factor in scale):
            raise ValueError(f"RandomAffine: scale values should be positive, got {tuple(scale)}")
        self.degrees = (degrees[0], degrees[1])
        self.translate = None if translate is None else (translate[0], translate[1])
        self.scale = None if scale is None else (scale[0], scale[1])
        self.fill = fill
        self.generator = generator

    def draw(self, height: int, width: int, generator: Generator | None) -> dict[str, Any]:
        """The angle in degrees, the shift in pixels (right, down) and the factor."""
        across, down = self.translate or (0.0, 0.0)
        turn, horizontal, vertical, size = uniforms(4, generator)
        return {
            "angle": between(*self.degrees, turn),
            "right": between(-across, across, horizontal) * width,
            "down": between(-down, down, vertical) * height,
            "factor": 1.0 if self.scale is None else between(*self.scale, size),
        }

    def apply(  # type: ignore[override]
        self, image: Tensor, *, angle: float, right: float, down: float, factor: float
    ) -> Tensor:
        """The image under that map."""
        if not image.is_floating_point():
            raise TypeError(f"RandomAffine: expected a floating image, got {image.dtype}; use ToTensor first.")
        height, width = image.size(-2), image.size(-1)
        # One pixel of border holds the fill value: places beyond it are clamped onto it.
        framed = pad(image, (1, 1, 1, 1), self.fill, "constant")
        cosine = math.cos(math.radians(angle)) / factor
        sine = math.sin(math.radians(angle)) / factor
        x = torchere.arange(width, dtype=image.dtype, device=image.device) - (width - 1) / 2 - right
        y = (torchere.arange(height, dtype=image.dtype, device=image.device) - (height - 1) / 2 - down).unsqueeze(1)
        # From each place of the result back to its source, in coordinates of the framed image.
        source_x = (cosine * x + sine * y + (width + 1) / 2).clamp(0, width + 1)
        source_y = (cosine * y - sine * x + (height + 1) / 2).clamp(0, height + 1)
        left = source_x.floor().clamp(max=width)
        top = source_y.floor().clamp(max=height)
        weight_x = source_x - left
        weight_y = source_y - top
        place = (top * (width + 2) + left).to(torchere.int64).flatten()
        corners = torchere.tensor([[0], [1], [width + 2], [width + 3]], device=image.device)
        pixels = framed.flatten(-2).index_select(-1, (place + corners).flatten()).unflatten(-1, (4, height, width))
        upper = torchere.lerp(pixels[..., 0, :, :], pixels[..., 1, :, :], weight_x)
        lower = torchere.lerp(pixels[..., 2, :, :], pixels[..., 3, :, :], weight_x)
        return torchere.lerp(upper, lower, weight_y)

    def extra_repr(self) -> str:
        return f"degrees={self.degrees}, translate={self.translate}, scale={self.scale}"
