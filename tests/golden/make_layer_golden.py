"""Compute the golden vectors of layers in all modes with PyTorch 2.13.

    python tests/golden/make_layer_golden.py

writes ``layers.npz`` (outputs, gradients, buffers) and ``layers.json`` (printed forms and the names of PyTorch's
modules) beside this file.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from layer_runs import all_cases, build, modes_of, run_mode  # noqa: E402


def main() -> None:
    """Write both files."""
    warnings.simplefilter("ignore")
    arrays: dict[str, np.ndarray] = {}
    printed = {}
    for name, text, inputs in all_cases():
        try:
            printed[name] = repr(build(text, torch.nn, torch))
            for mode in modes_of(name, text):
                for key, value in run_mode(name, text, inputs, mode, torch.nn, torch).items():
                    arrays[f"{name}|{mode}|{key}"] = value
        except Exception as error:
            raise RuntimeError(f"case {name}: {text}") from error
    modules = [
        name
        for name, value in sorted(vars(torch.nn).items())
        if inspect.isclass(value) and issubclass(value, torch.nn.Module) and not name.startswith("_")
    ]
    # Equal arrays are stored once: evaluation often gives what training gives.
    seen: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    same = {}
    for key in list(arrays):
        value = arrays[key]
        first = seen.setdefault((value.dtype.str, value.shape, value.tobytes()), key)
        if first != key:
            same[key] = first
            del arrays[key]
    # One array a dtype: thousands of small files in an archive are slow to read.
    index: dict[str, list[object]] = {}
    streams: dict[str, list[np.ndarray]] = {}
    for key, value in arrays.items():
        stream = streams.setdefault(value.dtype.name, [])
        index[key] = [value.dtype.name, sum(part.size for part in stream), list(value.shape)]
        stream.append(value.ravel())
    np.savez_compressed(HERE / "layers.npz", **{name: np.concatenate(parts) for name, parts in streams.items()})
    facts = {"torch": torch.__version__, "modules": modules, "printed": printed, "index": index, "same": same}
    (HERE / "layers.json").write_text(json.dumps(facts, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
