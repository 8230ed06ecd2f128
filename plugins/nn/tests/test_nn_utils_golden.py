"""Recurrent layers over packed sequences and ``nn.utils`` against golden vectors of PyTorch 2.13."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import torchere as torch
from torchere import nn

GOLDEN = Path(__file__).parent / "golden"
_spec = importlib.util.spec_from_file_location("nn_utils_programs", GOLDEN / "nn_utils_programs.py")
programs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(programs)
ARRAYS = dict(np.load(GOLDEN / "nn_utils.npz"))


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_results_are_pytorchs(name: str) -> None:
    found = programs.run(name, torch, nn)
    prefix = f"{name}/"
    expected = {key.removeprefix(prefix): value for key, value in ARRAYS.items() if key.startswith(prefix)}
    # The order of the state dict's names counts, too.
    assert list(found) == list(expected)
    for key, value in expected.items():
        assert found[key].shape == value.shape, key
        assert found[key].dtype == value.dtype, key
        np.testing.assert_allclose(found[key], value, rtol=1e-9, atol=1e-11, err_msg=key)
