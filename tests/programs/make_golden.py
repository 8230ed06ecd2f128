"""Writes golden.json: what the programs of this folder give under PyTorch 2.13, needed here only (and so is einops).

    /path/to/python-with-torch tests/programs/make_golden.py [FOLDER …]

Folders are added to the path, for an einops that lives elsewhere. The programs run as they are, but for their imports.
"""

from __future__ import annotations

import json
import runpy
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("tensors_and_autograd", "polynomial_fit", "maml_step", "hessian_vector", "einops_attention")


def main() -> None:
    """Run every program with the import changed and note the results."""
    sys.path.extend(sys.argv[1:])
    import torch

    results = {"torch": torch.__version__.partition("+")[0]}
    with tempfile.TemporaryDirectory() as folder:
        for name in PROGRAMS:
            source = (HERE / f"{name}.py").read_text()
            changed = source.replace("import torchere as torch", "import torch").replace(
                "import torchere.", "import torch."
            )
            assert "torchere" not in changed
            program = Path(folder) / f"{name}.py"
            program.write_text(changed)
            results[name] = runpy.run_path(str(program))["main"]()
    (HERE / "golden.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
