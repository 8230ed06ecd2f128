"""Layers against golden vectors of PyTorch 2.13: printed forms, state dicts, outputs and gradients."""

from __future__ import annotations

import importlib.util
import inspect
import json
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


cases = load("nn_cases")
inputs_of = load("golden_inputs")
ARRAYS = dict(np.load(GOLDEN / "nn.npz"))
FACTS = json.loads((GOLDEN / "nn.json").read_text())


@pytest.mark.parametrize(("name", "text", "inputs"), cases.LAYERS, ids=[case[0] for case in cases.LAYERS])
def test_outputs_and_gradients(name: str, text: str, inputs: list[Any]) -> None:
    result = inputs_of.run_layer(name, text, inputs, nn, torch)
    prefix = f"layer/{name}/"
    expected = {key.removeprefix(prefix): value for key, value in ARRAYS.items() if key.startswith(prefix)}
    assert sorted(result) == sorted(expected)
    for key, value in expected.items():
        assert result[key].shape == value.shape, key
        assert result[key].dtype == value.dtype, key
        np.testing.assert_allclose(result[key], value, rtol=1e-6, atol=1e-10, err_msg=key)


STRUCTURES = [(name, text) for name, text, _ in cases.LAYERS] + cases.STRUCTURES


@pytest.mark.parametrize(("name", "text"), STRUCTURES, ids=[case[0] for case in STRUCTURES])
def test_printed_form_and_state_dict(name: str, text: str) -> None:
    expected = FACTS["structures"][name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        module = eval(text, {"nn": nn, "torch": torch})
    state = module.state_dict()
    assert repr(module) == expected["repr"]
    assert [[key, list(value.shape)] for key, value in state.items()] == expected["state"]
    assert {key: value["version"] for key, value in state._metadata.items()} == expected["versions"]
    assert str(module.load_state_dict(state)) == "<All keys matched successfully>"


OURS = sorted(
    key for key in FACTS["signatures"] if key.startswith("nn.") and key.removeprefix("nn.") in set(nn.__all__)
)


@pytest.mark.parametrize("key", OURS)
def test_constructor_signature(key: str) -> None:
    name = key.removeprefix("nn.")
    if name in ("Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"):
        pytest.skip("made by __new__, which has the signature")
    expected = [row for row in FACTS["signatures"][key] if row[0] not in ("args", "kwargs")]
    rows = []
    for parameter in list(inspect.signature(getattr(nn, name).__init__).parameters.values())[1:]:
        default = parameter.default
        text = "" if default is parameter.empty else "relu" if callable(default) else repr(default)
        rows.append([parameter.name, parameter.kind.name, text])
    assert [row for row in rows if row[0] not in ("args", "kwargs")] == expected
