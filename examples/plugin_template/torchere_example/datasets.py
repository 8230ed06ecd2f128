"""The dataset `TwoMoons`."""

import math
from collections.abc import Callable
from typing import Any

import torchere
from torchere import Generator
from torchere.testing import Sample
from torchere.utils.data import Dataset

__all__ = ["TwoMoons"]


class TwoMoons(Dataset[tuple[Any, int]]):
    """``(point, label)``: a float32 tensor ``(2,)`` on one of two interleaved half circles of radius 1, and which one.

    Args:
        size: how many points; every other one is on the same half circle.
        noise: standard deviation of what is added to both coordinates.
        seed: of the noise. The same seed gives the same points.
        transform: applied to the point.

    Raises: ValueError for a size below 1 or a negative noise.
    """

    def __init__(
        self, size: int = 200, noise: float = 0.1, *, seed: int = 0, transform: Callable[[Any], Any] | None = None
    ) -> None:
        if size < 1 or noise < 0:
            raise ValueError(f"TwoMoons: size should be positive and noise not negative, got {size} and {noise}")
        self.transform = transform
        self.labels = torchere.arange(size) % 2
        angle = torchere.linspace(0, math.pi, size)
        upper = torchere.stack([angle.cos(), angle.sin()], 1)
        lower = torchere.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)
        shift = torchere.randn(size, 2, generator=Generator().manual_seed(seed)) * noise
        self.points = torchere.where(self.labels[:, None] == 0, upper, lower) + shift

    def __getitem__(self, index: int) -> tuple[Any, int]:
        point: Any = self.points[index]
        return (point if self.transform is None else self.transform(point)), int(self.labels[index])

    def __len__(self) -> int:
        return self.points.size(0)


def torchere_samples() -> list[Sample]:
    """How the conformance kit makes the dataset."""
    return [Sample(20), Sample(9, noise=0.0)]
