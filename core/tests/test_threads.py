"""The number of threads, as set and as NumPy's OpenBLAS has it."""

import ctypes
import os
import subprocess
import sys
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


@pytest.mark.parametrize(("asked", "most"), [("1", 1), ("1000", 1000), ("0", 1000), ("many", 1000)])
def test_the_environment_says_how_many_at_start(asked, most):
    program = "import os, torchere; print(torchere.get_num_threads(), len(os.sched_getaffinity(0)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": asked},
    )
    threads, cores = done.stdout.split()
    assert int(threads) == min(most, int(cores))
