"""Every optimizer with every option, and every scheduler with every argument, against PyTorch 2.13."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchere as torch
from torchere import optim

GOLDEN = Path(__file__).parent / "golden"


def load(name: str) -> Any:
    """A module of the golden folder, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


cases = load("option_cases")
runs = load("option_runs")
FACTS = json.loads((GOLDEN / "options.json").read_text())


def _arrays() -> dict[str, dict[str, np.ndarray]]:
    flat = np.load(GOLDEN / "options.npz")["values"]
    start = 0
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, shapes in FACTS["index"].items():
        found[name] = {}
        for key, shape in shapes.items():
            size = int(np.prod(shape))
            found[name][key] = flat[start : start + size].reshape(shape)
            start += size
    return found


EXPECTED = _arrays()


def compare(name: str, result: dict[str, np.ndarray], rtol: float = 1e-6) -> None:
    expected = EXPECTED[name]
    assert sorted(result) == sorted(expected)
    if name.startswith("Muon"):
        # Its iterations run in bfloat16: now and then a step differs by that type's rounding.
        rtol = 2**-9
    for key, value in expected.items():
        if name.startswith("LBFGS") and key.startswith("state.") and ".func_evals" not in key and ".n_iter" not in key:
            # Differences of gradients near the minimum: rounding decides. The names and shapes are PyTorch's.
            assert np.shape(result[key]) == value.shape, key
            continue
        found = np.array(result[key], order="C")
        if found.dtype.kind == "c":
            found = found.view(found.real.dtype).reshape(*found.shape, 2)
        assert found.shape == value.shape, key
        size = float(np.abs(value).max()) if value.size else 0.0
        np.testing.assert_allclose(found, value, rtol=rtol, atol=rtol * size, err_msg=f"{name} {key}")


@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=lambda case: case.name)
def test_trajectory(case: Any) -> None:
    compare(case.name, runs.run_case(case, optim, torch))


@pytest.mark.parametrize("case", cases.DIFFERENTIABLE, ids=lambda case: case.name)
def test_steps_are_differentiable(case: Any) -> None:
    compare(case.name, runs.run_differentiable(case, optim, torch))


@pytest.mark.parametrize("case", cases.SCHEDULES, ids=[case[0] for case in cases.SCHEDULES])
@pytest.mark.filterwarnings(
    "ignore:The epoch parameter", "ignore:Detected call of", "ignore:To get the last learning rate"
)
def test_schedule(case: Any) -> None:
    compare(f"schedule-{case[0]}", runs.run_schedule(*case, optim, torch), rtol=1e-9)


def test_every_option_of_every_optimizer_has_a_trajectory() -> None:
    given: dict[str, set[str]] = {}
    for case in [*cases.OPTIMIZERS, *cases.DIFFERENTIABLE]:
        given.setdefault(case.optimizer, set()).update(case.options)
    missing = {}
    for name, options in FACTS["optimizers"].items():
        # PyTorch refuses capturable on a CPU: test_capturable_changes_nothing has it.
        absent = set(options) - given.get(name, set()) - {"capturable"}
        if absent or name not in given:
            missing[name] = sorted(absent)
    assert missing == {}


def test_every_argument_of_every_scheduler_has_a_schedule() -> None:
    given: dict[str, set[str]] = {}
    for _, _, text, _ in cases.SCHEDULES:
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                name = call.func.attr
                values = call.args if name == "ChainedScheduler" else call.args[1:]
                names = set(FACTS["schedulers"][name][: len(values)])
                given.setdefault(name, set()).update(names, {str(word.arg) for word in call.keywords})
    # PyTorch 2.13's list of parameters begins after the optimizer, which ChainedScheduler takes last.
    missing = {name: sorted(set(names) - given.get(name, set())) for name, names in FACTS["schedulers"].items()}
    assert {name: names for name, names in missing.items() if names} == {}


RELOADED = [case for case in cases.OPTIMIZERS if case.name.endswith("-reload")]


@pytest.mark.parametrize("case", RELOADED, ids=lambda case: case.optimizer)
def test_states_that_pytorch_saved_are_continued(case: Any) -> None:
    saved = torch.load(GOLDEN / "states.pt", weights_only=True)[case.name]
    layouts = []

    def exchange(name: str, state: dict[str, Any]) -> dict[str, Any]:
        layouts.extend(layout(one) for one in (state, saved))
        return saved

    compare(case.name, runs.run_case(case, optim, torch, exchange))
    assert layouts[0] == layouts[1]


def layout(value: Any) -> Any:
    """Names, types, dtypes and shapes of a state."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape)
    if isinstance(value, dict):
        return {key: layout(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [layout(item) for item in value]
    return type(value)


CAPTURABLE = [
    case
    for case in cases.OPTIMIZERS
    if case.name.endswith("-reload") and "capturable" in FACTS["optimizers"][case.optimizer]
]


@pytest.mark.parametrize("case", CAPTURABLE, ids=lambda case: case.optimizer)
def test_capturable_changes_nothing(case: Any) -> None:
    compare(case.name, runs.run_case(case._replace(options={**case.options, "capturable": "True"}), optim, torch))


def test_our_constructors_take_these_options() -> None:
    for name, options in FACTS["optimizers"].items():
        assert list(inspect.signature(getattr(optim, name)).parameters)[1:] == options
