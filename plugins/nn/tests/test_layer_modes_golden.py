"""Every module against golden vectors of PyTorch 2.13 in training, in evaluation and without gradients."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere import nn

GOLDEN = Path(__file__).parents[3] / "tests" / "golden"


def load(name: str) -> Any:
    """A module of the golden folder, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


for needed in ("nn_cases", "golden_inputs", "layer_cases"):
    load(needed)
runs = load("layer_runs")

FACTS = json.loads((GOLDEN / "layers.json").read_text())
STREAMS = dict(np.load(GOLDEN / "layers.npz"))

#: Bases that are not called themselves.
ABSTRACT = {"Container", "Module", "RNNBase", "RNNCellBase"}
#: (case, result): where torchere departs from PyTorch, and why.
DEPARTURES = {
    ("norm_0", "input0"): "PyTorch's gradient of CrossMapLRN2d sums over another window than its forward",
    ("norm_1", "input0"): "PyTorch's gradient of CrossMapLRN2d sums over another window than its forward",
    ("EmbeddingBag_1", "grad.weight"): "PyTorch divides by the count of another index",
    ("EmbeddingBag_2", "grad.weight"): "PyTorch divides by the count of another index",
    ("conv1d_15", "printed"): "a lazy norm without state knows its channels here, and 0 of them in PyTorch",
    ("conv2d_15", "printed"): "a lazy norm without state knows its channels here, and 0 of them in PyTorch",
    ("conv3d_15", "printed"): "a lazy norm without state knows its channels here, and 0 of them in PyTorch",
}


def by_case() -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """Expected results by case and mode."""
    arrays: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for key in (*FACTS["index"], *FACTS["same"]):
        stream, start, shape = FACTS["index"][FACTS["same"].get(key, key)]
        value = STREAMS[stream][start : start + int(np.prod(shape))].reshape(shape)
        name, mode, result = key.split("|")
        arrays.setdefault((name, mode), {})[result] = value
    return arrays


EXPECTED = by_case()
CASES = [(name, text, inputs, mode) for name, text, inputs in runs.all_cases() for mode in runs.modes_of(name, text)]


@pytest.mark.parametrize(("name", "text", "inputs", "mode"), CASES, ids=[f"{case[0]}-{case[3]}" for case in CASES])
def test_outputs_gradients_and_buffers(name: str, text: str, inputs: list[Any], mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = runs.run_mode(name, text, inputs, mode, nn, torch)
    expected = EXPECTED.get((name, mode), {})
    assert sorted(found) == sorted(expected)
    for key, value in expected.items():
        assert found[key].shape == value.shape, key
        assert found[key].dtype == value.dtype, key
        if (name, key) not in DEPARTURES:
            np.testing.assert_allclose(found[key], value, rtol=1e-6, atol=1e-9, err_msg=key)


MORE = [(name, text) for name, text, _ in load("layer_cases").MORE_LAYERS]


@pytest.mark.parametrize(("name", "text"), MORE, ids=[case[0] for case in MORE])
def test_printed_form(name: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        printed = repr(runs.build(text, nn, torch))
    assert (printed == FACTS["printed"][name]) is ((name, "printed") not in DEPARTURES), printed


def test_every_module_of_pytorch_is_there_and_has_golden_cases() -> None:
    texts = {mode: " ".join(text for _, text, _, m in CASES if m == mode) for mode in runs.MODES}
    texts["train"] += " ".join(text for _, text, _ in load("nn_cases").LAYERS)
    uncovered = {}
    for name in FACTS["modules"]:
        assert inspect.isclass(getattr(nn, name)), name
        modes = [mode for mode in ("train", "eval") if re.search(rf"nn\.{name}\b", texts[mode])]
        if name not in ABSTRACT and len(modes) < 2 and name != "SyncBatchNorm":
            uncovered[name] = modes
    assert uncovered == {}
    ours = {
        name for name in nn.__all__ if inspect.isclass(getattr(nn, name)) and issubclass(getattr(nn, name), nn.Module)
    }
    assert sorted(ours - set(FACTS["modules"])) == []
