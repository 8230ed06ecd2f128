"""Sobol points."""

from __future__ import annotations

import numpy as np
import pytest

import torchere as torch

pytest.importorskip("scipy")


def test_first_points_are_those_of_pytorch():
    engine = torch.quasirandom.SobolEngine(2)
    expected = [[0, 0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75], [0.375, 0.375]]
    assert engine.draw(3).tolist() == expected[:3]
    assert engine.draw(2).tolist() == expected[3:]
    assert engine.reset().draw_base2(2).tolist() == expected[:4]
    assert torch.quasirandom.SobolEngine(2).fast_forward(3).draw(2).tolist() == expected[3:]


def test_forms():
    engine = torch.quasirandom.SobolEngine(3, scramble=True, seed=5)
    first = engine.draw(4, dtype=torch.float64)
    assert first.dtype is torch.float64
    assert tuple(first.shape) == (4, 3)
    again = torch.quasirandom.SobolEngine(3, scramble=True, seed=5).draw(4, dtype=torch.float64)
    assert first.tolist() == again.tolist()
    out = torch.empty(0)
    torch.quasirandom.SobolEngine(1).draw(2, out=out)
    assert out.tolist() == [[0.0], [0.5]]
    assert repr(engine) == "SobolEngine(dimension=3, scramble=True, seed=5)"
    torch.manual_seed(3)
    one = torch.quasirandom.SobolEngine(2, scramble=True).draw(2)
    torch.manual_seed(3)
    assert torch.quasirandom.SobolEngine(2, scramble=True).draw(2).tolist() == one.tolist()


def test_scrambled_points_are_even():
    points = torch.quasirandom.SobolEngine(2, scramble=True, seed=0).draw(64).numpy()
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=8, range=[[0, 1], [0, 1]])
    assert (counts == 1).all()


def test_errors():
    with pytest.raises(ValueError, match="Supported range of dimensionality"):
        torch.quasirandom.SobolEngine(22000)
    engine = torch.quasirandom.SobolEngine(2)
    engine.draw(3)
    with pytest.raises(ValueError, match="power of 2"):
        engine.draw_base2(2)
