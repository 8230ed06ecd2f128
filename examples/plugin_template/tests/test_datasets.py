"""The dataset, by the conformance kit and by its geometry."""

import pytest
import torchere
from torchere.testing import DatasetConformance

from torchere_example import datasets


class TestTwoMoons(DatasetConformance):
    make = datasets.TwoMoons
    samples = datasets.torchere_samples()


def test_points_lie_on_circles() -> None:
    exact = torchere.vision.datasets.TwoMoons(50, noise=0)
    centers = torchere.tensor([[0.0, 0.0], [1.0, 0.5]])[exact.labels]
    assert torchere.allclose((exact.points - centers).norm(dim=1), torchere.ones(50))
    assert torchere.equal(datasets.TwoMoons(9, seed=3).points, datasets.TwoMoons(9, seed=3).points)
    assert datasets.TwoMoons(2, transform=lambda point: "seen")[-1] == ("seen", 1)


def test_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="size should be positive"):
        datasets.TwoMoons(0)
