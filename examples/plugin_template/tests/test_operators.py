"""The operator, by the conformance kit: values, dtypes, shapes, first and second gradients."""

import pytest
import torchere
from torchere.testing import OperatorConformance


class TestCapping(OperatorConformance):
    library = "capping"


def test_stays_within_the_cap() -> None:
    assert torchere.softcap(torchere.tensor([-1e6, 0.0, 1e6]), 2.0).tolist() == [-2.0, 0.0, 2.0]
    assert torchere.softcap(torchere.tensor(0.01)).item() == pytest.approx(0.01)
