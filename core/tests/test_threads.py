"""The number of threads, as set and as NumPy's OpenBLAS has it."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

import torchere


@pytest.fixture(autouse=True)
def restored():
    before = torchere.get_num_threads()
    yield
    torchere.set_num_threads(before)


def openblas_threads():
    for file in (Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*"):
        function = getattr(ctypes.CDLL(str(file)), "scipy_openblas_get_num_threads64_", None)
        if function is not None:
            return function()
    return pytest.skip("NumPy does not bring OpenBLAS here")


@pytest.mark.parametrize("count", [1, 2])
def test_set_reaches_openblas(count):
    torchere.set_num_threads(count)
    assert torchere.get_num_threads() == count
    assert openblas_threads() == count


@pytest.mark.parametrize("count", [0, -1, 1.5])
def test_refuses(count):
    with pytest.raises(RuntimeError, match="expects a positive integer"):
        torchere.set_num_threads(count)
