"""The transform, by the conformance kit and by hand."""

import pytest
import torchere
from torchere.testing import TransformConformance

from torchere_example import transforms


class TestRandomShift(TransformConformance):
    make = transforms.RandomShift
    samples = transforms.torchere_samples()


def test_shifts_and_fills() -> None:
    image = torchere.arange(6.0).reshape(1, 2, 3)
    shift = torchere.vision.transforms.RandomShift(fill=9.0)
    assert shift.apply(image, down=1, right=-1).tolist() == [[[9, 9, 9], [1, 2, 9]]]
    assert shift.apply(image, down=0, right=3).tolist() == [[[9] * 3] * 2]
    image, mask = shift(image, image > 2)
    assert torchere.equal((image > 2) & (image < 9), mask & (image < 9))


def test_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="pixels should not be negative"):
        transforms.RandomShift(-1)
