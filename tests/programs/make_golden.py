"""Writes what the programs give under PyTorch 2.13, needed here only (and so is einops).

    /path/to/python-with-torch tests/programs/make_golden.py [FOLDER …]
    /path/to/python-with-torch tests/programs/make_golden.py --examples [NAME …]

The first writes golden.json from the programs of this folder; folders named are added to the path, for an einops that
lives elsewhere. The second writes examples.json from the folder examples/, each program quick and whole, in single and
in double precision; with names, what it has of other programs stays. The programs run as they are, but for their
imports, and so does the dataset of digits.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DIGITS = ROOT / "plugins/vision/torchere_vision/datasets"
PROGRAMS = ("tensors_and_autograd", "polynomial_fit", "maml_step", "hessian_vector", "einops_attention")
EXAMPLES = ("lenet", "resnet", "lstm_text", "gpt", "vae", "dcgan", "siamese", "reinforce", "ctc")

#: Values kept of a curve in single precision: later ones depend on rounding.
KEPT = 30


def for_torch(source: str) -> str:
    """A program with its imports changed."""
    source = source.replace("torchere.vision.datasets", "digits").replace("import torchere as torch", "import torch")
    return re.sub(r"^(import|from) torchere\b", r"\1 torch", source, flags=re.MULTILINE)


def golden_of_programs() -> dict[str, object]:
    """What each program of this folder returns."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in PROGRAMS:
            changed = for_torch((HERE / f"{name}.py").read_text())
            assert "torchere" not in changed
            program = Path(folder) / f"{name}.py"
            program.write_text(changed)
            results[name] = runpy.run_path(str(program))["main"]()
    return results


def golden_of_examples(names: Sequence[str]) -> dict[str, object]:
    """What each of these examples returns, in four runs."""
    import torch

    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in (ROOT / "examples").glob("*.*"):
            (Path(folder) / path.name).write_text(for_torch(path.read_text()))
        # The dataset itself is a program written for PyTorch.
        digits = for_torch((DIGITS / "digits.py").read_text()).replace("torchere.", "torch.")
        (Path(folder) / "digits.py").write_text(digits)
        (Path(folder) / "digits.npz").write_bytes((DIGITS / "digits.npz").read_bytes())
        sys.path.insert(0, folder)
        for name in names:
            for precision, dtype in (("single", torch.float32), ("double", torch.float64)):
                torch.set_default_dtype(dtype)
                for length in ("quick", "whole"):
                    found = runpy.run_path(f"{folder}/{name}.py")["main"](length == "quick")
                    if precision == "single":
                        found = {key: item[:KEPT] if isinstance(item, list) else item for key, item in found.items()}
                    results[f"{name}, {length}, {precision}"] = found
    return results


def main() -> None:
    """Run every program of one kind with the import changed and note the results."""
    import torch

    examples = sys.argv[1:2] == ["--examples"]
    file = HERE / ("examples.json" if examples else "golden.json")
    results = {"torch": torch.__version__.partition("+")[0]}
    if examples:
        names = sys.argv[2:] or EXAMPLES
        before = json.loads(file.read_text()) if file.exists() else {}
        results |= {key: item for key, item in before.items() if key.partition(",")[0] in EXAMPLES}
        results |= golden_of_examples(names)
    else:
        sys.path.extend(sys.argv[1:])
        results |= golden_of_programs()
    text = json.dumps(results, indent=1)
    if examples:  # Curves are long: a line for each.
        text = re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)
    file.write_text(text + "\n")


if __name__ == "__main__":
    main()
