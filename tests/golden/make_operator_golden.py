"""Compute the golden vectors of operators with PyTorch 2.13.

    python tests/golden/make_operator_golden.py

writes ``operators.json`` (what every sample gives in every dtype: dtypes, shapes, strides of views, exceptions) and
``operators.npz`` (the elements, one run of bytes per operator) beside this file. Run it with a Python that has torch;
the tests read its results.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from golden_records import pack  # noqa: E402
from operator_inputs import DTYPES, GRADIENT_DTYPES, gradient_outcome, operators, outcome  # noqa: E402


def main() -> None:
    """Write both files."""
    facts: dict[str, dict[str, list[str]]] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, operator in operators().items():
        content = bytearray()
        for sample in operator.samples:
            rows = facts.setdefault(name, {}).setdefault(sample, {})
            for dtype in DTYPES:
                found = outcome(torch, name, sample, dtype, operator.values)
                rows.setdefault(" ".join(found.facts).replace(dtype, "="), []).append(dtype)
                content += pack(found)
            for dtype in GRADIENT_DTYPES if operator.values else []:
                found = gradient_outcome(torch, name, sample, dtype)
                rows.setdefault(" ".join(found.facts).replace(dtype, "="), []).append(f"d/{dtype}")
                content += pack(found)
        arrays[name] = np.frombuffer(bytes(content), dtype=np.uint8)
    lines = [f"{json.dumps(name)}: {json.dumps(rows, separators=(',', ':'))}" for name, rows in facts.items()]
    head = json.dumps(torch.__version__)
    text = "{" + f'"torch": {head},\n"operators": {{\n' + ",\n".join(lines) + "\n}}\n"
    (HERE / "operators.json").write_text(text)
    np.savez_compressed(HERE / "operators.npz", **arrays)


if __name__ == "__main__":
    main()
