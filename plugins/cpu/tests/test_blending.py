"""Choosing by bit masks, against ``numpy.where``, and block-wise evaluation, against whole arrays."""

from __future__ import annotations

import numpy as np
import pytest

from torchere_cpu import blocks
from torchere_cpu.blending import drop, keep, select

SOURCE = np.random.default_rng(0)
MASK = SOURCE.random((40, 30)) < 0.5


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint32", "complex64"])
def test_select_equals_where(dtype: str) -> None:
    x, y = (SOURCE.normal(size=(40, 30)).astype(dtype) for _ in range(2))
    for first, second in ((x, y), (x, y[0]), (x[:, :1], y), (x.T.copy().T, y[::1])):
        result = select(MASK, first, second)
        assert result.dtype == x.dtype
        np.testing.assert_array_equal(result, np.where(MASK, first, second))
    np.testing.assert_array_equal(keep(MASK, x), np.where(MASK, x, 0).astype(dtype))
    np.testing.assert_array_equal(drop(MASK, x), np.where(MASK, 0, x).astype(dtype))
    np.testing.assert_array_equal(drop(MASK[:1], x), np.where(MASK[:1], 0, x).astype(dtype))
    np.testing.assert_array_equal(keep(MASK[:1], x), np.where(MASK[:1], x, 0).astype(dtype))


def test_special_values_stay_on_their_side() -> None:
    x, y = np.full((40, 30), np.nan, np.float32), np.full((40, 30), np.inf, np.float32)
    assert np.isnan(select(MASK, x, y)).sum() == MASK.sum()
    assert (keep(MASK, y)[~MASK] == 0).all()


@pytest.mark.parametrize("shape", [(), (0,), (7,), (300, 1000), (1000, 300)])
def test_blocks_cover_everything_once(shape: tuple[int, ...]) -> None:
    x = SOURCE.normal(size=shape).astype(np.float32)
    calls = []

    def compute(out: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
        calls.append(out.size)
        np.add(first, second, out)

    y = x.T.copy().T  # another order in memory
    result = blocks.in_blocks(compute, x, y)
    np.testing.assert_array_equal(result, x + x)
    assert result.shape == shape
    assert sum(calls) == x.size
