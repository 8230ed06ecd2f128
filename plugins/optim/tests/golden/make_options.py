"""Compute ``options.npz``, ``options.json`` and ``states.pt`` with PyTorch 2.13.

python plugins/optim/tests/golden/make_options.py
"""

import copy
import inspect
import json
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import torch  # noqa: E402
from option_cases import DIFFERENTIABLE, OPTIMIZERS, SCHEDULES  # noqa: E402
from option_runs import run_case, run_differentiable, run_schedule  # noqa: E402
from torch.optim import lr_scheduler, swa_utils  # noqa: E402


def parameters(kind: type) -> list[str]:
    """Names of the constructor's parameters."""
    return list(inspect.signature(kind.__init__).parameters)[2:]


def main() -> None:
    """Write the three files."""
    warnings.simplefilter("ignore")
    results = {}
    states = {}

    def keep(name: str, state: dict[str, object]) -> dict[str, object]:
        """Note the state that a program saved halfway."""
        if name.endswith("-reload"):
            states[name] = copy.deepcopy(state)
        return state

    for case in OPTIMIZERS:
        results[case.name] = run_case(case, torch.optim, torch, keep)
    for case in DIFFERENTIABLE:
        results[case.name] = run_differentiable(case, torch.optim, torch)
    for name, optimizer, text, marks in SCHEDULES:
        results[f"schedule-{name}"] = run_schedule(name, optimizer, text, marks, torch.optim, torch)
    optimizers = {
        n: v for n, v in vars(torch.optim).items() if inspect.isclass(v) and issubclass(v, torch.optim.Optimizer)
    }
    schedulers = {name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__} | {"SWALR": swa_utils.SWALR}
    # One array: thousands of small files in an archive are slow to read.
    index: dict[str, dict[str, list[int]]] = {}
    flat = []
    for name, arrays in results.items():
        index[name] = {}
        for key, value in arrays.items():
            index[name][key] = list(value.shape) + ([2] if value.dtype.kind == "c" else [])
            whole = np.ascontiguousarray(value)
            flat.append((whole.view(whole.real.dtype) if value.dtype.kind == "c" else whole).astype(np.float64).ravel())
    torch.save(states, HERE / "states.pt")
    np.savez_compressed(HERE / "options.npz", values=np.concatenate(flat))
    facts = {
        "torch": torch.__version__,
        "index": index,
        "optimizers": {name: parameters(kind) for name, kind in sorted(optimizers.items()) if name != "Optimizer"},
        "schedulers": {name: parameters(kind) for name, kind in sorted(schedulers.items()) if name != "LRScheduler"},
    }
    (HERE / "options.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
