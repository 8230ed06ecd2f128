"""Compute the golden vectors of layers, optimizers and schedulers with PyTorch 2.13.

    python tests/golden/make_nn_golden.py

writes ``nn.npz`` (layers, optimizers) and ``nn.json`` (printed forms, state dicts, schedules) beside this file. It is
the only program of the project that imports torch; the tests read its results.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from golden_inputs import run_layer, run_optimizer, run_scheduler  # noqa: E402
from nn_cases import LAYERS, OPTIMIZERS, SCHEDULERS, STRUCTURES  # noqa: E402


def structure(text: str) -> dict[str, Any]:
    """Printed form, state-dict names and shapes, and versions of a module."""
    module = eval(text, {"nn": torch.nn, "torch": torch})
    state = module.state_dict()
    return {
        "repr": repr(module),
        "state": [[name, list(value.shape)] for name, value in state.items()],
        "versions": {name: value["version"] for name, value in state._metadata.items()},
    }


def signature(value: Any) -> list[list[Any]]:
    """Names, kinds and defaults of the constructor's parameters."""
    rows = []
    for parameter in list(inspect.signature(value.__init__).parameters.values())[1:]:
        default = parameter.default
        text = "" if default is parameter.empty else "relu" if callable(default) else repr(default)
        rows.append([parameter.name, parameter.kind.name, text])
    return rows


def main() -> None:
    """Write both files."""
    warnings.simplefilter("ignore")
    torch.set_default_dtype(torch.float32)
    arrays: dict[str, np.ndarray] = {}
    facts: dict[str, Any] = {"torch": torch.__version__, "structures": {}, "schedules": {}, "optimizers": {}}
    for name, text, inputs in LAYERS:
        facts["structures"][name] = structure(text)
        for key, value in run_layer(name, text, inputs, torch.nn, torch).items():
            arrays[f"layer/{name}/{key}"] = value
    for name, text in STRUCTURES:
        facts["structures"][name] = structure(text)
    # Step counts and products in float64, so that the trajectories do not end at float32's precision.
    torch.set_default_dtype(torch.float64)
    for name, text in OPTIMIZERS:
        for key, value in run_optimizer(name, text, torch.optim, torch).items():
            arrays[f"optimizer/{name}/{key}"] = value
        optimizer = eval(text, {"optim": torch.optim, "torch": torch, "params": [torch.zeros(1)]})
        facts["optimizers"][name] = {"repr": repr(optimizer), "defaults": sorted(optimizer.defaults)}
    for name, optimizer_name, text in SCHEDULERS:
        facts["schedules"][name] = run_scheduler(optimizer_name, text, torch.optim, torch)
    facts["signatures"] = {
        f"{space.__name__.removeprefix('torch.')}.{name}": signature(getattr(space, name))
        for space in (torch.nn, torch.optim, torch.optim.lr_scheduler)
        for name in sorted(vars(space))
        if inspect.isclass(getattr(space, name)) and not name.startswith("_")
    }
    np.savez_compressed(HERE / "nn.npz", **arrays)
    (HERE / "nn.json").write_text(json.dumps(facts, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
