"""Optimizers and schedulers against golden vectors of PyTorch 2.13."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere import optim

GOLDEN = Path(__file__).parents[3] / "tests" / "golden"


def load(name: str) -> Any:
    """A module of the golden folder, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


cases = load("nn_cases")
runs = load("golden_inputs")
ARRAYS = dict(np.load(GOLDEN / "nn.npz"))
FACTS = json.loads((GOLDEN / "nn.json").read_text())


@pytest.fixture
def float64_default() -> Iterator[None]:
    """The default dtype under which the golden vectors were made."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.usefixtures("float64_default")
@pytest.mark.parametrize(("name", "text"), cases.OPTIMIZERS, ids=[case[0] for case in cases.OPTIMIZERS])
def test_trajectory_of_fifty_steps(name: str, text: str) -> None:
    result = runs.run_optimizer(name, text, optim, torch)
    prefix = f"optimizer/{name}/"
    expected = {key.removeprefix(prefix): value for key, value in ARRAYS.items() if key.startswith(prefix)}
    assert sorted(result) == sorted(expected)
    for key, value in expected.items():
        assert result[key].shape == value.shape, key
        np.testing.assert_allclose(result[key], value, rtol=1e-6, atol=1e-9, err_msg=key)


@pytest.mark.usefixtures("float64_default")
@pytest.mark.parametrize(("name", "text"), cases.OPTIMIZERS, ids=[case[0] for case in cases.OPTIMIZERS])
def test_printed_form_and_defaults(name: str, text: str) -> None:
    optimizer = eval(text, {"optim": optim, "torch": torch, "params": [torch.zeros(1)]})
    assert repr(optimizer) == FACTS["optimizers"][name]["repr"]
    assert sorted(optimizer.defaults) == FACTS["optimizers"][name]["defaults"]


@pytest.mark.usefixtures("float64_default")
@pytest.mark.parametrize(("name", "optimizer", "text"), cases.SCHEDULERS, ids=[case[0] for case in cases.SCHEDULERS])
def test_schedule_of_sixty_steps(name: str, optimizer: str, text: str) -> None:
    result = runs.run_scheduler(optimizer, text, optim, torch)
    expected = FACTS["schedules"][name]
    for key in ("lr", "momentum", "last_lr"):
        np.testing.assert_allclose(np.array(result[key]), np.array(expected[key]), rtol=1e-9, atol=1e-12, err_msg=key)


OURS = [
    key
    for key in sorted(FACTS["signatures"])
    if (key.startswith("optim.lr_scheduler.") and key.rpartition(".")[2] in optim.lr_scheduler.__all__)
    or (key.count(".") == 1 and key.startswith("optim.") and key.rpartition(".")[2] in optim.__all__)
]


@pytest.mark.parametrize("key", OURS)
def test_constructor_signature(key: str) -> None:
    owner = optim.lr_scheduler if "lr_scheduler" in key else optim
    rows = []
    for parameter in list(inspect.signature(getattr(owner, key.rpartition(".")[2]).__init__).parameters.values())[1:]:
        text = "" if parameter.default is parameter.empty else repr(parameter.default)
        rows.append([parameter.name, parameter.kind.name, text])
    assert rows == FACTS["signatures"][key]
